"""Who is told what today: everything due, less what was sent, who unsubscribed, and what is over a cap."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path

from openspm.errors import OpenspmError
from openspm.followups.actions import DueAction
from openspm.followups.mail_settings import FollowUpSettings
from openspm.journal import Entry


@dataclass
class Outbox:
    """What a run sends, and what it does not.

    Attributes:
        told: for each address the actions that it is told of, the most urgent first.
        left_counts: for each of these addresses the actions that wait for another day.
        skipped: why actions are not sent, and how many.
        uncertain: actions that were about to be sent when a process ended.
    """

    told: dict[str, list[DueAction]] = field(default_factory=dict)
    left_counts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    uncertain: list[Entry] = field(default_factory=list)


def fill_outbox(
    actions: Sequence[DueAction],
    settings: FollowUpSettings,
    entries: Mapping[str, Entry],
    unsubscribed: Collection[str],
    today: datetime.date,
) -> Outbox:
    """Choose what is sent.

    Args:
        actions: everything due, the most urgent first.
        settings: caps, rules and domains.
        entries: the journal's last entry of every action.
        unsubscribed: addresses that get no mail, in small letters.
        today: the company's day, for which the cap of a recipient counts.
    """
    outbox = Outbox(uncertain=[entry for entry in entries.values() if entry.outcome == "intended"])
    told_today = Counter(
        entry.recipient.lower()
        for entry in entries.values()
        if entry.outcome != "failed" and entry.recorded_date == today
    )
    for action in actions:
        reason = _reason_to_skip(action, settings, entries, unsubscribed)
        if reason:
            outbox.skipped[reason] += 1
            continue
        recipient = str(action.email_text)
        address = recipient.lower()
        addressed = outbox.told.get(recipient, [])
        if told_today[address] + len(addressed) >= settings.most_actions_a_day:
            outbox.left_counts[recipient] += 1
            outbox.skipped["over the cap of a day"] += 1
        elif not addressed and len(outbox.told) >= settings.most_mails_a_run:
            outbox.skipped["over the cap of a run"] += 1
        else:
            outbox.told[recipient] = [*addressed, action]
    return outbox


def _reason_to_skip(
    action: DueAction, settings: FollowUpSettings, entries: Mapping[str, Entry], unsubscribed: Collection[str]
) -> str | None:
    """Why an action is not sent, whatever the caps; None when it may be."""
    if settings.rule_codes is not None and action.rule_code not in settings.rule_codes:
        return "of a rule that is not mailed"
    entry = entries.get(action.action_id)
    if entry and entry.outcome == "sent":
        return "sent before"
    if entry and entry.outcome == "intended":
        return "uncertain"
    if action.payee_id is None:
        return "nobody owns the record"
    address = (action.email_text or "").lower()
    if not is_address(address):
        return "the payee has no e-mail address"
    if address in unsubscribed:
        return "unsubscribed"
    if settings.recipient_domains is not None and address.rpartition("@")[2] not in settings.recipient_domains:
        return "of another domain"
    return None


def is_address(text: str) -> bool:
    """Whether a text is one plain e-mail address, which no header can be smuggled through."""
    name, _, domain = text.rpartition("@")
    return bool(name and domain and parseaddr(text)[1] == text and text.isprintable() and " " not in text)


def read_unsubscribed(path: Path) -> frozenset[str]:
    """The addresses that get no mail, in small letters; none where there is no file.

    Raises:
        OpenspmError: a line that is no address: it would keep nobody from getting mail.
    """
    if not path.exists():
        return frozenset()
    addresses = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        address = line.partition("#")[0].strip().lower()
        if address and not is_address(address):
            raise OpenspmError(
                f"{address!r} is no e-mail address",
                where=f"{path}:{number}",
                next_step="Write one address a line; what follows a # is a remark.",
            )
        if address:
            addresses.add(address)
    return frozenset(addresses)
