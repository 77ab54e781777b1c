"""The gate as a child process: `python -m expectations.worker`, one JSON object a line on stdin and on stdout.

The child imports Great Expectations first, so a run that starts it early pays nothing for the import. Protocol:

1. The child writes `{"status": "ready"}` when it has imported everything.
2. The parent writes a command:

       {"command": "gate", "gate": "sources" | "published", "candidate": "<absolute path of a DuckDB file>",
        "previous": "<absolute path of the published warehouse>" | null,
        "settings": {"most_quarantined_ratio": 0.02, ...},
        "data_docs": "<folder to write the report for auditors to>" | null, "docs": "failure" | "always"}

   `settings` is the `gates` block of company.yml, already validated or not; unknown names are refused.
3. The child answers `{"status": "done", "result": {...}}`, see `results.GateResult.from_mapping`, or
   `{"status": "error", "message": "...", "where": "...", "next_step": "..."}` and waits for the next command.
   It has closed the candidate before it answers.
4. `{"command": "stop"}` or the end of stdin ends it.

Whatever Great Expectations prints goes to stderr. `worker_client.GateWorker` speaks this protocol.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from pydantic import ValidationError

from expectations.deferred_imports import defer_imports
from openspm.errors import OpenspmError
from openspm.garbage import collect_rarely


@contextlib.contextmanager
def private_stdout() -> Iterator[TextIO]:
    """Keep the real stdout for answers; what anything else prints goes to stderr."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        with contextlib.redirect_stdout(sys.stderr):
            yield answers


def answer_command(command: dict[str, Any]) -> dict[str, Any]:
    """Run one gate and return the answer to write."""
    from expectations.gate import run_gate
    from openspm.gate_settings import GateSettings

    try:
        result = run_gate(
            command["gate"],
            Path(command["candidate"]),
            settings=GateSettings.model_validate(command.get("settings") or {}),
            previous=_optional_path(command.get("previous")),
            data_docs=_optional_path(command.get("data_docs")),
            docs=command.get("docs") or "failure",
            duckdb_config=command.get("duckdb_config"),
        )
    except OpenspmError as error:
        return {"status": "error", "message": error.message, "where": error.where, "next_step": error.next_step}
    except ValidationError as error:
        return {
            "status": "error",
            "message": str(error),
            "where": "company.yml, gates",
            "next_step": "correct the limit",
        }
    return {"status": "done", "result": json.loads(result.to_json())}


def serve(commands: TextIO, answers: TextIO) -> None:
    """Answer commands until one says stop or there are no more."""
    defer_imports()
    import expectations.gate  # noqa: F401 - takes seconds, and must be over before the first command

    _write(answers, {"status": "ready"})
    for line in commands:
        command = json.loads(line)
        if command.get("command") == "stop":
            return
        _write(answers, answer_command(command))


def _write(answers: TextIO, answer: dict[str, Any]) -> None:
    """Write one answer as one line."""
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _optional_path(value: str | None) -> Path | None:
    """Return a path, or None for null."""
    return Path(value) if value else None


if __name__ == "__main__":
    collect_rarely()
    os.umask(0o077)
    with private_stdout() as stream:
        serve(sys.stdin, stream)
