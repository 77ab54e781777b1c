"""Builds models in a run's candidate: from recordings where they hold, otherwise with dbt's child."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from openspm.replay import is_recorded, replay
from openspm.settings import Settings, StatePaths
from openspm.transform import DbtChild, DbtResult, Progress, is_manifest_fresh, manifest_path


class ModelBuilder:
    """Runs dbt commands on the candidate, by the shortest way; dbt's child is started when it is needed."""

    def __init__(self, settings: Settings, state: StatePaths, commands: Sequence[Sequence[str]]) -> None:
        """Start dbt's child where one of the commands that will come is not recorded; it imports meanwhile.

        Args:
            settings: threads and memory limit.
            state: where the candidate, the manifest and recordings lie.
            commands: the dbt commands that will be run.
        """
        self._settings = settings
        self._state = state
        self._child: DbtChild | None = None
        if not is_manifest_fresh(state) or not all(is_recorded(command, state) for command in commands):
            self._child = DbtChild(settings, state)

    def parse(self) -> Path:
        """Bring the manifest up to date and return where it lies.

        A fresh one is not waited for: dbt's child still imports, and landing needs no dbt.
        """
        if not is_manifest_fresh(self._state):
            self._dbt().run(["parse"])
        return manifest_path(self._state)

    def run(self, command: Sequence[str], progress: Progress | None = None) -> DbtResult:
        """Run one dbt command, as DbtChild does."""
        replayed = replay(command, self._settings, self._state, self._state.candidate, progress)
        return self._dbt().run(command, progress) if replayed is None else replayed

    def close(self) -> None:
        """End dbt's child, if there is one."""
        if self._child is not None:
            self._child.close()

    def _dbt(self) -> DbtChild:
        """dbt's child."""
        if self._child is None:
            self._child = DbtChild(self._settings, self._state)
        return self._child
