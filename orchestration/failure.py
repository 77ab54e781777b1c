"""Who hears of a failed run: the log, and by the settings a webhook and a mail address.

A message names company, run, step and kind of failure, and where to read more. It holds no figure and no row: what a
check saw stands in the run's record, which only its owner reads.
"""

import json
import smtplib
import urllib.request
from email.message import EmailMessage

import dagster as dg

from openspm.errors import GateBlocked, Locked, SourceUnreachable
from openspm.settings import Settings

TIMEOUT_SECONDS = 10


def tell_about_failure(settings: Settings, company_id: str) -> dg.HookDefinition:
    """The hook that a failing step of the job calls."""

    @dg.failure_hook(name="tell_about_failure")
    def hook(context: dg.HookContext) -> None:
        text = failure_text(company_id, context.op.name, context.run_id, context.op_exception)
        context.log.error(text)
        for fault in send(settings, company_id, text):
            context.log.warning(fault)

    return hook


def failure_text(company_id: str, step: str, run_id: str, error: BaseException | None) -> str:
    """What happened, in words that anyone may read.

    Args:
        step: the step that failed.
        run_id: Dagster's id of the run.
        error: what it raised; only its kind is told.
    """
    cause = error.__cause__ if isinstance(error, dg.Failure) and error.__cause__ is not None else error
    if isinstance(cause, GateBlocked):
        kind = "was blocked by its checks"
    elif isinstance(cause, SourceUnreachable):
        kind = "could not reach a source"
    elif isinstance(cause, Locked):
        kind = "found another run going on"
    else:
        kind = "failed"
    return (
        f"openspm: the night of {company_id} {kind} in the step {step}; readers keep the last publication. "
        f"Run {run_id}: its record under runs/ says why."
    )


def send(settings: Settings, company_id: str, text: str) -> list[str]:
    """Send a message to whom the settings name; return what went wrong with it, for the log."""
    faults = []
    if settings.failure_webhook is not None:
        try:
            _post(settings.failure_webhook, text)
        except (OSError, ValueError) as error:
            faults.append(f"The webhook did not take the message: {type(error).__name__}")
    if settings.failure_email_to is not None:
        try:
            _mail(settings, settings.failure_email_to, company_id, text)
        except (OSError, smtplib.SMTPException) as error:
            faults.append(f"The mail server did not take the message: {type(error).__name__}")
    return faults


def _post(url: str, text: str) -> None:
    """Post the message as JSON, in the shape that chat webhooks take."""
    if not url.startswith(("https://", "http://")):
        raise ValueError("a webhook is an http address")
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
        url, data=json.dumps({"text": text}).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
        pass


def _mail(settings: Settings, to: str, company_id: str, text: str) -> None:
    """Send the message as a mail."""
    message = EmailMessage()
    message["Subject"] = f"openspm: the night of {company_id} failed"
    message["From"] = settings.failure_email_from
    message["To"] = to
    message.set_content(text)
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_SECONDS) as server:
        server.send_message(message)
