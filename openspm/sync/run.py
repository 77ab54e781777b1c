"""One run of `openspm sync`: read, compare, check the caps of everything, and only then write."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from openspm.company import Company
from openspm.durable_files import write_durably
from openspm.errors import OpenspmError, SourceRefused, UsageError
from openspm.followups.actions import check_age, read_due_actions
from openspm.followups.sending import journal_path
from openspm.journal import Entry, Journal, hold_journal
from openspm.settings import StatePaths
from openspm.sync.changes import Comparison, compare, wanted_values
from openspm.sync.settings import SyncSettings, TargetSettings
from openspm.sync.subjects import read_subject
from openspm.sync.tasks import TaskChoice, choose_tasks
from openspm.sync.writer import Change, CrmWriter, WriteResult
from openspm.warehouse.generation_files import OPEN_FILE

FOLDER = "sync"
CLEARED = "cleared"
# With fewer records than this a share says nothing.
LEAST_RECORDS_OF_A_SHARE = 20
Item = TypeVar("Item")


@dataclass
class TargetReport:
    """What became of one target.

    Attributes:
        settings: the target.
        comparisons: one a kind of records.
        tasks: the choice of tasks; None where none are made.
        results: what became of every record and task that was written.
    """

    settings: TargetSettings
    comparisons: list[Comparison] = field(default_factory=list)
    tasks: TaskChoice | None = None
    results: list[WriteResult] = field(default_factory=list)


@dataclass
class SyncReport:
    """What a run did, or would do.

    Attributes:
        is_written: whether it wrote.
        folder: where changes and errors are listed.
        targets: one a target.
        warnings: what a person ought to know.
    """

    is_written: bool
    folder: Path
    targets: list[TargetReport] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def failures(self) -> list[WriteResult]:
        """Records and tasks that were not written for sure."""
        return [result for target in self.targets for result in target.results if result.outcome != "sent"]

    @property
    def uncertain(self) -> list[Entry]:
        """Tasks of which nobody knows whether they were made."""
        return [entry for target in self.targets if target.tasks for entry in target.tasks.uncertain]


@dataclass(frozen=True)
class _Run:
    """What all steps of a run share."""

    company: Company
    settings: SyncSettings
    state: StatePaths
    generation: Path
    now: datetime.datetime
    run_id: str
    today: datetime.date

    def journal(self, channel: str) -> Journal:
        return Journal(journal_path(self.state), channel, self.run_id, self.now, self.today)


def sync(
    company: Company,
    state: StatePaths,
    generation: Path,
    now: datetime.datetime,
    is_writing: bool,
    open_writer: Callable[[Company, TargetSettings], CrmWriter],
    only_target: str | None = None,
    most_changes: int | None = None,
) -> SyncReport:
    """Write what differs, or show it.

    Args:
        company: the company folder, read.
        state: where journal and files go.
        generation: folder of the published files.
        now: the aware moment of the run.
        is_writing: False only shows what would be written.
        open_writer: opens a target.
        only_target: the only target; all of them where absent.
        most_changes: how many records of one kind may be changed this time, in place of both caps.

    Raises:
        UsageError: company.yml has no block sync, or no such target.
        OpenspmError: numbers that are too old, or more changes than the caps allow; nothing was written.
        SourceRefused, SourceUnreachable: a CRM; what was written before is on record.
        Locked: another process is writing.
    """
    settings = _settings_of(company)
    targets = [target for target in settings.targets if only_target in (None, target.name)]
    if not targets:
        raise UsageError(
            f"company.yml has no target {only_target!r}",
            where=str(company.folder / "company.yml"),
            next_step=f"Name one of: {', '.join(target.name for target in settings.targets)}.",
        )
    now = now.astimezone(datetime.UTC)
    today = now.astimezone(ZoneInfo(company.timezone_name)).date()
    run = _Run(company, settings, state, generation, now, now.strftime("%Y%m%dT%H%M%SZ"), today)
    report = SyncReport(is_writing, state.exports / FOLDER / run.run_id)
    _check_age(run, report)
    state.claim()
    writers: list[CrmWriter] = []
    with hold_journal(journal_path(state)):
        try:
            for target in targets:
                writers.append(open_writer(company, target))
                report.targets.append(_compared(run, target, writers[-1]))
            _write_lines(report.folder / "changes.jsonl", list(_change_lines(report)))
            _check_caps(report, most_changes)
            if is_writing:
                for reported, writer in zip(report.targets, writers, strict=True):
                    _write_records(run, reported, writer)
                    _write_tasks(run, reported, writer)
        finally:
            for writer in writers:
                writer.close()
            _write_lines(report.folder / "errors.jsonl", list(_error_lines(report)))
    return report


def _settings_of(company: Company) -> SyncSettings:
    if company.sync is None:
        raise UsageError(
            "company.yml does not say what is written back",
            where=str(company.folder / "company.yml"),
            next_step="Add the block sync; docs/how-to/write_back.md shows it.",
        )
    return company.sync


def _check_age(run: _Run, report: SyncReport) -> None:
    """Refuse, or warn of, numbers that are too old."""
    import duckdb

    with duckdb.connect(str(run.generation / OPEN_FILE), read_only=True) as connection:
        newest = "select as_of_date from meta.publications order by generation_number desc limit 1"
        found = connection.execute(newest).fetchone()
    as_of_date = found[0] if found else None
    too_old = check_age(as_of_date, run.today, run.settings.most_age_days) if as_of_date else None
    if too_old and report.is_written:
        raise OpenspmError(
            too_old,
            where="company.yml, sync.most_age_days",
            next_step="Publish today's numbers with `openspm run`, then write.",
        )
    report.warnings += [f"{too_old}: --write would refuse."] if too_old else []


def _channel(target: TargetSettings, comparison_of: str) -> str:
    return f"{target.name}:{comparison_of}"


def _compared(run: _Run, target: TargetSettings, writer: CrmWriter) -> TargetReport:
    """What differs in one target, and which tasks are to be made."""
    report = TargetReport(target)
    for records in target.records:
        rows = read_subject(run.generation, records)
        gone: frozenset[str] = frozenset()
        if records.clears:
            with run.journal(_channel(target, f"{records.subject}:{records.object}")) as journal:
                entries = journal.last_entries()
            gone = frozenset(key for key, entry in entries.items() if entry.reference != CLEARED) - set(rows)
        wanted = wanted_values(rows, gone, records.fields)
        names = [to.field for to in records.fields.values()]
        shown = writer.read(records.object, records.external_id, sorted(wanted), names) if wanted else {}
        report.comparisons.append(compare(records, wanted, shown, gone))
    if target.tasks is not None:
        with run.journal(_channel(target, "tasks")) as journal:
            entries = journal.last_entries()
        actions = read_due_actions(run.generation / OPEN_FILE)
        report.tasks = choose_tasks(actions, target.tasks, entries, run.today)
    return report


def _check_caps(report: SyncReport, most_changes: int | None) -> None:
    """Stop before anything is written where one kind of records would change too much; a trial says so.

    Raises:
        OpenspmError: with the numbers.
    """
    for target in report.targets:
        for comparison in target.comparisons:
            count, shown = len(comparison.changes), comparison.shown_count
            of_share = shown >= LEAST_RECORDS_OF_A_SHARE and count > target.settings.most_changed_ratio * shown
            allowed = target.settings.most_changed_records if most_changes is None else most_changes
            if count <= allowed and not (of_share and most_changes is None):
                continue
            said = (
                f"{comparison.settings.subject} would change {count:,} of {shown:,} records of "
                f"{comparison.settings.object}, more than {target.settings.name!r} allows"
            )
            if report.is_written:
                raise OpenspmError(
                    f"{said}; nothing was written",
                    where=str(report.folder / "changes.jsonl"),
                    next_step=f"Look at the changes. If they are right, allow them once: --most-changes {count}.",
                )
            report.warnings.append(f"{said}: --write would refuse without --most-changes {count}.")


def _write_records(run: _Run, report: TargetReport, writer: CrmWriter) -> None:
    """Write the changes, batch by batch."""
    for comparison in report.comparisons:
        settings = comparison.settings
        with run.journal(_channel(report.settings, f"{settings.subject}:{settings.object}")) as journal:
            for batch in _batches(comparison.changes, writer.batch_size):
                journal.intend([change.key for change in batch], settings.object, "")
                results = writer.write(settings.object, settings.external_id, batch)
                for result in results:
                    reference = CLEARED if result.key in comparison.cleared_keys else result.reference
                    if result.outcome == "sent" or result.key not in comparison.cleared_keys:
                        journal.conclude([result.key], result.outcome, settings.object, reference, result.reason)
                report.results += results


def _write_tasks(run: _Run, report: TargetReport, writer: CrmWriter) -> None:
    """Make the tasks; an intent is on the disk before each batch."""
    if report.tasks is None:
        return
    users = {action.action_id: str(action.user_id) for action in report.tasks.actions}
    with run.journal(_channel(report.settings, "tasks")) as journal:
        for batch in _batches(report.tasks.actions, writer.batch_size):
            for action in batch:
                journal.intend([action.action_id], users[action.action_id], "")
            try:
                results = writer.create_tasks(batch)
            except SourceRefused as error:
                for action in batch:
                    user = users[action.action_id]
                    journal.conclude([action.action_id], "failed", user, "", error.message)
                raise
            for result in results:
                if result.outcome != "intended":
                    journal.conclude([result.key], result.outcome, users[result.key], result.reference, result.reason)
                report.results.append(result)
            # A second batch after a doubtful one would only make more doubt.
            if any(result.outcome == "intended" for result in results):
                break
        report.tasks.uncertain = [entry for entry in journal.last_entries().values() if entry.outcome == "intended"]


def _batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _change_lines(report: SyncReport) -> Iterator[dict[str, Any]]:
    """Every change and every task, for the file."""
    for target in report.targets:
        for comparison in target.comparisons:
            for change in comparison.changes:
                yield {"target": target.settings.name, "object": comparison.settings.object, **_change_line(change)}
        for action in target.tasks.actions if target.tasks else ():
            yield {"target": target.settings.name, "task": action.action_id, "user": action.user_id}


def _change_line(change: Change) -> dict[str, Any]:
    fields = {
        name: {"from": change.shown[name], "to": None if value is None else str(value)}
        for name, value in change.values.items()
    }
    return {"key": change.key, "fields": fields}


def _error_lines(report: SyncReport) -> Iterator[dict[str, Any]]:
    for target in report.targets:
        for result in target.results:
            if result.outcome != "sent" or result.reason:
                yield {
                    "target": target.settings.name,
                    "key": result.key,
                    "outcome": result.outcome,
                    "reason": result.reason,
                }


def _write_lines(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    """A file with one JSON a line; none where there is nothing to say."""
    if lines:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
