"""Hypothesis machines: sequences of calls that nobody wrote down, compared with a model of a few dictionaries.

Each machine works on sessions of its own on the mock, whose clock it moves. What it finds is shrunk to the fewest calls
that show it, and becomes a remark for the judge, with these calls as proof.
"""

from tutorflow_conformance.machines.course import MACHINES, machines

__all__ = ["MACHINES", "machines"]
