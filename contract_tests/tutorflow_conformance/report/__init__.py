"""Reports of a run: each a function of its outcome, written in one piece."""
