"""What the API does: the pipeline that every call takes, and one function for each operation of the contract."""
