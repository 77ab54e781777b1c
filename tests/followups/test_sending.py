"""Protects people from mails that nobody wanted: twice, to those who unsubscribed, too many, in the clear, with pay.

Without it a killed run or a repeated one writes to the same people again, and nobody sees it before they complain.
"""

from __future__ import annotations

import datetime
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openspm.company import load_company
from openspm.errors import OpenspmError, SourceRefused, SourceUnreachable, UsageError
from openspm.followups.sending import SendingReport, journal_path, send_follow_ups, settle_follow_ups
from openspm.settings import load_settings
from tests.followups.mail_server import HANG_UP, MailBox, mail_server, write_certificate
from tests.followups.published_actions import action, publish, write_company

NOW = datetime.datetime(2026, 4, 1, 6, tzinfo=datetime.UTC)
BOB = "bob@example.org"


@pytest.fixture
def box() -> Iterator[MailBox]:
    """A mail server without TLS."""
    with mail_server(MailBox()) as served:
        yield served


class Sender:
    """A company with due actions, and its mail server."""

    def __init__(self, folder: Path, box: MailBox, rows: list[dict[str, Any]]) -> None:
        self.folder, self.box, self.home = folder / "company", box, folder / "home"
        self.warehouse = publish(self.home, rows)
        self.state = load_settings(self.folder, {"OPENSPM_HOME": str(self.home)}).state("acme")
        self.waits: list[float] = []
        self.configure()

    def configure(self, smtp: dict[str, Any] | None = None, **changed: Any) -> None:
        server = {"host": "127.0.0.1", "port": self.box.port, "security": "none", "timeout_seconds": 5, **(smtp or {})}
        block = {"sender": "Sales <sales@acme.example>", "smtp": server, **changed}
        write_company(self.folder, follow_ups=block)

    def send(self, is_sending: bool = True, now: datetime.datetime = NOW) -> SendingReport:
        company = load_company(self.folder)
        return send_follow_ups(company, self.state, self.warehouse, now, is_sending, self.waits.append)

    def told(self) -> list[tuple[str, int]]:
        """For each mail that arrived its recipient and the number of its actions."""
        return [(str(mail["To"]), mail.get_content().count("Why:")) for mail in self.box.messages]


@pytest.fixture
def sender(tmp_path: Path, box: MailBox) -> Sender:
    """Three actions of Ada, one of Bob."""
    return Sender(tmp_path, box, [action(1), action(2), action(3), action(4, BOB, payee_name="Bob")])


def test_a_trial_sends_nothing_and_remembers_nothing(sender: Sender) -> None:
    report = sender.send(is_sending=False)
    assert sender.box.commands == []
    assert [outcome.acceptance for outcome in report.outcomes] == [None, None]
    mails = sorted(report.folder.glob("*.eml"))
    assert len(mails) == 2
    assert stat.S_IMODE(mails[0].stat().st_mode) == 0o600
    assert "Deal 1" in mails[0].read_text()
    assert len(sender.send().outcomes) == 2


def test_each_action_is_sent_once(sender: Sender) -> None:
    assert sender.send().is_clean
    assert sender.told() == [("ada@example.org", 3), (BOB, 1)]
    again = sender.send(now=NOW + datetime.timedelta(days=1))
    assert again.outcomes == []
    assert again.skipped == {"sent before": 4}
    assert stat.S_IMODE(journal_path(sender.state).stat().st_mode) == 0o600
    text = sender.box.messages[0].get_content()
    assert "Call: Deal 1 (opportunity o1)" in text
    assert "No activity since 2026-03-01" in text
    assert "1,234.50 EUR" in text
    assert sender.box.messages[0]["Subject"] == "3 things are due: Deal 1 and more"


def test_nobody_gets_more_than_the_cap_of_a_day_and_a_run(sender: Sender) -> None:
    sender.configure(most_actions_a_day=2, most_mails_a_run=1)
    assert sender.send().skipped == {"over the cap of a day": 1, "over the cap of a run": 1}
    assert "1 more will follow" in sender.box.messages[0].get_content()
    assert sender.send().skipped["over the cap of a day"] == 1
    assert sender.told() == [("ada@example.org", 2), (BOB, 1)]
    sender.send(now=NOW + datetime.timedelta(days=1))
    assert sender.told()[2:] == [("ada@example.org", 1)]


