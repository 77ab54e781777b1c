"""The child that trains and forecasts: its imports pass while dbt is at work, then it is told to begin, once."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, cast

from openspm.errors import OpenspmError
from openspm.settings import Settings, StatePaths

CHECKOUT = Path(__file__).resolve().parent.parent.parent


class MlChild:
    """One `python -m ml.run --wait`; see its docstring for what it answers."""

    def __init__(self, settings: Settings, state: StatePaths) -> None:
        """Start the process; it waits until `run`, and ends with its parent.

        Args:
            settings: the company folder.
            state: where the candidate, the trained models and the build products lie.
        """
        self.output_dir = state.builds / "ml"
        self._log = state.dbt / "logs" / "ml.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        folders = {
            "--candidate": state.candidate,
            "--models-dir": state.models,
            "--output-dir": self.output_dir,
            "--company-dir": settings.company_dir,
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ml.run", "--wait", *(str(part) for pair in folders.items() for part in pair)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=CHECKOUT,
                text=True,
            )
        self._commands = cast(IO[str], self._process.stdin)
        self._answers = cast(IO[str], self._process.stdout)

    def run(self) -> dict[str, Any]:
        """Let it begin, and wait for the files of the source `ml`.

        Returns:
            The fields of ml.run.MlOutcome.

        Raises:
            OpenspmError: it could not build them, or its process died.
        """
        with contextlib.suppress(BrokenPipeError):
            self._commands.write("begin\n")
            self._commands.flush()
        line = self._answers.readline()
        if not line:
            raise OpenspmError(
                f"The process of the models ended with code {self._process.wait()} before it answered",
                where=str(self._log),
                next_step="Read the end of the log; nothing was published.",
            )
        answer = json.loads(line)
        if "error" in answer:
            raise OpenspmError(*answer["error"])
        outcome: dict[str, Any] = answer["outcome"]
        return outcome

    def close(self) -> None:
        """End the process; it has nothing open that could be lost."""
        with contextlib.suppress(BrokenPipeError):
            self._commands.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._answers.close()
