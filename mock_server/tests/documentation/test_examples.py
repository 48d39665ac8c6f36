"""Every example of the control plane's document is sent, and answered as the document says."""

import json
from contextlib import closing
from typing import Any

import jsonschema_rs
import pytest
from mock_server.tests.documentation.scene import Sample, Scene, samples, scene

from tutorflow_mock.http.docs import description
from tutorflow_mock.http.docs.description import resolved

SAMPLES = list(samples())


@pytest.fixture
def here() -> Scene:
    """A session in which everything is there once."""
    return scene()


def violations(schema: Any, value: Any) -> list[str]:
    """Return how a value breaks a schema of the document."""
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [schema]}
    whole["components"] = description.document()["components"]
    return [
        f"{error.instance_path}: {error.message}" for error in jsonschema_rs.validator_for(whole).iter_errors(value)
    ]


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.id for sample in SAMPLES])
def test_an_example(here: Scene, sample: Sample) -> None:
    """It has the documented status, and a body of the documented media type that keeps the documented schema."""
    with closing(here.send(sample)) as answer:
        assert answer.status_code == sample.status, answer.text
        content = resolved(sample.operation["responses"][str(sample.status)]).get("content", {})
        if not content:
            assert answer.data == b""
            return
        assert answer.mimetype in content
        if str(answer.mimetype).endswith("json"):
            assert violations(content[answer.mimetype]["schema"], json.loads(answer.data)) == []


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.id for sample in SAMPLES])
def test_an_example_of_a_body(sample: Sample) -> None:
    """It keeps the schema, unless it is there to be refused."""
    if sample.body is not None and sample.status < 400:
        schema = resolved(sample.operation["requestBody"])["content"]["application/json"]["schema"]
        assert violations(schema, sample.body) == []
