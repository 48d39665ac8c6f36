"""Grading of clients: rules TF001 to TF025 over what one session has seen, each a small pure function."""
