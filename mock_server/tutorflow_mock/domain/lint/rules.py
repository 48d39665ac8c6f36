"""The table of rules, and grading by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from tutorflow_mock.domain.lint import credentials, keys, pace, polling, receivers, requests
from tutorflow_mock.domain.lint.finding import Finding, Found, Rule, Severity
from tutorflow_mock.domain.lint.view import View

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""From worst to mildest."""

_IDEMPOTENCY = (
    Rule(
        "TF001",
        "warning",
        "A create or an export carries no idempotency key",
        "Whoever loses the answer cannot ask again without paying for a second job.",
        "Send an Idempotency-Key with every create and every export, one that is stable for the source content.",
        "documented",
        "ref",
        keys.no_key,
    ),
    Rule(
        "TF002",
        "error",
        "The same body again under another key, or none, within ten minutes of a lost answer, a timeout or a 5xx",
        "The first call may have made its job: the second one makes, and costs, another.",
        "Draw the key from the source content before the first call, keep it, and repeat with the same one. "
        "After a 429 nothing was made yet; it is the same mistake, and a warning.",
        "documented",
        "faq, err",
        keys.made_twice,
    ),
    Rule(
        "TF003",
        "error",
        "One key, two bodies",
        "A key stands for one job: a changed source under an old key is answered with the old job.",
        "Take a new key when the source payload has changed, and only then.",
        "documented",
        "faq",
        keys.other_body,
    ),
    Rule(
        "TF018",
        "info",
        "A key comes again whose job has failed",
        "The failed job is answered; whether its key may ever start a new one is an open question of the contract.",
        "Mend the source or the outputs and use a new job; take a new key if the content has changed.",
        "assumed",
        "S9",
        keys.failed_again,
    ),
    Rule(
        "TF025",
        "info",
        "A key holds a comma or quotes",
        "Two headers of one name are joined with a comma by many proxies and servers: the key is then neither.",
        "Send one Idempotency-Key header with a plain text.",
        "assumed",
        "",
        keys.joined_keys,
    ),
)

_POLLING = (
    Rule(
        "TF004",
        "warning",
        "The status of one job is read more often than once a second, by the median of at least three gaps",
        "Jobs take seconds to minutes; reading faster only uses up the key's limit.",
        "Pause for a second or more between reads, longer for long jobs. Gaps count in which the session's clock runs.",
        "assumed",
        "S28",
        polling.too_fast,
    ),
    Rule(
        "TF006",
        "warning",
        "A status is read twice or more after it has shown the end",
        "Completed and failed are terminal: nothing changes any more.",
        "Stop at the first completed or failed, and read the result.",
        "documented",
        "ref",
        polling.read_on,
    ),
    Rule(
        "TF007",
        "warning",
        "A job is completed, its client knows, and nobody fetches the result",
        "Ids and URLs of what was made are in the result only.",
        "Fetch the result once the job is completed, and keep resource ids and public URLs.",
        "documented",
        "over",
        polling.never_fetched,
    ),
    Rule(
        "TF008",
        "info",
        "A result is read before the job has ended",
        "What a result answers then is an open question: this mock shows the state, another server may refuse.",
        "Poll the status, and read the result after completed or failed.",
        "inferred",
        "S2",
        polling.too_early,
    ),
    Rule(
        "TF009",
        "warning",
        "Polling stops before the end, and no delivery tells of it either",
        "One 429 or 5xx says nothing about the job: it goes on, is paid for, and nobody hears of it.",
        "Poll on until completed, failed or your own deadline. It counts as stopped after a minute without a call "
        "about the job, on a clock that stands at once; not for a job that is held, nor after sixty reads.",
        "documented",
        "ref",
        polling.given_up,
    ),
    Rule(
        "TF024",
        "warning",
        "One open job is read more than 120 times",
        "A loop without a deadline never tells anybody that something is wrong.",
        "Bound the loop by time or number; the guides' own gives up after 60 attempts.",
        "inferred",
        "ex",
        polling.no_deadline,
    ),
)

_PACE = (
    Rule(
        "TF005",
        "error",
        "The next call on a key comes before Retry-After has run out (error) or within 30 s of a 429 (warning)",
        "A key that is over its limit stays so until the window ends; calls before that are refused and help nobody.",
        "Let all workers of a key wait for Retry-After, and for 30 s at least, then come back one by one. Session time "
        "and real time both count as waiting: a test that replaces sleep advances the session's clock instead.",
        "documented",
        "err",
        pace.hurried,
    ),
    Rule(
        "TF016",
        "warning",
        "An unchanged request is repeated after a 400, 401, 403 or 404",
        "What was wrong with it is still wrong.",
        "Repeat after 429 and 5xx only; otherwise change the request, or give up.",
        "documented",
        "err",
        pace.unchanged,
    ),
    Rule(
        "TF017",
        "warning",
        "A failed request is repeated without growing pauses",
        "A server in trouble gets no air, and all its clients come back at once.",
        "Back off exponentially, with some chance in the pauses, and give up in the end.",
        "documented",
        "err",
        pace.no_backoff,
    ),
    Rule(
        "TF022",
        "warning",
        "There are more than five logins, or more than five minted keys, within a minute",
        "A session and a key are made once and kept; making them for each call leaves hundreds of live credentials.",
        "Sign in once, keep the key in a secret manager, and use it until it is rotated.",
        "inferred",
        "sec",
        pace.too_many_credentials,
    ),
)

