"""`openspm followups`: tells people by e-mail what is due, each thing once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openspm.cli.options import CompanyOption, JsonOption, open_company
from openspm.cli.terminal import Screen

if TYPE_CHECKING:
    from openspm.followups.sending import SendingReport

app = typer.Typer(
    help="Tell people by e-mail what is due, each thing once.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def send(
    company: CompanyOption = None,
    is_sending: Annotated[
        bool, typer.Option("--send/--dry-run", help="Send the mails, or only write them to files.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Send each person one mail with what is due, or, without --send, write the mails to files and send nothing."""
    from openspm.followups.sending import send_follow_ups
    from openspm.warehouse.generation_files import OPEN_FILE
    from openspm.warehouse.generations import current_warehouse

    screen = Screen(as_json)
    opened = open_company(company)
    warehouse = current_warehouse(opened.state).with_name(OPEN_FILE).resolve()
    report = send_follow_ups(opened.company, opened.state, warehouse, datetime.now(UTC), is_sending)
    screen.answer(_as_answer(report))
    _show(screen, report)
    if is_sending and not report.is_clean:
        raise typer.Exit(1)


@app.command()
def settle(
    company: CompanyOption = None,
    sent: Annotated[list[str] | None, typer.Option("--sent", metavar="ACTION_ID", help="It went out.")] = None,
    unsent: Annotated[
        list[str] | None, typer.Option("--unsent", metavar="ACTION_ID", help="It did not; it is sent next time.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", help="Target of `openspm sync` whose tasks are meant, instead of mails.")
    ] = None,
) -> None:
    """Say of uncertain actions whether their mail went out, as the mail server's log knows; of tasks, by --target."""
    from openspm.followups.sending import settle_follow_ups

    opened = open_company(company)
    settle_follow_ups(opened.company, opened.state, datetime.now(UTC), sent or [], unsent or [], target)
    Screen().say(f"Recorded: {len(sent or [])} sent, {len(unsent or [])} not sent.")


def _as_answer(report: SendingReport) -> dict[str, Any]:
    """The report for programs."""
    return {
        "is_sent": report.is_sent,
        "folder": report.folder,
        "mails": [
            {
                "recipient": outcome.mail.recipient,
                "subject": outcome.mail.message["Subject"],
                "acceptance": outcome.acceptance,
                "reason": outcome.reason,
                "action_ids": outcome.mail.keys,
            }
            for outcome in report.outcomes
        ],
        "skipped": dict(report.skipped),
        "uncertain": [entry.key for entry in report.uncertain],
        "warnings": report.warnings,
    }


def _show(screen: Screen, report: SendingReport) -> None:
    """The report for people."""
    for warning in report.warnings:
        screen.mark(False, warning, is_warning=True)
    rows = [
        (outcome.mail.recipient, len(outcome.mail.keys), outcome.acceptance or "not sent: a trial", outcome.reason)
        for outcome in report.outcomes
    ]
    if rows:
        screen.table(("recipient", "actions", "mail", "reason"), rows)
        screen.say()
    for reason, count in sorted(report.skipped.items()):
        screen.say(f"{count:,} actions left out: {reason}")
    if report.outcomes and not report.is_sent:
        screen.say(f"{len(report.outcomes)} mails written to {report.folder}; --send sends them.")
    elif not report.outcomes:
        screen.say("Nothing is to be sent.")
    elif not report.is_clean:
        screen.say(f"Mails that were not accepted: {report.folder / 'errors.jsonl'}")
    for entry in report.uncertain:
        screen.mark(
            False,
            f"{entry.key} to {entry.recipient}: a process ended while it was sent. Look for {entry.reference} in the "
            "mail server's log, then: openspm followups settle --sent or --unsent with this id.",
            is_warning=True,
        )
