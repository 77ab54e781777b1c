"""Bulk API 2.0: a query as a job, and its result as pages of CSV.

The job runs while we look at it now and then. Each page says how many records it has, and the job how many all pages
have together; a page that came cut is asked for again, as long as the session is patient.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
from collections.abc import Iterator

import numpy as np

from openspm.errors import SourceUnreachable
from openspm.sources.salesforce.refusals import error_code, explained
from openspm.sources.salesforce.settings import SalesforceSourceSettings
from openspm.sources.web.pages import Page
from openspm.sources.web.session import Answer, NotAccepted, WebSession

COUNT_HEADER = "sforce-numberofrecords"
LOCATOR_HEADER = "sforce-locator"
# Small jobs are done at once: waits grow from this to `poll_seconds`.
FIRST_POLL_SECONDS = 0.25
WAITING = frozenset({"UploadComplete", "InProgress"})
# What a job is refused with when its object cannot be read in this way.
UNSUPPORTED = frozenset({"INVALIDENTITY", "INVALID_ENTITY", "FUNCTIONALITYNOTENABLED", "FUNCTIONALITY_NOT_ENABLED"})


def bulk_pages(session: WebSession, base: str, query: str, settings: SalesforceSourceSettings) -> Iterator[Page] | None:
    """The pages of a query, deleted records too; None where Bulk does not take the object.

    Raises:
        SourceRefused, SourceUnreachable: as for every request, when the job fails, or when pages do not fit together.
    """
    try:
        with explained(session.subject):
            job = session.post(f"{base}/jobs/query", json_body={"operation": "queryAll", "query": query}).json()
    except NotAccepted as error:
        if error_code(error) in UNSUPPORTED:
            return None
        raise
    return _pages(session, f"{base}/jobs/query/{job['id']}", settings)


def _pages(session: WebSession, path: str, settings: SalesforceSourceSettings) -> Iterator[Page]:
    """Wait for the job, and give its pages."""
    expected = _finished(session, path, settings)
    count = 0
    seen: set[bytes] = set()
    locator: str | None = None
    while True:
        params = {"maxRecords": str(settings.bulk_page_records), **({"locator": locator} if locator else {})}
        with explained(session.subject):
            answer = session.get(f"{path}/results", params, is_json=False, wrong_with=wrong_with_csv)
        content = hashlib.sha256(answer.body).digest()
        if content in seen:
            raise _unfit(session, "a page came twice", answer)
        seen.add(content)
        count += int(answer.headers[COUNT_HEADER])
        yield Page(answer, is_csv=True)
        locator = answer.headers.get(LOCATOR_HEADER, "null")
        if locator == "null":
            break
    if count != expected:
        raise _unfit(session, f"the job says {expected} records, and its pages hold {count}", answer)
    # The result is whole, so a job that stays is no reason to fail: it ends by itself after seven days.
    with contextlib.suppress(SourceUnreachable):
        session.send("DELETE", path)


def _finished(session: WebSession, path: str, settings: SalesforceSourceSettings) -> int:
    """Wait until a job is done; gives how many records it found.

    Raises:
        SourceUnreachable: it failed, or takes longer than we wait.
    """
    patience = session.patience
    seconds = min(FIRST_POLL_SECONDS, settings.poll_seconds)
    while True:
        with explained(session.subject):
            answer = session.get(path)
        job = answer.json()
        if job["state"] == "JobComplete":
            return int(job["numberRecordsProcessed"])
        if job["state"] not in WAITING:
            raise SourceUnreachable(
                f"The {session.subject} ends a Bulk job with {job['state']} ({job.get('errorMessage', 'no reason')})",
                where=answer.request,
                next_step="Run again, or raise `bulk_threshold` so that the object is read page by page.",
            )
        if patience.monotonic() + seconds >= patience.deadline:
            raise SourceUnreachable(
                f"The {session.subject} does not end a Bulk job within `deadline_seconds`",
                where=answer.request,
                next_step="Run again later, or raise `deadline_seconds` of the source.",
            )
        patience.wait(seconds)
        seconds = min(2 * seconds, settings.poll_seconds)


def wrong_with_csv(answer: Answer) -> str | None:
    """What is wrong with a page of CSV that is not whole: its records are counted, line ends in quotes aside."""
    said = answer.headers.get(COUNT_HEADER)
    if said is None or "csv" not in answer.headers.get("content-type", ""):
        return "answers with something else where CSV was due, such as a login or a proxy's page"
    octets = np.frombuffer(answer.body, np.uint8)
    is_quoted = np.logical_xor.accumulate(octets == ord('"'))
    lines = int(np.count_nonzero((octets == ord("\n")) & ~is_quoted))
    if answer.body and not answer.body.endswith(b"\n"):
        lines += _ends_with_a_whole_record(answer.body)
    return None if lines - 1 == int(said) else "sent a page of CSV that is cut"


def _ends_with_a_whole_record(body: bytes) -> bool:
    """Whether a page whose last line has no end has all of that line: every value is quoted, and none is missing."""
    if not body.endswith(b'"') or body.count(b'"') % 2:
        return False
    records = list(csv.reader(io.StringIO(body.decode("utf-8", "replace"), newline="")))
    return len(records[-1]) == len(records[0])


def _unfit(session: WebSession, what: str, answer: Answer) -> SourceUnreachable:
    """Pages that do not fit together."""
    return SourceUnreachable(
        f"The {session.subject} does not give its records in full: {what}",
        where=answer.request,
        next_step="Run again; nothing of the source has landed.",
    )
