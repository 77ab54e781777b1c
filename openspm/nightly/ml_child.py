"""The child that trains and forecasts: its imports pass while the gate judges, then it is told to begin, once."""

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
        """Say where everything lies; nothing starts yet.

        Args:
            settings: the company folder.
            state: where the candidate, the trained models and the build products lie.
        """
        self.output_dir = state.builds / "ml"
        self._log = state.dbt / "logs" / "ml.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._folders = {
            "--candidate": state.candidate,
            "--models-dir": state.models,
            "--output-dir": self.output_dir,
            "--company-dir": settings.company_dir,
        }
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        """Start the process, once, and return it; it imports, waits until `begin`, and ends with its parent."""
        if self._process is None:
            folders = (str(part) for pair in self._folders.items() for part in pair)
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "ml.run", "--wait", *folders],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    cwd=CHECKOUT,
                    text=True,
                )
        return self._process

    def begin(self) -> None:
        """Let it begin, and return at once; `finish` follows."""
        with contextlib.suppress(BrokenPipeError):
            commands = cast(IO[str], self.start().stdin)
            commands.write("begin\n")
            commands.flush()

    def finish(self) -> dict[str, Any]:
        """Wait for the files of the source `ml`.

        Returns:
            The fields of ml.run.MlOutcome.

        Raises:
            OpenspmError: it could not build them, or its process died.
        """
        process = self.start()
        line = cast(IO[str], process.stdout).readline()
        if not line:
            raise OpenspmError(
                f"The process of the models ended with code {process.wait()} before it answered",
                where=str(self._log),
                next_step="Read the end of the log; nothing was published.",
            )
        answer = json.loads(line)
        if "error" in answer:
            raise OpenspmError(*answer["error"])
        outcome: dict[str, Any] = answer["outcome"]
        return outcome

    def close(self) -> None:
        """End the process, if there is one; it has nothing open that could be lost."""
        if self._process is None:
            return
        with contextlib.suppress(BrokenPipeError):
            cast(IO[str], self._process.stdin).close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        cast(IO[str], self._process.stdout).close()
