"""The runner beside its ways: junk for answers, time that is up, observations, probes that break."""

from collections.abc import Callable
from typing import Any

import pytest
from mock_server.tests.outbox.receivers import Behaviour, hangs, resets, says
from mock_server.tests.outbox.receivers import receiver as raw_receiver
from mock_server.tests.receivers.standing import SECRET, Receiver, standing
from mock_server.tests.receivers.trying import BRISK, a_run, failing, verdicts

from tutorflow_mock.outbox.post import ORDINARY, Manner
from tutorflow_mock.outbox.sender import Outcome
from tutorflow_mock.outbox.traps import conduct
from tutorflow_mock.outbox.traps import verdicts as judging
from tutorflow_mock.outbox.traps.runner import NotThere, Run
from tutorflow_mock.outbox.traps.sitting import Pace, ProbeFailed

Answer = Callable[[int, bytes], Outcome]


def outcome(
    status: int | None, *, error: str | None = None, duration: int = 1, body: str = "", headers: Any = ()
) -> Outcome:
    """Return what a receiver answered."""
    return Outcome(status, headers, body, error, None, duration)


def posting(answer: Answer) -> Any:
    """Return a sender whose n-th request is answered so, without a socket."""
    count = 0

    def post(_: str, __: object, body: bytes, ___: float, ____: Manner = ORDINARY, /) -> Outcome:
        nonlocal count
        count += 1
        return answer(count, body)

    return post


def run_of(answer: Answer, *traps: str, **more: Any) -> Run:
    """Return a run against these answers."""
    return a_run("http://127.0.0.1:9/", SECRET, *traps, post=posting(answer), **more)


JUNK: dict[str, Behaviour] = {
    "hangs": hangs,
    "resets": resets,
    "says nothing": says(b""),
    "junk": says(b"junk\r\n\r\n"),
    "half a line": says(b"HTTP/1."),
    "odd status": says(b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"),
    "redirect": says(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
    "too short": says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"),
    "bad chunk": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
}


@pytest.mark.parametrize("behaviour", JUNK.values(), ids=JUNK)
def test_junk_for_an_answer_ends_no_run(behaviour: Behaviour) -> None:
    """It is a verdict like others: the plain delivery was not taken, and the rest cannot be told."""
    with raw_receiver(behaviour) as running:
        run = a_run(f"http://127.0.0.1:{running.port}/", SECRET, pace=Pace(request=0.3, trap=1))
        found = verdicts(run)
    assert found["W0"] == "fail"
    assert failing(found) <= {"W0", "W18", "W20"}
    assert len(found) == 31


@pytest.mark.parametrize("name", ["hangs", "resets", "junk"])
def test_junk_after_a_good_beginning_is_told_of_each_trap(name: str) -> None:
    """Whatever fails, fails by itself, and none takes longer than it may."""
    with raw_receiver(JUNK[name]) as running, standing(Receiver()) as good:
        run = a_run(good.url, SECRET, "W1", "W3", "W9", "W25", "W26", "W29", pace=Pace(request=0.1, trap=0.5))
        original = run.sitting.post

        def post(url: str, *rest: Any) -> Outcome:
            return original(url if len(run.found) == 0 else f"http://127.0.0.1:{running.port}/", *rest)

        run.sitting.post = post
        found = verdicts(run)
    assert failing(found) == {"W1", "W3", "W9", "W25", "W26", "W29"}


def test_a_trap_has_so_much_time() -> None:
    """What is left undone is told as that."""
    run = run_of(lambda number, _: outcome(204), "W3", pace=Pace(trap=0))
    assert verdicts(run) == {"W0": "fail", "W3": "skipped"}
    assert run.found["W0"].got == "out of time"


@pytest.mark.parametrize("error", ["refused", "unreachable", "unresolved", "blocked", "tls"])
def test_a_receiver_that_is_not_there(error: str) -> None:
    """Nothing else is tried."""
    run = run_of(lambda number, _: outcome(None, error=error))
    with pytest.raises(NotThere, match=error):
        run.go()
    assert set(run.found) == {"W0"}


def test_a_trap_that_breaks_itself_takes_no_other_with_it() -> None:
    """It is skipped, and says where to look."""

    def answer(number: int, body: bytes) -> Outcome:
        if b"9007199254740993" in body:
            raise RuntimeError("a defect")
        return outcome(204 if number == 1 else 401)

    run = run_of(answer, "W1", "W3")
    assert verdicts(run) == {"W0": "pass", "W1": "skipped", "W3": "pass"}
    assert "log" in run.found["W1"].why


@pytest.mark.parametrize(
    ("times", "verdict"),
    [([900], "pass"), ([1_001], "warning"), ([5_001], "fail"), ([10, 20, 30, 5_100], "fail"), ([10, 990], "pass")],
)
def test_w18_looks_at_the_time_to_2xx(times: list[int], verdict: str) -> None:
    """Over a second is a warning, over five a failure."""
    run = run_of(lambda number, _: outcome(204))
    run.sitting.times = times
    assert conduct.speed(run.sitting).verdict == verdict


def test_w18_without_a_time() -> None:
    """Nothing was taken: skipped; no answer at all is too late."""
    run = run_of(lambda number, _: outcome(204))
    assert conduct.speed(run.sitting).verdict == "skipped"
    run.sitting.right = [outcome(None, error="timeout")]
    assert conduct.speed(run.sitting).verdict == "fail"


def test_w20_sees_redirects_in_answers_to_bad_ones_too() -> None:
    """To the login page, most likely."""
    run = run_of(lambda number, _: outcome(204 if number == 1 else 302), "W7", "W20")
    assert failing(verdicts(run)) == {"W7", "W20"}


def test_w21_needs_something_wrong_to_have_been_sent() -> None:
    """Alone it tells nothing."""
    assert verdicts(run_of(lambda number, _: outcome(204), "W21")) == {"W0": "pass", "W21": "skipped"}


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ([400, 401], "pass"),
        ([401, 403], "warning"),
        ([401, 200], "fail"),
        ([401, 500], "fail"),
        ([401, 302], "fail"),
    ],
)
def test_refusals_are_judged(statuses: list[int], verdict: str) -> None:
    """400 or 401; another 4xx is a warning; a success or a failure is none."""
    assert judging.refused([outcome(each) for each in statuses]).verdict == verdict


