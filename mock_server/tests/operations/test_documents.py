"""The answers of every operation are the example documents of the reference, up to ids, secrets and tokens."""

import json

import pytest
from mock_server.tests.operations.in_process import ADMIN, DEMO_KEY, KEY, OUTPUTS, Answer, Json, Mock
from mock_server.tests.operations.story import MADE, Exchange, Names, canonical, exchanges, newest_first

from tutorflow_mock.domain import programme
from tutorflow_mock.domain.clock import parse_instant

GIVEN = {
    f"00000000-0000-4000-8000-0000000000{number}": f"00000000-0000-4000-8000-0000000000{number}"
    for number in ("01", "05", "10", "30")
}
"""The ids that the guides and the reference name: they are the same everywhere."""
DEMO_KEY_ID = "00000000-0000-4000-8000-000000000019"


def play(mock: Mock, exchange: Exchange, names: Names) -> Answer:
    """Send a request of the story with the credentials that its path needs."""
    for directive in exchange.directives:
        if directive.startswith("{"):
            mock.let_jobs_go(programme.from_json(json.loads(directive), tuple(OUTPUTS)))
        else:
            mock.clock.instant = parse_instant(directive)
    is_admin = any(word in exchange.path for word in ("organizations", "exports"))
    raw = None if exchange.body is None else exchange.body.encode()
    path = names.translate(exchange.path)
    return mock.send(exchange.method, path, ADMIN if is_admin else KEY, exchange.headers, raw=raw)


def played(seed: str) -> list[Answer]:
    """Play the whole story."""
    mock, names, answers = Mock(seed=seed), Names(GIVEN), list[Answer]()
    for exchange in exchanges():
        answers.append(play(mock, exchange, names))
        names.learn(exchange.shown or "", canonical_like(exchange, answers[-1]))
    return answers


def canonical_like(exchange: Exchange, answer: Answer) -> str:
    """Return an answer with its members in the order of the story's, so that names meet their like."""
    return json.dumps(_ordered(json.loads(exchange.shown), answer.json())) if exchange.shown else ""


def _ordered(shown: Json, seen: Json) -> Json:
    kind = type(shown).__name__
    if kind == "dict":
        assert shown.keys() == seen.keys()
        return {name: _ordered(shown[name], seen[name]) for name in shown}
    if kind == "list":
        return [_ordered(*pair) for pair in zip(shown, seen, strict=False)]
    return seen


@pytest.mark.requirement(
    "KEY-001", "KEY-003", "KEY-006", "KEY-009", "DISC-001", "DISC-002", "CRE-001", "CRE-002", "CRE-003", "STAT-001",
    "RES-001", "RES-002", "RES-003", "RES-004", "RES-005", "RES-007", "RES-008", "RES-013", "RES-016", "LIFE-012",
    "EXP-002", "EXP-003", "HOOK-001", "HTTP-001", "HTTP-008",
)  # fmt: skip
def test_the_story_is_told_to_the_letter() -> None:
    """Login, discovery, keys, webhooks, a job to its end, a failure, a partial one, an export: each as documented."""
    mock, names = Mock(), Names(GIVEN)
    for exchange in exchanges():
        answer = play(mock, exchange, names)
        assert answer.status == exchange.status, (exchange.name, answer.body)
        if exchange.shown is None:
            assert answer.body == b"", exchange.name
            continue
        shown = json.loads(names.learn(exchange.shown, canonical_like(exchange, answer)))
        seen = newest_first(answer, len(shown))
        assert canonical(shown) == canonical(seen), exchange.name
        for name, value in exchange.shown_headers.items():
            assert names.learn(value, answer.headers[name]) == answer.headers[name]


def test_the_same_story_twice_is_the_same_to_the_byte() -> None:
    """Under one seed and one clock every answer repeats: status, headers and body."""
    first, second = played("42"), played("42")
    assert first == second


def test_another_seed_gives_other_names() -> None:
    """A seed decides ids and secrets, and nothing else."""
    first, second = played("42"), played("43")
    assert [answer.status for answer in first] == [answer.status for answer in second]
    assert made_in(first) & made_in(second) == set()


def made_in(answers: list[Answer]) -> set[str]:
    """Return every name that the server made up in some answers."""
    text = " ".join(f"{answer.body.decode()} {answer.headers}" for answer in answers)
    return set(MADE.findall(text)) - set(GIVEN) - {DEMO_KEY_ID, DEMO_KEY[:23]}
