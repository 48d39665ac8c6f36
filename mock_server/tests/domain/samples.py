"""Small whole values to try the domain on, the same ones in every test, and the settings of its property tests."""

from hypothesis import settings
from hypothesis import strategies as st

from tutorflow_mock.domain import jobs
from tutorflow_mock.domain.model import ApiKey, Job, Output, Subscription
from tutorflow_mock.domain.programme import Programme

PROPERTY = settings(derandomize=True, max_examples=100, deadline=None)

NOW = 1_783_328_400_000
"""2026-07-06T09:00:00Z."""
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
YEAR = 365 * DAY


def an_id(number: int) -> str:
    """Return one of the ids of the documentation's examples."""
    return f"00000000-0000-4000-8000-{number:012d}"


HARBOUR, LIGHTHOUSE = an_id(1), an_id(2)
MODULE, VIDEO, QUIZ = OUTPUT_TYPES = ("interactive_module", "summary_video", "expanded_quiz")
_RESOURCES = {MODULE: "module", VIDEO: "video", QUIZ: "test"}
_LABELS = {MODULE: "module", VIDEO: "video", QUIZ: "quiz"}


def an_output(output_type: str = MODULE, number: int = 0, title: str = "Kitchen A1", token: str = "0" * 32) -> Output:
    """Return a row with the ids …0<number> of rows and resources."""
    resource_type = _RESOURCES[output_type]
    return Output(
        id=an_id(number),
        output_type=output_type,
        resource_type=resource_type,
        resource_id=an_id(number + 100),
        title=f"{title} {_LABELS[output_type]}",
        public_url=f"https://tutorflow.io/share/{resource_type}/{token}",
    )


def a_job(
    programme: Programme | None = None, output_types: tuple[str, ...] = OUTPUT_TYPES, *, created_at: int = NOW
) -> Job:
    """Return a new job of the Harbour Language School; the default programme queues 1 s and works 3 s."""
    programme = programme or Programme()
    processing_at, finished_at = jobs.schedule(programme, created_at)
    return Job(
        id=an_id(100),
        organization_id=HARBOUR,
        classroom_id=an_id(10),
        source_type="source_json",
        source_title="Kitchen A1",
        outputs=tuple(an_output(output_type, 110 + n) for n, output_type in enumerate(output_types)),
        idempotency_key=None,
        source=b'{"payload":{"level":{"title":"Kitchen A1"}}}',
        created_at=created_at,
        programme=programme,
        processing_at=processing_at,
        finished_at=finished_at,
    )


def a_key(number: int = 20, *, rate_limit: int | None = 60, organization_id: str = HARBOUR) -> ApiKey:
    """Return an active key."""
    return ApiKey(
        id=an_id(number),
        organization_id=organization_id,
        name="external-content-test",
        prefix="tf_content_5e1f0c2a9b7d",
        rate_limit=rate_limit,
        created_at=NOW,
    )


def a_subscription(number: int = 40, *, url: str = "https://hooks.harbour.example/tutorflow") -> Subscription:
    """Return an active subscription of the Harbour Language School to both events."""
    return Subscription(
        id=an_id(number),
        organization_id=HARBOUR,
        url=url,
        events=("content.completed", "content.failed"),
        secret="6dbf5efe596b7bebd041a312385a28665feb8cda86549fcfae286b6f56fa8e4c",
        created_at=NOW,
    )


def _in_canonical_order(chosen: frozenset[str]) -> tuple[str, ...]:
    return tuple(output_type for output_type in OUTPUT_TYPES if output_type in chosen)


output_subsets = st.frozensets(st.sampled_from(OUTPUT_TYPES), min_size=1).map(_in_canonical_order)
programmes = st.builds(
    Programme,
    progression=st.sampled_from(("time", "manual", "immediate", "held")),
    queued=st.integers(0, 3_000),
    processing=st.integers(0, 5_000),
    polls=st.integers(1, 7),
    outcome=st.sampled_from(("completed", "failed", "partial")),
    failed_outputs=st.frozensets(st.sampled_from(OUTPUT_TYPES)).map(_in_canonical_order),
)