@pytest.mark.parametrize(
    ("statuses", "headers", "verdict"),
    [
        ([405, 405, 405], (), "pass"),
        ([404, 404, 404], (), "pass"),
        ([405, 405, 200], (("ALLOW", "POST"),), "pass"),
        ([405, 405, 204], (), "fail"),
        ([405, 405, 500], (), "fail"),
        ([200, 405, 405], (), "fail"),
        ([405, 302, 405], (), "fail"),
        ([401, 401, 401], (), "warning"),
    ],
)
def test_other_methods_are_judged(statuses: list[int], headers: Any, verdict: str) -> None:
    """405 or 404; what frameworks answer to OPTIONS by themselves is right, too."""
    assert judging.untaken_method([outcome(each, headers=headers) for each in statuses]).verdict == verdict


@pytest.mark.parametrize(("statuses", "verdict"), [([415], "pass"), ([200], "warning"), ([500], "fail")])
def test_compressed_bodies_are_judged(statuses: list[int], verdict: str) -> None:
    """Nobody sends them, so taking one is no more than a warning."""
    assert judging.packed([outcome(each) for each in statuses]).verdict == verdict


def test_a_crowd_is_told_in_a_few_words() -> None:
    """Equal answers are counted, and there is an end to it."""
    answers = [outcome(204), outcome(204), *(outcome(None, error=str(number)) for number in range(9))]
    assert judging.told(answers) == "2 × 204, 0, 1, 2, 3, 4"


@pytest.mark.parametrize(
    ("sizes", "verdict"),
    [([400, 200, 200, 200], "pass"), ([400, 200, 413, 413], "pass"), ([400, 200, 413, 200], "fail")],
)
def test_w25_wants_one_limit(sizes: list[int], verdict: str) -> None:
    """Wherever it is."""
    assert verdicts(run_of(lambda number, _: outcome([204, *sizes][number - 1]), "W25"))["W25"] == verdict


def test_w24_may_lose_one_in_a_hundred() -> None:
    """Refused, not failed."""

    def answering(lost: int, status: int) -> Answer:
        return lambda number, _: outcome(status if 1 < number <= 1 + lost else 204)

    pace = Pace(burst=100, burst_span=0)
    assert verdicts(run_of(answering(1, 429), "W24", pace=pace))["W24"] == "pass"
    assert verdicts(run_of(answering(2, 429), "W24", pace=pace))["W24"] == "fail"
    assert verdicts(run_of(answering(1, 503), "W24", pace=pace))["W24"] == "fail"


def test_w11_wants_one_of_the_crowd_to_be_taken() -> None:
    """Others may be told to come again."""
    assert verdicts(run_of(lambda number, _: outcome(204 if number == 1 else 409), "W11"))["W11"] == "fail"


