"""`python -m tutorflow_conformance` is the console script under its module's name."""

from tutorflow_conformance.cli import main

if __name__ == "__main__":
    main(prog_name="python -m tutorflow_conformance")
