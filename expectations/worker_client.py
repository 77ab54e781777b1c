"""The parent's side of the gate's child process; importing it imports neither Great Expectations nor SQLAlchemy.

with GateWorker(log=state.dbt / "gate.log") as worker:      # starts the child, returns at once
    ...                                                     # dbt runs meanwhile
    result = worker.run("sources", candidate, settings=company.gates, previous=published)
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from expectations.results import GateCode, GateResult
from openspm.errors import OpenspmError
from openspm.gate_settings import GateSettings

CHECKOUT = Path(__file__).resolve().parent.parent


class GateWorker:
    """A child process that runs gates; one is enough for all gates of a run."""

    def __init__(self, log: Path | None = None) -> None:
        """Start the child and return at once; it imports Great Expectations meanwhile.

        Args:
            log: file for what the child prints; thrown away when None.
        """
        self._log = log
        self._is_ready = False
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
        with (log or Path(os.devnull)).open("ab") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "expectations.worker"],
                cwd=CHECKOUT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                encoding="utf-8",
                env={**os.environ, "GX_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"},
            )

    def run(
        self,
        gate: GateCode,
        candidate: Path,
        *,
        settings: GateSettings | None = None,
        previous: Path | None = None,
        data_docs: Path | None = None,
        docs: Literal["failure", "always"] = "failure",
        duckdb_config: Mapping[str, str | int] | None = None,
    ) -> GateResult:
        """Run one gate in the child; the arguments are those of `gate.run_gate`.

        Raises:
            OpenspmError: the gate could not be run, or the child died.
        """
        self.begin(
            gate,
            candidate,
            settings=settings,
            previous=previous,
            data_docs=data_docs,
            docs=docs,
            duckdb_config=duckdb_config,
        )
        return self.finish()

    def begin(
        self,
        gate: GateCode,
        candidate: Path,
        *,
        settings: GateSettings | None = None,
        previous: Path | None = None,
        data_docs: Path | None = None,
        docs: Literal["failure", "always"] = "failure",
        duckdb_config: Mapping[str, str | int] | None = None,
    ) -> None:
        """Let the child begin with a gate and return at once, or as soon as it has imported; `finish` follows.

        Raises:
            OpenspmError: the child died.
        """
        if not self._is_ready:
            self._read()
            self._is_ready = True
        self._send(
            {
                "command": "gate",
                "gate": gate,
                "candidate": str(candidate.resolve()),
                "settings": (settings or GateSettings()).model_dump(mode="json"),
                "previous": None if previous is None else str(previous.resolve()),
                "data_docs": None if data_docs is None else str(data_docs.resolve()),
                "docs": docs,
                "duckdb_config": dict(duckdb_config or {}),
            }
        )

    def finish(self) -> GateResult:
        """Wait for the gate that began.

        Raises:
            OpenspmError: the gate could not be run, or the child died.
        """
        answer = self._read()
        if answer["status"] == "error":
            raise OpenspmError(answer["message"], where=answer["where"], next_step=answer["next_step"])
        return GateResult.from_mapping(answer["result"])

    def close(self) -> None:
        """End the child; it has nothing open that could be lost."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, command: dict[str, Any]) -> None:
        """Write one command."""
        stdin = self._process.stdin
        if stdin is None:
            raise self._death()
        try:
            stdin.write(json.dumps(command) + "\n")
            stdin.flush()
        except BrokenPipeError as error:
            raise self._death() from error

    def _read(self) -> dict[str, Any]:
        """Read one answer."""
        stdout = self._process.stdout
        line = stdout.readline() if stdout is not None else ""
        if not line:
            raise self._death()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _death(self) -> OpenspmError:
        """Return the error for a child that is gone."""
        code = self._process.wait()
        return OpenspmError(
            f"the gate's process ended with code {code} before it answered",
            where=str(self._log) if self._log else "expectations.worker",
            next_step="read the log; nothing was published, run again once the cause is mended",
        )
