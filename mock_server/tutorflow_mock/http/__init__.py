"""HTTP around the operations: the gateway for the API plane, Flask for everything else."""