def test_who_unsubscribed_has_no_address_or_another_domain_gets_nothing(tmp_path: Path, box: MailBox) -> None:
    rows = [
        action(1, "ADA@example.org"),
        action(2, None),
        action(3, "eve@elsewhere.example"),
        action(4, payee_id=None),
        action(5, "two@example.org, three@example.org"),
        action(6, BOB, rule_code="invoice_overdue"),
        action(7, BOB),
    ]
    sender = Sender(tmp_path, box, rows)
    sender.configure(recipient_domains=["example.org"], rule_codes=["deal_gone_quiet"])
    (sender.folder / "unsubscribed.txt").write_text("# wants none\nada@Example.org  # since March\n")
    assert sender.send().skipped == {
        "unsubscribed": 1,
        "the payee has no e-mail address": 2,
        "of another domain": 1,
        "nobody owns the record": 1,
        "of a rule that is not mailed": 1,
    }
    assert sender.told() == [(BOB, 1)]
    (sender.folder / "unsubscribed.txt").write_text("ada\n")
    with pytest.raises(OpenspmError, match="'ada' is no e-mail address"):
        sender.send()


def test_a_refused_recipient_does_not_stop_the_others(sender: Sender) -> None:
    sender.box.on = lambda verb, line: "550 no such user" if verb == "RCPT" and "ada" in line else None
    report = sender.send()
    assert [outcome.acceptance for outcome in report.outcomes] == ["failed", "sent"]
    assert not report.is_clean
    errors = [json.loads(line) for line in (report.folder / "errors.jsonl").read_text().splitlines()]
    assert [(error["recipient"], error["reason"]) for error in errors] == [("ada@example.org", "550 no such user")]
    sender.box.on = lambda verb, line: None
    assert [outcome.mail.recipient for outcome in sender.send().outcomes] == ["ada@example.org"]


@pytest.mark.parametrize("verb", ["EHLO", "MAIL", "RCPT", "TEXT"])
def test_what_passes_is_tried_again_and_not_for_ever(sender: Sender, verb: str) -> None:
    left = [2]

    def busy(seen: str, line: str) -> str | None:
        if seen != verb or not left[0]:
            return None
        left[0] -= 1
        return HANG_UP if verb == "EHLO" else "451 later"

    sender.box.on = busy
    assert sender.send().is_clean
    assert len(sender.box.messages) == 2
    assert sender.waits == [1.0, 2.0]


def test_a_connection_that_breaks_while_a_mail_is_sent_leaves_it_uncertain_until_somebody_looks(
    sender: Sender,
) -> None:
    sender.box.on = lambda verb, line: HANG_UP if verb == "TEXT" and "ada" in line else None
    report = sender.send()
    assert [outcome.acceptance for outcome in report.outcomes] == ["uncertain", "sent"]
    assert [entry.key[16:18] for entry in report.uncertain] == ["o1", "o2", "o3"]
    sender.box.on = lambda verb, line: None
    again = sender.send(now=NOW + datetime.timedelta(days=1))
    assert again.outcomes == []
    assert not again.is_clean
    keys = [entry.key for entry in report.uncertain]
    company = load_company(sender.folder)
    settle_follow_ups(company, sender.state, NOW, keys[:2], keys[2:])
    sender.send(now=NOW + datetime.timedelta(days=2))
    assert sender.told() == [(BOB, 1), ("ada@example.org", 1)]
    with pytest.raises(UsageError, match="not waiting to be settled"):
        settle_follow_ups(company, sender.state, NOW, keys[:1], [])


def test_a_run_that_is_killed_while_it_sends_does_not_send_twice(sender: Sender) -> None:
    """The server has the mail, and the process dies before it hears so."""
    sender.configure(most_age_days=3650)
    code = (
        "import datetime, sys; from pathlib import Path; from openspm.company import load_company;"
        "from openspm.followups.sending import send_follow_ups; from openspm.settings import load_settings;"
        "folder = Path(sys.argv[1]); state = load_settings(folder, {'OPENSPM_HOME': sys.argv[2]}).state('acme');"
        "now = datetime.datetime.fromisoformat(sys.argv[4]);"
        "send_follow_ups(load_company(folder), state, Path(sys.argv[3]), now, True)"
    )
    arguments = [str(sender.folder), str(sender.home), str(sender.warehouse), NOW.isoformat()]
    killed: list[subprocess.Popen[bytes]] = []

    def kill(verb: str, line: str) -> str | None:
        if verb == "TEXT" and killed:
            os.kill(killed[0].pid, signal.SIGKILL)
        return None

    sender.box.on = kill
    killed.append(subprocess.Popen([sys.executable, "-c", code, *arguments]))
    assert killed[0].wait(timeout=60) == -signal.SIGKILL
    sender.box.on = lambda verb, line: None
    report = sender.send()
    assert sender.told() == [("ada@example.org", 3), (BOB, 1)]
    assert len(report.uncertain) == 3