def test_w6_wants_a_trailing_space_to_break_nothing() -> None:
    """Upper case, too: a failure is none of the two answers that are right."""
    run = run_of(lambda number, _: outcome({1: 204, 2: 401, 3: 401}.get(number, 500)), "W6")
    assert verdicts(run)["W6"] == "fail"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("no", "no JSON"),
        ("[1]", "neither a whole number"),
        ('{"count": "1"}', "neither a whole number"),
        ("true", "neither a whole number"),
        ("{}", "neither a whole number"),
    ],
)
def test_a_probe_answers_a_count(body: str, why: str) -> None:
    """Anything else is said before a trap is fired."""
    run = run_of(lambda number, _: outcome(200, body=body), probe="http://127.0.0.1:9/count")
    with pytest.raises(ProbeFailed, match=why):
        run.go()


def test_a_probe_that_breaks_on_the_way(receiver_that_counts_for: Callable[[int], Run]) -> None:
    """The traps that need it are skipped, with what it answered; the others go on."""
    run = receiver_that_counts_for(6)
    found = verdicts(run)
    assert (found["W3"], found["W10"], found["W12"]) == ("pass", "skipped", "skipped")
    assert "the probe answered 500" in run.found["W10"].why


@pytest.fixture
def receiver_that_counts_for() -> Callable[[int], Run]:
    """A function that makes a run whose probe breaks after so many answers."""

    def make(answers: int) -> Run:
        effects, asked = 0, 0

        def post(url: str, headers: Any, *_: object) -> Outcome:
            nonlocal effects, asked
            if url.endswith("count"):
                asked += 1
                return outcome(200, body=str(effects)) if asked <= answers else outcome(500)
            is_good = len(dict(headers).get("X-Content-Integration-Signature", "")) == 64
            effects += is_good
            return outcome(204 if is_good else 401)

        probe = "http://127.0.0.1:9/count"
        return a_run("http://127.0.0.1:9/", SECRET, "W3", "W10", "W12", post=post, probe=probe, pace=BRISK)

    return make


def counting(effects: Callable[[int], int], status: int = 204) -> Any:
    """Return a sender to a receiver with a probe: how many effects there are after so many deliveries."""
    count = 0

    def post(url: str, *_: object) -> Outcome:
        nonlocal count
        if url.endswith("count"):
            return outcome(200, body=str(effects(count)))
        count += 1
        return outcome(status)

    return post


EFFECTS: list[tuple[Callable[[int], int], str]] = [
    (lambda count: 0, "pass"),
    (lambda count: max(0, count - 1), "fail"),
]


@pytest.mark.parametrize(("effects", "verdict"), EFFECTS, ids=["none", "one"])
def test_w16_wants_no_effect_of_a_receiver_that_knows_its_jobs(effects: Callable[[int], int], verdict: str) -> None:
    """A plain delivery of a job that nobody made has none there."""
    pace = Pace(effect=0.1, settle=0.01)
    run = a_run("http://127.0.0.1:9/", SECRET, "W10", "W16", post=counting(effects), probe="http://h/count", pace=pace)
    found = verdicts(run)
    assert (found["W16"], found["W10"]) == (verdict, "skipped")
    assert "nobody made" in run.found["W10"].why


def test_w16_and_its_answers() -> None:
    """A failure is told, with a probe and without."""
    pace = Pace(effect=0.1, settle=0.01)
    for probe in (None, "http://h/count"):
        run = a_run("http://127.0.0.1:9/", SECRET, "W16", post=counting(lambda count: count), probe=probe, pace=pace)
        run.sitting.begin()
        run.sitting.post = counting(lambda count: 0, status=500)
        assert conduct.foreign_job(run.sitting).verdict == "fail"


def test_a_probe_that_never_stands_still_is_not_waited_for_long() -> None:
    """A busy receiver: what is counted then is wrong, and told as that."""
    asked = 0

    def effects(_: int) -> int:
        nonlocal asked
        asked += 1
        return asked

    pace = Pace(effect=0.05, settle=0.01)
    run = a_run("http://127.0.0.1:9/", SECRET, "W10", post=counting(effects), probe="http://h/count", pace=pace)
    assert verdicts(run)["W10"] == "fail"


def test_a_late_trap_by_itself_sends_what_it_has_not_sent_yet() -> None:
    """Were its beginning missed, the end would still be fair."""
    run = run_of(lambda number, _: outcome(204))
    run.sitting.begin()
    assert conduct.Late(1)(run.sitting).verdict == "skipped"


def test_effects_need_a_probe() -> None:
    """Without one the answers are judged, and of the effects it is said that nobody counts them."""
    run = run_of(lambda number, _: outcome(204), "W10", "W12", "W16", "W19")
    assert set(verdicts(run).values()) == {"pass", "skipped"}
    assert all("probe" in run.found[trap].why for trap in ("W10", "W12", "W16", "W19"))
    failed = run_of(lambda number, _: outcome(204 if number <= 2 else 500), "W10", "W12")
    assert failing(verdicts(failed)) == {"W10", "W12"}
