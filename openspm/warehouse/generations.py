"""The published folder: generations side by side, and one link that readers follow.

    published/generations/<n>/    one publication; never changed after its rename
    published/current             link to one of them, moved by one rename

A generation is built in a folder whose name begins with a dot, and gets its number when it is complete. The link is
the publication: what is numbered and was never linked is cleared away by the next run.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from openspm.durable_files import flush_folder
from openspm.errors import OpenspmError, UsageError
from openspm.faults import fault_point
from openspm.settings import Settings, StatePaths
from openspm.warehouse.generation_files import FULL_FILE, MANIFEST_FILE, OPEN_FILE, write_generation
from openspm.warehouse.lock import hold_lock
from openspm.warehouse.published_tables import PublishedTable
from openspm.warehouse.run_records import RunRecord, read_records, settle_dead_runs

# The generation before stays even when only one is to be kept, for readers that are opening it now.
LEAST_GENERATIONS = 2


@dataclass(frozen=True)
class Generation:
    """One publication on disk.

    Attributes:
        number: the name of its folder; grows with every publication.
        as_of_date: ISO date that its numbers are for.
        published_at: ISO moment, UTC.
        is_current: whether readers see it.
    """

    number: int
    folder: Path
    run_id: str
    as_of_date: str
    published_at: str
    code_version: str
    is_current: bool

    @property
    def warehouse(self) -> Path:
        """The file with all marts."""
        return self.folder / FULL_FILE

    @property
    def open_warehouse(self) -> Path:
        """The file without pay."""
        return self.folder / OPEN_FILE


def current_link(state: StatePaths) -> Path:
    """The link that readers follow."""
    return state.published / "current"


def current_warehouse(state: StatePaths) -> Path:
    """The published file by the path that readers use.

    Raises:
        UsageError: nothing has been published yet.
    """
    path = current_link(state) / FULL_FILE
    if not path.exists():
        raise UsageError(
            f"Nothing has been published for {state.company_id!r} yet",
            where=str(current_link(state)),
            next_step="Publish first, with `openspm run`.",
        )
    return path


def list_generations(state: StatePaths) -> list[Generation]:
    """The generations on disk, oldest first."""
    current = _current_number(state)
    found = []
    for folder in _folders(state).glob("[0-9]*"):
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        number = int(folder.name)
        found.append(
            Generation(
                number=number,
                folder=folder,
                run_id=manifest["run_id"],
                as_of_date=manifest["as_of_date"],
                published_at=manifest["publication"]["published_at"],
                code_version=manifest["code_version"],
                is_current=number == current,
            )
        )
    return sorted(found, key=lambda generation: generation.number)


def current_generation(state: StatePaths) -> Generation | None:
    """The generation that readers see; None before the first publication."""
    return next((generation for generation in list_generations(state) if generation.is_current), None)


def next_number(state: StatePaths) -> int:
    """The number of the next generation: above all that ever were, so that none is used twice."""
    published = [record.publication.generation_number for record in read_records(state) if record.publication]
    on_disk = [int(folder.name) for folder in _folders(state).glob("[0-9]*")]
    return max([0, *published, *on_disk]) + 1


def publish(
    state: StatePaths, settings: Settings, candidate: Path, tables: list[PublishedTable], record: RunRecord
) -> Generation:
    """Make a generation of a gated candidate and move the link to it; for the holder of the lock.

    Until the last rename nothing that a reader sees has changed.

    Args:
        record: the run, with its publication, whose number was taken from `next_number`.

    Raises:
        OpenspmError: the candidate is not whole, or its copy does not read back.
        OSError: the disk is full; the unfinished folder is gone.
    """
    if record.publication is None:
        raise ValueError("a run that publishes has a publication in its record")
    number = record.publication.generation_number
    generations = _folders(state)
    generations.mkdir(mode=0o700, parents=True, exist_ok=True)
    building = generations / f".building-{number}"
    folder = generations / str(number)
    building.mkdir(mode=0o700)
    try:
        write_generation(building, candidate, tables, record, settings)
        set_modes(building, settings)
        fault_point(settings, "before_rename")
        building.rename(folder)
    except BaseException:
        _remove_unfinished(generations)
        raise
    flush_folder(generations)
    fault_point(settings, "after_rename")
    _open_path(state, settings)
    _point_to(state, number)
    fault_point(settings, "after_current")
    return next(generation for generation in list_generations(state) if generation.number == number)


def rollback(state: StatePaths, settings: Settings, number: int | None = None) -> Generation:
    """Move the link to an earlier generation, or to any that is still there.

    Args:
        number: the generation; None for the one before the current one.

    Raises:
        Locked: a run is going on.
        UsageError: there is no such generation.
    """
    with hold_lock(state, "rollback", settings.lock_wait_seconds):
        settle(state)
        generations = {generation.number: generation for generation in list_generations(state)}
        if number is None:
            current = _current_number(state) or 0
            number = max((other for other in generations if other < current), default=-1)
        if number not in generations:
            raise UsageError(
                "There is no earlier generation" if number == -1 else f"There is no generation {number}",
                where=str(_folders(state)),
                next_step=f"Generations on disk: {', '.join(map(str, sorted(generations))) or 'none'}.",
            )
        _point_to(state, number)
        return next(generation for generation in list_generations(state) if generation.is_current)


def settle(state: StatePaths) -> None:
    """Settle the records of dead runs by what readers see; for the holder of the lock."""
    current = current_generation(state)
    settle_dead_runs(state, None if current is None else current.run_id)


def prune_generations(state: StatePaths, keep: int) -> list[int]:
    """Delete the oldest generations beyond `keep`, never the current one; return the numbers of those deleted."""
    generations = list_generations(state)
    surplus = generations[: -max(keep, LEAST_GENERATIONS)]
    deleted = [generation for generation in surplus if not generation.is_current]
    for generation in deleted:
        doomed = generation.folder.with_name(f".deleting-{generation.number}")
        generation.folder.rename(doomed)
        shutil.rmtree(doomed)
    return [generation.number for generation in deleted]


def clear_unpublished(state: StatePaths) -> list[str]:
    """Delete what dead runs left in the published folder; for the holder of the lock, after dead runs are settled.

    Returns:
        The names of the folders that were deleted.
    """
    generations = _folders(state)
    removed = _remove_unfinished(generations)
    published = {record.run_id for record in read_records(state) if record.status_code == "published"}
    known = {record.run_id for record in read_records(state)}
    for generation in list_generations(state):
        if not generation.is_current and generation.run_id in known - published:
            shutil.rmtree(generation.folder)
            removed.append(generation.folder.name)
    for leftover in state.published.glob(".current-*"):
        leftover.unlink()
    return removed


def set_modes(folder: Path, settings: Settings) -> None:
    """Give files and folders the mode and group of the settings."""
    for path in [folder, *folder.rglob("*")]:
        _set_mode(path, settings)


def _set_mode(path: Path, settings: Settings) -> None:
    """Give one file or folder the mode and group of the settings."""
    if settings.file_group is not None:
        try:
            shutil.chown(path, group=settings.file_group)
        except (LookupError, PermissionError) as error:
            raise OpenspmError(
                f"Published files cannot be given to the group {settings.file_group!r}: {error}",
                where="environment variable OPENSPM_FILE_GROUP",
                next_step="Name a group that exists and that the user of the run is in.",
            ) from None
    path.chmod(settings.folder_mode if path.is_dir() else settings.file_mode)


def _open_path(state: StatePaths, settings: Settings) -> None:
    """Let a group of readers pass through the folders above a generation, if the settings name one."""
    for path in (_folders(state), state.published):
        _set_mode(path, settings)
    if settings.file_group is not None:
        state.root.chmod(0o711)


def _point_to(state: StatePaths, number: int) -> None:
    """Move the link by one rename; whoever follows it sees the old generation or the new one."""
    fresh = state.published / f".current-{os.getpid()}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(Path("generations") / str(number))
    fresh.replace(current_link(state))
    flush_folder(state.published)


def _current_number(state: StatePaths) -> int | None:
    """The number that the link points to; None before the first publication."""
    link = current_link(state)
    return int(link.readlink().name) if link.is_symlink() else None


def _folders(state: StatePaths) -> Path:
    """The folder that holds the generations."""
    return state.published / "generations"


def _remove_unfinished(generations: Path) -> list[str]:
    """Delete folders that never got their number, are being deleted, or held spilled data."""
    removed = []
    for folder in generations.glob(".*"):
        shutil.rmtree(folder)
        removed.append(folder.name)
    return removed
