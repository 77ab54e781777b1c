"""Builds models in a run's candidate: from recordings where they hold, otherwise with dbt's child."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from openspm.compiled_models import is_parsed, manifest_path
from openspm.replay import is_recorded, replay
from openspm.settings import Settings, StatePaths
from openspm.transform import DbtChild, DbtResult, Progress

# The graph in three parts without overlap: staging and the account of its rows, which the gate "sources" judges;
# everything that no forecast feeds; and the forecasts' marts. `cautious` keeps a test with the part in which its last
# parent is built. Unit tests belong to `make test`.
_STAGING_PART = ("openspm.staging", "+fct_landed_rows", "+fct_quarantined_records")
_FORECAST_PART = ("source:ml+",)
_OPTIONS = ("--indirect-selection", "cautious", "--exclude-resource-type", "unit_test")
STAGING_COMMAND = ("build", "--select", *_STAGING_PART, *_OPTIONS)
MODELS_COMMAND = ("build", "--exclude", *_STAGING_PART, *_FORECAST_PART, *_OPTIONS)
FORECAST_COMMAND = ("build", "--select", *_FORECAST_PART, *_OPTIONS)
NIGHT_COMMANDS = (STAGING_COMMAND, MODELS_COMMAND, FORECAST_COMMAND)


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
        if not is_parsed(state) or not all(is_recorded(command, state) for command in commands):
            self._child = DbtChild(settings, state)

    def parse(self) -> Path:
        """Have the models parsed, if they are not, and return where the manifest lies."""
        if not is_parsed(self._state):
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
