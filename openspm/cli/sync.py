"""`openspm sync`: writes published scores, next actions, attainment and tasks back to CRMs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openspm.cli.options import CompanyOption, JsonOption, open_company
from openspm.cli.terminal import Screen

if TYPE_CHECKING:
    from openspm.sync.changes import Comparison
    from openspm.sync.run import SyncReport

SHOWN_CHANGES = 20


def sync(
    company: CompanyOption = None,
    is_writing: Annotated[
        bool, typer.Option("--write/--dry-run", help="Write to the CRMs, or only show what differs.")
    ] = False,
    target: Annotated[str | None, typer.Option("--target", help="The only target of company.yml.")] = None,
    most_changes: Annotated[
        int | None,
        typer.Option("--most-changes", min=0, help="Records of one kind that may change this time; lifts both caps."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write what differs between the last publication and the CRMs, or, without --write, show it and write nothing."""
    from openspm.sync.run import sync as run_sync
    from openspm.sync.targets import open_writer
    from openspm.warehouse.generations import current_warehouse

    screen = Screen(as_json)
    opened = open_company(company)
    generation = current_warehouse(opened.state).resolve().parent
    report = run_sync(
        opened.company, opened.state, generation, datetime.now(UTC), is_writing, open_writer, target, most_changes
    )
    screen.answer(_as_answer(report))
    _show(screen, report)
    if is_writing and (report.failures or report.uncertain):
        raise typer.Exit(1)


COMMANDS: tuple[Callable[..., None], ...] = (sync,)


def _as_answer(report: SyncReport) -> dict[str, Any]:
    """The report for programs; the changes themselves stand in the file."""
    return {
        "is_written": report.is_written,
        "folder": report.folder,
        "targets": [
            {
                "target": target.settings.name,
                "records": [_counts(comparison) for comparison in target.comparisons],
                "tasks": len(target.tasks.actions) if target.tasks else 0,
                "skipped_tasks": dict(target.tasks.skipped) if target.tasks else {},
                "written": sum(result.outcome == "sent" for result in target.results),
            }
            for target in report.targets
        ],
        "failures": [
            {"key": result.key, "outcome": result.outcome, "reason": result.reason} for result in report.failures
        ],
        "uncertain": [entry.key for entry in report.uncertain],
        "warnings": report.warnings,
    }


def _counts(comparison: Comparison) -> dict[str, Any]:
    return {
        "subject": comparison.settings.subject,
        "object": comparison.settings.object,
        "changed": len(comparison.changes),
        "same": comparison.same_count,
        "absent": len(comparison.absent_keys),
        "cleared": len(comparison.cleared_keys),
    }


def _show(screen: Screen, report: SyncReport) -> None:
    """The report for people."""
    for warning in report.warnings:
        screen.mark(False, warning, is_warning=True)
    for target in report.targets:
        screen.heading(target.settings.name)
        counts = [_counts(comparison) for comparison in target.comparisons]
        if counts:
            screen.table(list(counts[0]), [list(row.values()) for row in counts])
        for comparison in target.comparisons:
            _show_changes(screen, comparison)
        if target.tasks:
            screen.say(f"{len(target.tasks.actions)} tasks to be made")
            for reason, count in sorted(target.tasks.skipped.items()):
                screen.say(f"  {count:,} left out: {reason}")
        if report.is_written:
            screen.say(f"{sum(result.outcome == 'sent' for result in target.results):,} written")
    if not report.is_written:
        screen.say(f"Nothing was written; all changes: {report.folder / 'changes.jsonl'}. --write writes them.")
    if report.failures:
        screen.mark(False, f"{len(report.failures)} were not written: {report.folder / 'errors.jsonl'}")
    for entry in report.uncertain:
        screen.mark(
            False,
            f"The task of {entry.key} for {entry.recipient} may have been made: look for this id in the texts of the "
            "user's tasks, then: openspm followups settle --target NAME --sent or --unsent with it.",
            is_warning=True,
        )


def _show_changes(screen: Screen, comparison: Comparison) -> None:
    """The first changes; pay is never shown."""
    from openspm.sync.settings import PAY_SUBJECTS

    is_private = comparison.settings.subject in PAY_SUBJECTS
    rows = [
        (change.key, name, *(("***", "***") if is_private else (change.shown[name], value)))
        for change in comparison.changes[:SHOWN_CHANGES]
        for name, value in change.values.items()
    ]
    if rows:
        screen.table(("key", "field", "shows", "will show"), rows)
    if len(comparison.changes) > SHOWN_CHANGES:
        screen.say(f"... and {len(comparison.changes) - SHOWN_CHANGES:,} more records")
