"""Tells people what is due, each thing once: chooses, writes the mails, sends them, and keeps the journal."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from openspm.company import Company
from openspm.durable_files import write_durably
from openspm.errors import OpenspmError, UsageError
from openspm.followups.actions import check_age, read_due_actions
from openspm.followups.mail_settings import FollowUpSettings
from openspm.followups.messages import Mail, MailWriter
from openspm.followups.outbox import Outbox, fill_outbox, read_unsubscribed
from openspm.followups.smtp import PASSWORD_VARIABLE, Acceptance, MailServer
from openspm.journal import Entry, Journal, hold_journal
from openspm.secrets import read_secret_variable
from openspm.settings import StatePaths

CHANNEL = "email"
FOLDER = "follow_ups"


@dataclass(frozen=True)
class MailOutcome:
    """What became of one mail; `acceptance` is None where it was only shown."""

    mail: Mail
    acceptance: Acceptance | None
    reason: str = ""


@dataclass
class SendingReport:
    """What a run did.

    Attributes:
        is_sent: whether mails were sent, and not only shown.
        folder: where the mails of a trial, or the errors of a run, were written.
        outcomes: one a mail.
        skipped: why actions were not sent, and how many.
        uncertain: actions of which nobody knows whether they were sent.
        warnings: what a person ought to know.
    """

    is_sent: bool
    folder: Path
    outcomes: list[MailOutcome] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    uncertain: list[Entry] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing failed and nothing is uncertain."""
        return not self.uncertain and all(outcome.acceptance in (None, "sent") for outcome in self.outcomes)


def journal_path(state: StatePaths) -> Path:
    """The journal of everything that was written to other systems."""
    return state.root / "sent.sqlite"


def send_follow_ups(
    company: Company,
    state: StatePaths,
    warehouse: Path,
    now: datetime.datetime,
    is_sending: bool,
    wait: Callable[[float], None] | None = None,
) -> SendingReport:
    """Tell people what is due, or show what they would be told.

    Args:
        company: the company folder, read.
        state: where journal and files go.
        warehouse: the published file without pay.
        now: the aware moment of the run.
        is_sending: False only writes the mails to files.
        wait: sleeps between tries; a test hands in its own.

    Raises:
        UsageError: company.yml has no block follow_ups.
        OpenspmError: numbers that are too old, a template, the list of unsubscribed or the journal is wrong.
        SourceUnreachable: the mail server cannot be reached; what was sent before is on record.
        Locked: another process is sending.
    """
    settings = _settings_of(company)
    today = now.astimezone(ZoneInfo(company.timezone_name)).date()
    run_id = now.astimezone(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    report = SendingReport(is_sending, state.exports / FOLDER / run_id)
    actions = read_due_actions(warehouse)
    too_old = check_age(actions[0].as_of_date, today, settings.most_age_days) if actions else None
    if too_old and is_sending:
        raise OpenspmError(
            too_old,
            where="company.yml, follow_ups.most_age_days",
            next_step="Publish today's numbers with `openspm run`, then send.",
        )
    report.warnings += [f"{too_old}: --send would refuse."] if too_old else []
    unsubscribed = read_unsubscribed(company.folder / settings.unsubscribed_file)
    writer = MailWriter(company, settings, now)
    state.claim()
    path = journal_path(state)
    with hold_journal(path), Journal(path, CHANNEL, run_id, now, today) as journal:
        outbox = fill_outbox(actions, settings, journal.last_entries(), unsubscribed, today)
        report.skipped = outbox.skipped
        report.uncertain = outbox.uncertain
        # All mails are written before the first is sent: a template that does not fit stops everything.
        mails = _written(writer, outbox)
        if not is_sending:
            report.outcomes = [MailOutcome(mail, None) for mail in mails]
            _write_mails(report)
        elif mails:
            server = MailServer(
                settings.smtp, read_secret_variable(PASSWORD_VARIABLE), **({"wait": wait} if wait else {})
            )
            try:
                server.connect()
                for mail in mails:
                    report.outcomes.append(_send(mail, server, journal))
            finally:
                server.close()
                report.uncertain = [entry for entry in journal.last_entries().values() if entry.outcome == "intended"]
                _write_errors(report)
    return report


def settle_follow_ups(
    company: Company,
    state: StatePaths,
    now: datetime.datetime,
    sent: list[str],
    unsent: list[str],
    target: str | None = None,
) -> None:
    """Record what a person found out about actions whose mail may or may not have gone out.

    Args:
        company: the company folder, read.
        state: where the journal is.
        now: the aware moment.
        sent: actions of which it did.
        unsent: actions of which it did not; they are sent by the next run.
        target: the target of `openspm sync` whose tasks are meant; mails where absent.

    Raises:
        UsageError: an action that does not wait for it, or that is named as both.
    """
    if set(sent) & set(unsent):
        raise UsageError("An action is named as sent and as unsent", next_step="Name it once.")
    today = now.astimezone(ZoneInfo(company.timezone_name)).date()
    state.claim()
    path = journal_path(state)
    run_id = now.astimezone(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    channel = CHANNEL if target is None else f"{target}:tasks"
    with hold_journal(path), Journal(path, channel, run_id, now, today) as journal:
        journal.settle(sent, "sent")
        journal.settle(unsent, "failed")


def _settings_of(company: Company) -> FollowUpSettings:
    if company.follow_ups is None:
        raise UsageError(
            "company.yml does not say how follow-ups are mailed",
            where=str(company.folder / "company.yml"),
            next_step="Add the block follow_ups; docs/how-to/send_follow_ups.md shows it.",
        )
    return company.follow_ups


def _written(writer: MailWriter, outbox: Outbox) -> list[Mail]:
    """The mail to each address."""
    return [
        writer.write(recipient, actions, outbox.left_counts[recipient]) for recipient, actions in outbox.told.items()
    ]


def _send(mail: Mail, server: MailServer, journal: Journal) -> MailOutcome:
    """Send one mail: its intent is on the disk before, its outcome after."""
    journal.intend(mail.keys, mail.recipient, mail.reference)
    try:
        acceptance, reason = server.send(mail.message)
    except OpenspmError as error:
        journal.conclude(mail.keys, "failed", mail.recipient, mail.reference, error.message)
        raise
    if acceptance != "uncertain":
        journal.conclude(mail.keys, acceptance, mail.recipient, mail.reference, reason)
    return MailOutcome(mail, acceptance, reason)


def _write_mails(report: SendingReport) -> None:
    """The mails of a trial as files that any mail program opens."""
    if report.outcomes:
        report.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number, outcome in enumerate(report.outcomes, start=1):
        write_durably(report.folder / f"{number:04}.eml", outcome.mail.message.as_string())


def _write_errors(report: SendingReport) -> None:
    """One line of JSON a mail that was not accepted for sure."""
    lines = [
        json.dumps({
            "recipient": outcome.mail.recipient,
            "acceptance": outcome.acceptance,
            "reason": outcome.reason,
            "message_id": outcome.mail.reference,
            "action_ids": outcome.mail.keys,
        }, ensure_ascii=False)
        for outcome in report.outcomes
        if outcome.acceptance != "sent"
    ]  # fmt: skip
    if lines:
        report.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(report.folder / "errors.jsonl", "\n".join(lines) + "\n")
