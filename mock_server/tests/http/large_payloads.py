"""Large source payloads, made the same way every time from a few word lists instead of being kept as files."""

from collections.abc import Mapping
from itertools import cycle, islice
from typing import Any

WORDS: Mapping[str, tuple[str, ...]] = {
    "en": ("harbour", "lantern", "whistle", "orchard", "ferry", "blanket", "mirror", "thunder", "basket", "meadow"),
    "ko": ("바다", "등대", "휘파람", "과수원", "나룻배", "담요", "거울", "천둥", "바구니", "들판"),
    "ja": ("港", "灯台", "口笛", "果樹園", "渡し船", "毛布", "鏡", "雷", "籠", "草原"),
    "ar": ("ميناء", "فانوس", "صفير", "بستان", "عبّارة", "بطّانية", "مرآة", "رعد", "سلّة", "مرج"),
    "ru": ("гавань", "фонарь", "свисток", "сад", "паром", "одеяло", "зеркало", "гром", "корзина", "луг"),
}
TITLES: Mapping[str, str] = {
    "en": "The whole harbour course",
    "ko": "항구 이야기 전 과정",
    "ja": "港町の一年コース",
    "ar": "دورة الميناء كاملة",
    "ru": "Полный курс «Гавань»",
}


def large_payloads() -> Mapping[str, Mapping[str, Any]]:
    """Return courses of 30 to 300 lessons, about 16 kB to 900 kB of JSON, by name."""
    return {
        "generic_en_30_lessons": course("en", lessons=30, entries=6),
        "floco_ja_60_lessons": course("ja", lessons=60, entries=12, floco=True),
        "generic_ar_120_lessons": course("ar", lessons=120, entries=20),
        "floco_ru_200_lessons": course("ru", lessons=200, entries=24, floco=True),
        "generic_ko_300_lessons": course("ko", lessons=300, entries=29),
        "floco_en_300_lessons": course("en", lessons=300, entries=38, floco=True),
    }


def course(language: str, *, lessons: int, entries: int, floco: bool = False) -> Mapping[str, Any]:
    """Return a course of that many lessons, each with that many entries, its five types in turn."""
    words = WORDS[language]
    makers = (terms if floco else vocabulary, examples, dialogue, quiz, review)
    return {
        "category": TITLES[language] if floco else {"id": "course", "title": TITLES[language]},
        "language": language,
        "level": {
            "id": f"{language}-{lessons}",
            "title": f"{TITLES[language]} ({lessons})",
            "lessons": [
                {"id": f"lesson-{number}", "title": f"{number}. {words[number % len(words)]}"}
                | make(list(islice(cycle(words), number, number + entries)), number)
                for number, make in zip(range(1, lessons + 1), cycle(makers), strict=False)
            ],
        },
    }


def vocabulary(words: list[str], number: int) -> dict[str, Any]:
    """Return the generic dialect's list of words."""
    return {"type": "vocabulary", "items": entries_of(words, number)}


def terms(words: list[str], number: int) -> dict[str, Any]:
    """Return FLOCO's list of terms."""
    return {"type": "term", "terms": entries_of(words, number)}


def entries_of(words: list[str], number: int) -> list[dict[str, str]]:
    """Return one entry for each word."""
    return [
        {"term": word, "meaning": f"{word} – {number}.{place}", "example": f"{word}, {words[0]}, {word}!"}
        for place, word in enumerate(words)
    ]


def examples(words: list[str], number: int) -> dict[str, Any]:
    """Return sentences with a translation and a note."""
    sentences = [
        {"source": f"{word} … {words[-1]}.", "translation": f"[{word}]", "note": f"{number}"} for word in words
    ]
    return {"type": "example", "examples": sentences}


def dialogue(words: list[str], number: int) -> dict[str, Any]:
    """Return two speakers in turn."""
    turns = [{"speaker": "AB"[place % 2], "text": f"{word}? {number}!"} for place, word in enumerate(words)]
    return {"type": "dialogue", "turns": turns}


def quiz(words: list[str], number: int) -> dict[str, Any]:
    """Return questions whose answer is one of their choices."""
    questions = [
        {
            "question": f"{number}: {word}?",
            "choices": words[:4],
            "answer": words[0],
            "explanation": f"{word} → {words[0]}",
        }
        for word in words
    ]
    return {"type": "quiz", "questions": questions}


def review(words: list[str], number: int) -> dict[str, Any]:
    """Return a summary and its key points."""
    return {"type": "review", "summary": " · ".join(words), "keyPoints": [f"{number}: {word}" for word in words]}