_CREDENTIALS = (
    Rule(
        "TF013",
        "error",
        "A key stands in a URL, a query or a body",
        "Addresses and bodies end up in logs, in histories and at third parties.",
        "Send the key in the Authorization header and nowhere else, and rotate the one that was exposed.",
        "inferred",
        "sec",
        credentials.exposed,
    ),
    Rule(
        "TF014",
        "error",
        "A bearer key is sent to a route for admins, or an admin's cookie to a route for keys",
        "Neither credential replaces the other.",
        "Use the key for expansions and classrooms, the admin session for keys, webhooks, exports and organizations.",
        "documented",
        "ref",
        credentials.wrong_kind,
    ),
    Rule(
        "TF023",
        "warning",
        "A key is still in use after it was revoked or rotated",
        "Some part of the integration did not get the new key, and fails from now on.",
        "Roll the new key out before the old one ends; revoke it when nothing uses it any more.",
        "inferred",
        "sec",
        credentials.dead_keys,
    ),
)

_RECEIVERS = (
    Rule(
        "TF010",
        "error",
        "A receiver turns a genuine delivery away",
        "A delivery that is refused is tried a few times and then lost.",
        "Verify the raw bytes with the secret as it was issued; answer 2xx once the event is safe with you.",
        "documented",
        "wh",
        receivers.refused,
    ),
    Rule(
        "TF011",
        "warning",
        "A receiver takes more than five seconds (warning) or more than one (info)",
        "A sender gives up on slow receivers and comes again: the work is done twice.",
        "Accept first, work afterwards: put the event into a queue and answer.",
        "inferred",
        "wh",
        receivers.slow,
    ),
    Rule(
        "TF012",
        "error",
        "A receiver answers 2xx to a wrong signature",
        "Anybody who knows the address can tell it that a job has ended.",
        "Compare the signature in constant time and answer 400 or 401 if it is missing or wrong.",
        "documented",
        "wh",
        receivers.accepted_forgery,
    ),
)

_REQUESTS = (
    Rule(
        "TF015",
        "warning",
        "A body is not sent as application/json",
        "A server may refuse it, and some read it as something else.",
        "Send Content-Type: application/json with every body.",
        "documented",
        "ref",
        requests.no_media_type,
    ),
    Rule(
        "TF019",
        "warning",
        "An unknown member is almost called as a known one",
        "Unknown members are ignored: the default acts instead, and nobody is told.",
        "Correct the name.",
        "assumed",
        "",
        requests.misspelt,
    ),
    Rule(
        "TF020",
        "warning",
        "A call matches no operation",
        "The path, or the method on it, does not exist.",
        "See the near miss in the finding, and GET /__admin/requests/unmatched/near-misses.",
        "assumed",
        "",
        requests.unmatched,
    ),
    Rule(
        "TF021",
        "info",
        "A webhook is subscribed before any job was polled to its end",
        "The guides build the other way round: what a delivery says is then checked against what polling showed.",
        "Make polling work first, webhooks last.",
        "documented",
        "api",
        requests.hooks_first,
    ),
)

RULES: Mapping[str, Rule] = MappingProxyType(
    {rule.id: rule for rule in sorted((*_IDEMPOTENCY, *_POLLING, *_PACE, *_CREDENTIALS, *_RECEIVERS, *_REQUESTS))}
)
"""Every rule by its id, in their order."""


def grade(view: View) -> list[Finding]:
    """Return all that the rules find, in the order of the rules."""
    return [_finding(rule, found) for rule in RULES.values() for found in rule.find(view)]


def summary(findings: Iterable[Finding]) -> Mapping[Severity, int]:
    """Return how many findings there are of each severity."""
    counts = dict.fromkeys(SEVERITIES, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return counts


def by_request(findings: Iterable[Finding]) -> Mapping[str, Sequence[str]]:
    """Return the ids of the rules that each call of the journal breaks, by its id, each once and in their order."""
    found: dict[str, dict[str, None]] = {}
    for finding in findings:
        for request_id in finding.request_ids:
            found.setdefault(request_id, {})[finding.rule] = None
    return {request_id: tuple(rules) for request_id, rules in found.items()}


def of_job(findings: Iterable[Finding], job_id: str) -> Iterator[Finding]:
    """Return the findings about one job."""
    return (finding for finding in findings if finding.job_id == job_id)


def _finding(rule: Rule, found: Found) -> Finding:
    requests_of = tuple(call.id for call in found.calls)
    severity = found.severity or rule.severity
    return Finding(rule.id, severity, found.message, requests_of, found.job_id, rule.source, found.delivery_id)
