"""The traffic of a run: named steps, each a few requests, shared by all requirements that look at them."""

from tutorflow_conformance.traffic import (
    admin,
    companions,
    deliveries,
    exports,
    hooks,
    job_m,
    limits,
    look,
    parallel,
    refusals,
    steered,
    tenancy,
)
from tutorflow_conformance.traffic.step import STEPS, Step

MODULES = (look, admin, job_m, companions, exports, hooks, deliveries, tenancy, limits, parallel, steered, refusals)


def steps() -> dict[str, Step]:
    """Return all steps by name, in the order in which a run sends them."""
    return dict(STEPS.ordered())
