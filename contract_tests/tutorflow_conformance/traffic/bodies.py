"""The bodies of the jobs that a run makes, letter by letter of the cost plan."""

from __future__ import annotations

import json
from typing import Any

from tutorflow_openapi.document import is_array, is_object

MODULE, VIDEO, QUIZ = OUTPUTS = ("interactive_module", "summary_video", "expanded_quiz")  # in priority order (F-055)


def job_m(title: str = "A1 glossary") -> dict[str, Any]:
    """Return M: the base text's create, with two outputs asked for against their order."""
    lesson = {
        "id": "lesson-1",
        "type": "term",
        "title": "Greetings",
        "terms": [{"term": "hello", "meaning": "a greeting", "example": "Hello, Min."}],
    }
    return {
        "sourceType": "floco",
        "requestedOutputs": [VIDEO, MODULE],
        "payload": {
            "category": "Vocabulary",
            "level": {"id": "glossary-a1", "title": title, "lessons": [lesson]},
        },
    }


def job_a() -> dict[str, Any]:
    """Return A: only a payload, in the other dialect, with an object for a category and a language."""
    lessons = [
        {
            "id": "k1",
            "type": "vocabulary",
            "title": "Tools",
            "items": [{"term": "ladle", "meaning": "a deep spoon for soup", "example": "Pass me the ladle."}],
        },
        {
            "id": "k2",
            "type": "quiz",
            "title": "Check",
            "questions": [
                {
                    "question": "Which one is for soup?",
                    "choices": ["ladle", "fork"],
                    "answer": "ladle",
                    "explanation": "A fork cannot hold soup.",
                }
            ],
        },
    ]
    level = {"id": "kitchen-a1", "title": "Kitchen A1", "lessons": lessons}
    return {"payload": {"category": {"id": "home", "title": "At home"}, "language": "en", "level": level}}


FOREIGN_TEXT = "學習 한국어 العربية e\u0301 🎓"  # CJK, Hangul, right to left, a combining mark, beyond the BMP
SERVER_FIELDS: dict[str, Any] = {
    "id": "00000000-0000-4000-8000-00000000beef",
    "status": "completed",
    "organizationId": "00000000-0000-4000-8000-00000000cafe",
    "outputs": [],
    "completedAt": "2001-01-01T00:00:00.000Z",
}


def job_b(classroom: str | None, *, unknown: bool = True, doubled: bool = True) -> dict[str, Any]:
    """Return B: everything odd that a server has to take at once, and fields that are not the client's to set.

    What is known to be refused, unknown fields and doubled outputs, is left out.
    """
    payload = {"category": "Vocabulary", "somethingNew": {"nested": [1, 2.5, None]}}
    lesson = {"id": "l1", "type": "term", "title": FOREIGN_TEXT, "terms": [{"term": "hello", "note": "unknown here"}]}
    body: dict[str, Any] = {
        "sourceType": f"custom {FOREIGN_TEXT}",
        "requestedOutputs": [QUIZ, QUIZ, MODULE] if doubled else [QUIZ, MODULE],
        "payload": {**payload, "level": {"id": "b", "title": FOREIGN_TEXT, "lessons": [lesson]}},
    }
    if unknown:
        body |= {"clientNote": "a field that the API does not know", **SERVER_FIELDS}
    return body if classroom is None else {**body, "classroomId": classroom}


def small() -> dict[str, Any]:
    """Return the smallest body that every reading of the text accepts, for creates that something else spoils."""
    return {"requestedOutputs": [MODULE], "payload": job_m()["payload"]}


def as_text(body: dict[str, Any]) -> bytes:
    """Return a body as JSON in UTF-8, in the plainest form."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def reserialised(body: dict[str, Any]) -> bytes:
    """Return the same JSON in other bytes: members in reverse order, spaces, and an escape where none is needed."""
    text = json.dumps(_reversed(body), indent=2)
    return text.replace('"hello"', '"\\u0068ello"').encode()


def _reversed(node: Any) -> Any:
    if is_object(node):
        return {name: _reversed(node[name]) for name in reversed(node)}
    return [_reversed(item) for item in node] if is_array(node) else node
