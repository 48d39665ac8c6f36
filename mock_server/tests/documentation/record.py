"""Record the answers to the documented examples anew: `python -m mock_server.tests.documentation.record`."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from mock_server.tests.documentation.scene import samples, scene

from tutorflow_openapi.document import is_array, is_object

_LONGEST = 2
"""How many items of a list are shown."""
_SECRETS = frozenset(("apiKey", "adminCookie", "password", "secret"))


def shortened(value: Any) -> Any:
    """Return a value whose lists of objects are short enough to read, and in which nothing looks like a secret."""
    if is_object(value):
        return {name: "…" if name in _SECRETS else shortened(each) for name, each in value.items()}
    if is_array(value):
        return [shortened(each) for each in (value[:_LONGEST] if value and is_object(value[0]) else value)]
    return value


def recorded() -> dict[str, dict[str, Any]]:
    """Return every JSON answer by operation and example, but not the document that they end up in."""
    answers: dict[str, dict[str, Any]] = {}
    for sample in samples():
        name = sample.operation["operationId"]
        answer = scene().send(sample)
        if str(answer.mimetype).endswith("json") and name != "getOpenApi":
            told = {"status": answer.status_code, "body": shortened(answer.json)}
            answers.setdefault(name, {})[sample.name] = told
        answer.close()
    return answers


if __name__ == "__main__":
    target = Path(str(files("tutorflow_mock.http.docs") / "document" / "answers.json"))
    lines = (f"{json.dumps(name)}: {json.dumps(answers, ensure_ascii=False)}" for name, answers in recorded().items())
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