def test_a_server_that_is_not_there_ends_the_run_and_what_was_sent_is_known(sender: Sender) -> None:
    sender.box.on = lambda verb, line: HANG_UP if len(sender.box.messages) == 1 else None
    with pytest.raises(SourceUnreachable, match="cannot be reached"):
        sender.send()
    sender.box.on = lambda verb, line: None
    assert sender.send().skipped == {"sent before": 3}
    assert sender.told() == [("ada@example.org", 3), (BOB, 1)]


def test_mail_and_password_go_through_tls_alone(
    tmp_path: Path, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path / "certificate.pem")
    tls = {"security": "starttls", "user": "openspm", "ca_file": str(certificate)}
    monkeypatch.setenv("OPENSPM_SMTP_PASSWORD", "geheim")
    sender.configure(smtp=tls)
    with pytest.raises(SourceRefused, match="offers no TLS"):
        sender.send()
    assert "AUTH" not in sender.box.commands
    sender.box.certificate, sender.box.user = certificate, ("openspm", "geheim")
    sender.configure(smtp={**tls, "ca_file": None})
    with pytest.raises(SourceRefused, match="cannot prove who it is"):
        sender.send()
    sender.configure(smtp=tls)
    monkeypatch.setenv("OPENSPM_SMTP_PASSWORD", "falsch")
    with pytest.raises(SourceRefused, match="does not accept user and password") as refused:
        sender.send()
    assert "falsch" not in str(refused.value)
    monkeypatch.setenv("OPENSPM_SMTP_PASSWORD", "geheim")
    assert sender.send().is_clean
    assert len(sender.box.messages) == 2


def test_a_log_in_needs_a_password_and_tls(sender: Sender) -> None:
    sender.configure(smtp={"security": "starttls", "user": "openspm"})
    with pytest.raises(OpenspmError, match="but no password"):
        sender.send()
    sender.configure(smtp={"user": "openspm"})
    with pytest.raises(OpenspmError, match="without TLS nobody logs in"):
        sender.send()
    assert sender.box.commands == []


def test_old_numbers_are_not_mailed(sender: Sender) -> None:
    later = NOW + datetime.timedelta(days=3)
    with pytest.raises(OpenspmError, match="4 days ago; at most 3"):
        sender.send(now=later)
    assert sender.send(is_sending=False, now=later).warnings
    assert sender.box.commands == []


def test_a_company_s_own_words_stay_in_the_sandbox(sender: Sender) -> None:
    templates = sender.folder / "follow_ups"
    templates.mkdir()
    (templates / "subject.j2").write_text("Heute:\n{{ actions | length }} Aufgaben\n")
    (templates / "body.txt.j2").write_text("Guten Morgen {{ recipient_name }} – {{ actions[0].record_name }}\n")
    sender.send()
    assert sender.box.messages[0]["Subject"] == "Heute: 3 Aufgaben"
    assert sender.box.messages[0].get_content().strip() == "Guten Morgen Ada – Deal 1"
    sender.warehouse = publish(sender.home, [action(8)])
    for wrong in ("{{ actions.__class__.__mro__ }}", "{{ actions[0].earned_amount }}", "{% if %}"):
        (templates / "body.txt.j2").write_text(wrong)
        with pytest.raises(OpenspmError, match="template"):
            sender.send()
    assert len(sender.box.messages) == 2


def test_a_name_cannot_smuggle_a_header_in(tmp_path: Path, box: MailBox) -> None:
    sender = Sender(tmp_path, box, [action(1, record_name="Deal\r\nBcc: eve@elsewhere.example")])
    sender.send()
    assert box.messages[0]["Bcc"] is None
    assert box.messages[0]["Subject"] == "1 thing is due: Deal Bcc: eve@elsewhere.example"
    assert box.commands.count("RCPT") == 1
