"""What the mock promises, told again as briefly as it goes: jobs, keys, windows and deliveries as closed forms of time.

Nothing here is the mock's own code. Instants are milliseconds since the session began.
"""

from dataclasses import dataclass, field

QUEUED, PROCESSING, MINUTE = 2_000, 3_000, 60_000
TRIES = (0, 5_000, 30_000, 155_000)
"""When a delivery is tried, counted from the job's end: at once, and after pauses of 5, 25 and 125 seconds."""


@dataclass
class Job:
    """A job of an organization, made at an instant, with the end that was asked for."""

    organization: int
    made: int
    end: str

    @property
    def ends(self) -> int:
        """Return the instant of its end."""
        return self.made + QUEUED + PROCESSING

    def status(self, now: int) -> str:
        """Return what a read shows."""
        if now < self.made + QUEUED:
            return "queued"
        return "processing" if now < self.ends else self.end


@dataclass
class Key:
    """An API key: how often it may call a minute, as issued and now; the minute of its last call, and calls in that."""

    organization: int
    secret: str
    issued: int
    limit: int
    minute: int = 0
    used: int = 0
    is_revoked: bool = False

    def call(self, now: int) -> int | None:
        """Count a call; return the status with which it is refused, if it is."""
        if self.is_revoked:
            return 401
        if now // MINUTE != self.minute:
            self.minute, self.used = now // MINUTE, 0
        if self.used >= self.limit:
            return 429
        self.used += 1
        return None


@dataclass
class Subscription:
    """A subscription of an organization, and the number of the try that its receiver takes; no try where it is 5."""

    organization: int
    ends: tuple[str, ...]
    takes: int
    made: int
    deleted: int | None = None

    def told(self, job: Job, now: int) -> tuple[str, int] | None:
        """Return status and number of tries of the delivery that tells of a job's end, None where there is none."""
        until = now if self.deleted is None else min(now, self.deleted)
        if self.organization != job.organization or job.end not in self.ends or not self.made < job.ends <= until:
            return None
        tries = min(self.takes, sum(job.ends + pause <= until for pause in TRIES))
        if tries == self.takes:
            return "sent", tries
        if tries == len(TRIES):
            return "failed", tries
        return ("retrying" if self.deleted is None else "dropped"), tries


@dataclass
class Model:
    """A session: what was made in it, by id, and what its clock shows."""

    now: int = 0
    jobs: dict[str, Job] = field(default_factory=dict[str, Job])
    held: dict[tuple[int, str], tuple[str, int]] = field(default_factory=dict[tuple[int, str], tuple[str, int]])
    keys: dict[str, Key] = field(default_factory=dict[str, Key])
    subscriptions: dict[str, Subscription] = field(default_factory=dict[str, Subscription])

    def create(self, key: Key, idempotency_key: str | None, body: int) -> tuple[int, str | None, str | None]:
        """Return what a create is answered: its status, what becomes of its idempotency key, the job if it is old."""
        if (refusal := key.call(self.now)) is not None:
            return refusal, None, None
        held = None if idempotency_key is None else self.held.get((key.organization, idempotency_key))
        if held is None:
            return 200, "new", None
        job_id, first_body = held
        return 200, "replayed" if body == first_body else "replayed-other-body", job_id

    def keep(self, job_id: str, key: Key, idempotency_key: str | None, body: int, end: str) -> None:
        """Keep a job that was made just now."""
        assert job_id not in self.jobs
        self.jobs[job_id] = Job(key.organization, self.now, end)
        if idempotency_key is not None:
            self.held[key.organization, idempotency_key] = job_id, body

    def read(self, key: Key, job_id: str) -> tuple[int, str | None]:
        """Return status code and job status that a status read is answered with."""
        if (refusal := key.call(self.now)) is not None:
            return refusal, None
        job = self.jobs.get(job_id)
        if job is None or job.organization != key.organization:
            return 404, None
        return 200, job.status(self.now)

    def statuses(self) -> dict[str, str]:
        """Return the status of every job."""
        return {job_id: job.status(self.now) for job_id, job in self.jobs.items()}

    def deliveries(self) -> dict[tuple[str, str], tuple[str, int]]:
        """Return status and number of tries of every delivery, by job and subscription."""
        pairs = [(job_id, name) for job_id in self.jobs for name in self.subscriptions]
        found = {pair: self.subscriptions[pair[1]].told(self.jobs[pair[0]], self.now) for pair in pairs}
        return {pair: told for pair, told in found.items() if told is not None}
