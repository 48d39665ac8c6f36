"""Who wins where several sources say how a call goes: a machine that sets and clears them, held against a model."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from mock_server.tests.control.console import (
    ADMIN,
    BEARER,
    DEFAULT_PROGRAMME,
    EXPANSIONS,
    JOBS,
    Clock,
    Console,
    new_app,
)

FAULTS, NEXT, PROGRAMMES = f"{ADMIN}/faults", f"{ADMIN}/programmes/next", f"{ADMIN}/programmes"
ROUNDS = settings(derandomize=True, max_examples=60, stateful_step_count=25, deadline=None)

OUTCOMES = st.sampled_from(["completed", "failed"])
PACES = st.sampled_from(["held", "immediate"])
WISHES = st.fixed_dictionaries(
    {},
    optional={
        "job": st.sampled_from(["completed", "failed"]),
        "polls": st.sampled_from(["3", "4"]),
        "fault": st.sampled_from(["internal-error", "extra-fields"]),
    },
)
TITLES = st.sampled_from(["", "mock:failed", "mock:polls:5", "mock:internal-error", "mock:extra-fields"])
OF_TITLE = {
    "": {},
    "mock:failed": {"job": "failed"},
    "mock:polls:5": {"polls": "5"},
    "mock:internal-error": {"fault": "internal-error"},
    "mock:extra-fields": {"fault": "extra-fields"},
}
Goes = tuple[str, str]
"""How a job goes: its pace and its outcome."""


class Sources(RuleBasedStateMachine):
    """Prefer → query twin → magic title → next programmes and fault rules → session → server, key by key."""

    def __init__(self) -> None:
        super().__init__()
        clock = Clock()
        self.mock = Console(new_app(clock, programme="polls=7"), clock)
        self.mock.put(f"{ADMIN}/ratelimits/00000000-0000-4000-8000-000000000019", {"limit": None})
        self.session: Goes | None = None
        self.next: list[list[Any]] = []
        self.faults: list[list[Any]] = []
        self.jobs: list[Goes] = []

    @initialize()
    def nothing_yet(self) -> None:
        """Begin with what the server says."""
        assert self.mock.get(PROGRAMMES)["setBy"] == "server"

    @rule(pace=PACES, outcome=OUTCOMES)
    def say_for_the_session(self, pace: str, outcome: str) -> None:
        """Set the session's default."""
        self.mock.put(DEFAULT_PROGRAMME, {"progression": pace, "outcome": outcome})
        self.session = pace, outcome

    @rule()
    def say_nothing_for_the_session(self) -> None:
        """Go back to the server's default."""
        self.mock.delete(DEFAULT_PROGRAMME)
        self.session = None

    @rule(pace=PACES, outcome=OUTCOMES, times=st.integers(1, 2))
    def say_for_the_next(self, pace: str, outcome: str, times: int) -> None:
        """Add a programme for the next creates."""
        self.mock.post(NEXT, {"programme": {"progression": pace, "outcome": outcome}, "times": times})
        self.next.append([(pace, outcome), times])

    @rule()
    def say_nothing_for_the_next(self) -> None:
        """Take them away."""
        self.mock.delete(NEXT)
        self.next.clear()

    @rule(fault=st.sampled_from(["INTERNAL_ERROR", "EXTRA_FIELDS"]), times=st.integers(1, 2), skip=st.integers(0, 1))
    def add_a_fault_rule(self, fault: str, times: int, skip: int) -> None:
        """Add a fault rule."""
        told = self.mock.post(FAULTS, {"fault": fault, "times": times, "skip": skip})
        self.faults.append([told["id"], fault.lower().replace("_", "-"), skip, times])

    @rule()
    def drop_the_fault_rules(self) -> None:
        """Take them away."""
        self.mock.delete(FAULTS)
        self.faults.clear()

    @rule(prefer=WISHES | st.none(), twins=WISHES, title=TITLES)
    def create(self, prefer: dict[str, str] | None, twins: dict[str, str], title: str) -> None:
        """Create an expansion that says this of itself."""
        headers = {**BEARER}
        if prefer is not None:
            headers["Prefer"] = ", ".join(f"{name}={value}" for name, value in prefer.items())
        query = {f"__{name}": value for name, value in twins.items()}
        body = {"payload": {"title": f"A1 {title}"}}
        answer = self.mock.call("POST", EXPANSIONS, body, headers=headers, query_string=query)
        wishes = {**OF_TITLE[title], **(twins if prefer is None else prefer)}
        fault, by = (wishes["fault"], "prefer") if "fault" in wishes else self._met()
        assert answer.headers.get("X-Mock-Fault") == by
        assert answer.status_code == (500 if fault == "internal-error" else 200)
        assert ("futureField" in answer.get_json()) == (fault == "extra-fields")
        if fault != "internal-error":
            self.jobs.append(self._goes(wishes))

    def _met(self) -> tuple[str | None, str | None]:
        for each in self.faults:
            rule_id, fault, skip, times = each
            if times == 0:
                continue
            if skip:
                each[2] -= 1
                continue
            each[3] -= 1
            return fault, rule_id
        return None, None

    def _goes(self, wishes: dict[str, str]) -> Goes:
        pace, outcome = self.session or ("manual 7", "completed")
        if self.next:
            [(pace, outcome), times] = self.next[0]
            self.next[:1] = [] if times == 1 else [[(pace, outcome), times - 1]]
        return f"manual {wishes['polls']}" if "polls" in wishes else pace, wishes.get("job", outcome)

    @invariant()
    def jobs_go_as_the_model_says(self) -> None:
        """Every job that was made goes as the first source that spoke of it."""
        told = [job["programme"] for job in reversed(self.mock.get(f"{JOBS}?limit=1000")["jobs"])]
        shown = [" ".join([each["progression"], *([str(each["polls"])] if "polls" in each else [])]) for each in told]
        assert [(pace, each["outcome"]) for pace, each in zip(shown, told, strict=True)] == self.jobs
        assert [each["remaining"] for each in self.mock.get(PROGRAMMES)["next"]] == [left for _, left in self.next]
        assert [each["times"] - each["acted"] for each in self.mock.get(FAULTS)["faults"]] == [
            left for *_, left in self.faults
        ]


def test_the_first_source_that_speaks_wins() -> None:
    """60 runs of 25 steps, no divergence; and nothing that one call says leaks into the next."""
    run_state_machine_as_test(Sources, settings=ROUNDS)
