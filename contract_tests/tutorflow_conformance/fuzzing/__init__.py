"""Schemathesis around the suites: requests that nobody thought of, metered, recorded, and told as requirements.

`engine` is the one door to Schemathesis, whose engine is no public interface; `mapping` says which requirement a
finding belongs to; `course` makes a step of a run of it all.
"""

from tutorflow_conformance.fuzzing.course import fuzzing

__all__ = ["fuzzing"]
