"""The two spellings of a programme, and refusals that name the member at fault."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from mock_server.tests.domain.samples import OUTPUT_TYPES, PROPERTY, programmes

from tutorflow_mock.domain.programme import Programme, ProgrammeError, after, from_json, parse_short, to_json


@pytest.mark.parametrize(
    ("text", "programme"),
    [
        ("time", Programme(progression="time", queued=1_000, processing=3_000)),
        ("immediate", Programme(progression="immediate")),
        ("held", Programme(progression="held")),
        ("polls=1", Programme(progression="manual", polls=1)),
        ("polls=1000", Programme(progression="manual", polls=1_000)),
        ("after=30s", Programme(queued=7_500, processing=22_500)),
        ("after=PT1M", Programme(queued=15_000, processing=45_000)),
        ("after=3ms", Programme(queued=0, processing=3)),
        ("after=0s", Programme(queued=0, processing=0)),
    ],
)
def test_short_forms(text: str, programme: Programme) -> None:
    """A word, a number of reads, or a time that is split one to three."""
    assert parse_short(text) == programme


@pytest.mark.parametrize(
    ("text", "field"),
    [
        *(("", "programme"), ("Time", "programme"), ("manual", "programme"), ("time ", "programme")),
        *(("time=5", "programme"), ("time=", "programme"), ("held=", "programme"), ("immediate=yes", "programme")),
        *(("polls", "programme"), ("polls=", "programme"), ("polls=-1", "programme"), ("polls=³", "programme")),
        *(("polls=0", "polls"), ("polls=1001", "polls"), ("polls=99999", "programme")),
        *(("after", "after"), ("after=", "after"), ("after=30", "after"), ("after=-5s", "after")),
        ("after=999999999999d", "after"),
        pytest.param("polls=" + "9" * 5_000, "programme", id="5000_digits"),
        pytest.param("x" * 1_000, "programme", id="1000_letters"),
    ],
)
def test_other_short_forms_are_refused_briefly(text: str, field: str) -> None:
    """The error names the part at fault and echoes at most 64 characters."""
    with pytest.raises(ProgrammeError) as refusal:
        parse_short(text)
    assert refusal.value.field == field
    assert len(str(refusal.value)) < 250


@pytest.mark.parametrize("milliseconds", [0, 1, 2, 3, 4, 5, 100, 12_345])
def test_after_ends_exactly_then(milliseconds: int) -> None:
    """However the time is split, nothing of it is lost."""
    programme = after(milliseconds)
    assert programme.queued + programme.processing == milliseconds


@pytest.mark.parametrize(
    ("text", "programme"),
    [
        ("{}", Programme()),
        ('{"progression":"time","queued":"PT2S","processing":"500ms"}', Programme(queued=2_000, processing=500)),
        ('{"duration":"PT5S"}', Programme(queued=5_000, processing=5_000)),
        ('{"duration":2,"processing":0.25}', Programme(queued=2_000, processing=250)),
        ('{"queued":0,"processing":31622400}', Programme(queued=0, processing=31_622_400_000)),
        ('{"progression":"manual"}', Programme(progression="manual", polls=2)),
        ('{"progression":"manual","times":3}', Programme(progression="manual", polls=6)),
        ('{"progression":"manual","times":500}', Programme(progression="manual", polls=1_000)),
        ('{"progression":"manual","polls":5}', Programme(progression="manual", polls=5)),
        ('{"progression":"held"}', Programme(progression="held")),
        ('{"outcome":"failed"}', Programme(outcome="failed")),
        (
            '{"outcome":"partial","failedOutputs":["summary_video"],"error":{"message":"No scene plan"}}',
            Programme(
                outcome="partial",
                failed_outputs=("summary_video",),
                error_code="content_internal_error",
                error_message="No scene plan",
            ),
        ),
        (
            '{"outcome":"failed","error":{"code":"source_too_short"}}',
            Programme(outcome="failed", error_code="source_too_short"),
        ),
        ('{"error":null}', Programme()),
    ],
)
def test_json_forms(text: str, programme: Programme) -> None:
    """Durations are texts or seconds as numbers; `times` counts reads for each state, `polls` for both."""
    assert from_json(json.loads(text), OUTPUT_TYPES) == programme


@pytest.mark.parametrize(
    ("text", "field"),
    [
        *(("null", "programme"), ("[]", "programme"), ('"held"', "programme"), ("1", "programme")),
        *(('{"progress":"held"}', "progress"), ('{"Queued":1}', "Queued")),
        *(('{"progression":"polls"}', "progression"), ('{"progression":null}', "progression")),
        *(
            ('{"progression":["time"]}', "progression"),
            ('{"outcome":"cancelled"}', "outcome"),
            ('{"outcome":{}}', "outcome"),
        ),
        *(('{"queued":"soon"}', "queued"), ('{"queued":-1}', "queued"), ('{"queued":true}', "queued")),
        *(
            ('{"queued":31622401}', "queued"),
            ('{"queued":"999999999999d"}', "queued"),
            ('{"processing":[]}', "processing"),
        ),
        *(('{"processing":"PT"}', "processing"), ('{"duration":"soon"}', "duration"), ('{"duration":{}}', "duration")),
        ('{"duration":"soon","queued":1,"processing":1}', "duration"),
        *(
            ('{"polls":0}', "polls"),
            ('{"polls":1001}', "polls"),
            ('{"polls":1.5}', "polls"),
            ('{"polls":true}', "polls"),
        ),
        *(
            ('{"polls":"3"}', "polls"),
            ('{"polls":null}', "polls"),
            ('{"times":0}', "times"),
            ('{"times":false}', "times"),
        ),
        *(('{"times":501}', "times"), ('{"times":"2"}', "times")),
        *(('{"failedOutputs":"summary_video"}', "failedOutputs"), ('{"failedOutputs":["mp4"]}', "failedOutputs")),
        *(('{"failedOutputs":[1]}', "failedOutputs"), ('{"failedOutputs":[["summary_video"]]}', "failedOutputs")),
        *(('{"error":"broken"}', "error"), ('{"error":[]}', "error"), ('{"error":{"code":""}}', "error")),
        *(
            ('{"error":{"code":5}}', "error"),
            ('{"error":{"message":5}}', "error"),
            ('{"error":{"mesage":"x"}}', "error.mesage"),
        ),
        ('{"error":{"":1}}', "error."),
    ],
)
def test_every_refusal_names_its_member(text: str, field: str) -> None:
    """A wrong programme is refused whole, and the error says which member to look at."""
    with pytest.raises(ProgrammeError) as refusal:
        from_json(json.loads(text), OUTPUT_TYPES)
    assert refusal.value.field == field
    assert str(refusal.value).startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("programme", "shown"),
    [
        (Programme(), {"progression": "time", "queued": "PT1S", "processing": "PT3S", "outcome": "completed"}),
        (Programme(progression="manual", polls=3), {"progression": "manual", "polls": 3, "outcome": "completed"}),
        (Programme(progression="immediate"), {"progression": "immediate", "outcome": "completed"}),
        (
            Programme(progression="held", outcome="partial", failed_outputs=("expanded_quiz",), error_message="No"),
            {
                "progression": "held",
                "outcome": "partial",
                "failedOutputs": ["expanded_quiz"],
                "error": {"code": "content_internal_error", "message": "No"},
            },
        ),
    ],
)
def test_a_programme_shows_what_counts_for_it(programme: Programme, shown: dict[str, object]) -> None:
    """Times stand only where time counts, reads where reads do, failures where something fails."""
    assert to_json(programme) == shown


@given(programme=programmes)
@PROPERTY
def test_what_is_shown_can_be_sent_back(programme: Programme) -> None:
    """The control plane takes its own answer as a request and understands the same programme."""
    shown = to_json(programme)
    understood = from_json(json.loads(json.dumps(shown)), OUTPUT_TYPES)
    assert to_json(understood) == shown
    assert understood == replace(
        understood, progression=programme.progression, outcome=programme.outcome, error_code=programme.error_code
    )
