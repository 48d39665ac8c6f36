"""The suites as pytest items: one run for all that were collected, one item a requirement.

Loaded by `-p tutorflow_conformance.plugin`, or by the conftest of `contract_tests`. Without `--target` the items judge
a mock of their own.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tutorflow_conformance import suites
from tutorflow_conformance.cli.opening import MOCK, Flags, opened
from tutorflow_conformance.client import Unreachable
from tutorflow_conformance.control import Refused
from tutorflow_conformance.judge import Claim
from tutorflow_conformance.outcome import Outcome, Verdict
from tutorflow_conformance.results import ERROR, INCONCLUSIVE, SKIPPED, UNSUPPORTED, Finding
from tutorflow_conformance.run import execute
from tutorflow_conformance.run.options import Events
from tutorflow_conformance.suites import load
from tutorflow_conformance.system import Clock
from tutorflow_conformance.target import Misconfigured

SUITES = Path(suites.__file__).parent
_UNTESTED = frozenset((SKIPPED, UNSUPPORTED, INCONCLUSIVE))
_VERDICT = pytest.StashKey[Verdict]()
_STACK = pytest.StashKey[ExitStack]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a run that the suites need; everything else comes from the environment."""
    group = parser.getgroup("tutorflow-conformance", "judge an endpoint of TutorFlow's Content Integration API")
    group.addoption("--target", default=MOCK, help="the endpoint's address; the word mock starts one (default)")
    group.addoption("--mode", default=None, help="free, safe, full or mock; by the target if left out")
    group.addoption("--profile", default=None, help="a file of behaviour values to expect")


def pytest_configure(config: pytest.Config) -> None:
    """Keep a place for what lives as long as the session."""
    config.stash[_STACK] = ExitStack()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the mock, if one was started."""
    config.stash[_STACK].close()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark an item of a suite with its requirement, so that `-m` and other plugins see it."""
    claim = _claim(item)
    if claim is not None:
        item.add_marker(pytest.mark.requirement(claim.requirement))


@pytest.fixture(scope="session")
def judge(request: pytest.FixtureRequest) -> Verdict:
    """Run against the target for all items that were collected, once; return the verdict."""
    config = request.config
    if _VERDICT not in config.stash:
        wanted = tuple(claim.requirement for item in request.session.items if (claim := _claim(item)))
        config.stash[_VERDICT] = _judged(config, wanted)
    return config.stash[_VERDICT]


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Tell what the run found about an item's requirement; the item's own function has been asked by the run."""
    claim = _claim(pyfuncitem)
    if claim is None:
        return None
    verdict = pyfuncitem.config.stash[_VERDICT]
    result = verdict.outcome.results[claim.requirement]
    pyfuncitem.user_properties.extend((("requirement", claim.requirement), ("state", result.state)))
    told = "\n\n".join(map(_told, result.findings))
    if verdict.fails(result) or result.state == ERROR:
        pytest.fail(f"{claim.requirement} {result.state}\n{told or result.reason}", pytrace=False)
    if result.state in _UNTESTED:
        pytest.skip(f"{result.state}: {result.reason}")
    if told:
        pyfuncitem.add_report_section("call", result.state, told)
    return True


def _judged(config: pytest.Config, wanted: tuple[str, ...]) -> Verdict:
    flags = Flags(
        target=config.getoption("--target"),
        mode=config.getoption("--mode"),
        profile=config.getoption("--profile"),
        only=wanted,
        seed=0,
    )
    try:
        target, options = config.stash[_STACK].enter_context(opened(flags))
        outcome: Outcome = execute(target, options, Events())
    except (Misconfigured, Refused) as error:
        raise pytest.UsageError(str(error)) from error
    except Unreachable as error:
        raise pytest.UsageError(f"the target cannot be reached: {error}") from error
    if outcome.headline:
        pytest.exit(outcome.headline, returncode=1)
    return outcome.verdict(Clock().now())


def _claim(item: pytest.Item) -> Claim | None:
    """Return the claim of an item of a suite; None for every other item."""
    if not isinstance(item, pytest.Function) or item.path.parent != SUITES:
        return None
    return next((claim for claim in load().values() if claim.test.__name__ == item.originalname), None)


def _told(finding: Finding) -> str:
    return f"expected {finding.expected}\nobserved {finding.observed}\nshown by {', '.join(finding.proof)}"
