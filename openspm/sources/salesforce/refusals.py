"""What Salesforce says when it does not do what it is asked, in its error codes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from openspm.errors import SourceRefused, SourceUnreachable
from openspm.sources.web.session import NotAccepted

LIMITS = frozenset({"REQUEST_LIMIT_EXCEEDED", "EXCEEDED_ID_LIMIT", "TXN_SECURITY_METERING_ERROR"})
RIGHTS = frozenset(
    {"API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED", "INSUFFICIENT_ACCESS", "INVALID_SESSION_ID", "FORBIDDEN"}
)


def error_code(error: NotAccepted) -> str:
    """The code of an error, such as REQUEST_LIMIT_EXCEEDED; empty where it has none."""
    try:
        body = error.answer.json()
    except ValueError:
        return ""
    first = body[0] if isinstance(body, list) and body else body
    return str(first.get("errorCode", "")) if isinstance(first, dict) else ""


@contextmanager
def explained(subject: str) -> Iterator[None]:
    """Say what an error code means and what to do.

    Raises:
        SourceRefused: a right is missing.
        SourceUnreachable: a limit is used up, or a cursor is gone; anything else as it came.
    """
    try:
        yield
    except NotAccepted as error:
        code = error_code(error)
        message = f"{error.message}: {code}" if code else error.message
        if code in LIMITS:
            raise SourceUnreachable(
                f"The {subject} has used up the organisation's limit of requests ({code})",
                where=error.where,
                next_step="Run again when the limit of 24 hours frees up, or ask for more. Nothing has landed.",
            ) from None
        if code == "INVALID_QUERY_LOCATOR":
            raise SourceUnreachable(
                f"The {subject} does not know its own cursor any more ({code})",
                where=error.where,
                next_step="Run again; nothing of the source has landed.",
            ) from None
        if code in RIGHTS or error.answer.status == 403:
            raise SourceRefused(
                message,
                where=error.where,
                next_step="Give the user of the app the permission `API Enabled`, and the right to read the objects.",
            ) from None
        raise NotAccepted(message, error.where or "", error.next_step or "", error.answer) from None
