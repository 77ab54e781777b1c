"""Protects what `openspm followups` does by default: nothing but files, and an exit code that a timer can read."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

from tests.cli.conftest import Openspm
from tests.followups.mail_server import HANG_UP, MailBox, mail_server
from tests.followups.published_actions import action, publish, write_company


def test_mails_go_out_only_when_asked_and_the_exit_code_says_how_it_went(
    openspm: Openspm, home: Path, tmp_path: Path
) -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    publish(home, [action(1, as_of_date=today), action(2, "bob@example.org", as_of_date=today)])
    with mail_server(MailBox()) as box:
        smtp = {"host": "127.0.0.1", "port": box.port, "security": "none", "retries": 0}
        folder = write_company(tmp_path / "acme", follow_ups={"sender": "sales@acme.example", "smtp": smtp})
        command = ("followups", "send", "--company", folder)
        trial = openspm(*command)
        assert (trial.exit_code, box.messages) == (0, [])
        assert "2 mails written to" in trial.out
        box.on = lambda verb, line: HANG_UP if verb == "TEXT" and "ada" in line else None
        ended = openspm(*command, "--send", "--json")
        assert ended.exit_code == 1
        answer = json.loads(ended.out)
        assert [mail["acceptance"] for mail in answer["mails"]] == ["uncertain", "sent"]
        assert answer["uncertain"] == ["deal_gone_quiet:o1:2026-03-01"]
        assert "openspm followups settle" in openspm(*command, "--send").out
        wrong = openspm("followups", "settle", "--company", folder, "--sent", "deal_gone_quiet:o2:2026-03-01")
        assert wrong.exit_code == 2
        assert openspm("followups", "settle", "--company", folder, "--unsent", answer["uncertain"][0]).exit_code == 0
        box.on = lambda verb, line: None
        assert openspm(*command, "--send").exit_code == 0
        assert len(box.messages) == 2
    publish(home, [action(3, as_of_date=today)])
    assert openspm(*command, "--send").exit_code == 5


def test_a_company_without_the_block_is_told_what_to_add(openspm: Openspm, home: Path, tmp_path: Path) -> None:
    publish(home, [])
    ended = openspm("followups", "send", "--company", write_company(tmp_path / "acme"))
    assert ended.exit_code == 2
    assert "send_follow_ups.md" in ended.err
