"""`python -m tutorflow_mock` is the console script under its module's name."""

from tutorflow_mock.cli import main

if __name__ == "__main__":
    main(prog_name="python -m tutorflow_mock")
