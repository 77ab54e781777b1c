"""What runs dbt: one function, and a loop around it that openspm.transform starts as a process of its own.

The loop reads one JSON command a line on stdin and answers with JSON lines on stdout: one `{"node": ...}` for each
node that ends, then one reply. Whatever dbt prints goes to stderr, its log to `<folder>/logs/dbt.log`. When stdin ends
because the parent is gone, the process ends at once, in the middle of a command too, so that no orphan keeps writing.

Only openspm.transform uses this module. Importing it imports dbt, which takes seconds.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.factory import FACTORY
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from openspm.compiled_models import (
    PACKED_MANIFEST,
    PROJECT_DIR,
    compiled_folder,
    models_hash,
    parse_folder,
)
from openspm.dbt_recorder import Recorder
from openspm.garbage import collect_rarely
from openspm.recordings import save_recording
from openspm.transform import CANDIDATE_VARIABLE

NodeReply = dict[str, Any]
RECORDED_COMMANDS = frozenset({"build", "run", "test"})
_manifests: dict[str, Manifest] = {}


def load_manifest(folder: Path, compiled_dir: Path) -> tuple[Manifest, str | None]:
    """The manifest of the models as they are now: from memory, from their folder, or parsed (then also written).

    dbt's own partial parsing asks for the same profile path and variables as last time; a manifest depends on neither
    here, so one that was parsed from the same models is taken as it is.

    Args:
        folder: the company's dbt folder, for logs.
        compiled_dir: where the models lie as they were compiled.

    Returns:
        The manifest, or an empty one and what dbt said about a project that does not parse.
    """
    if models_hash() not in _manifests:
        packed = compiled_folder(compiled_dir) / PACKED_MANIFEST
        if packed.exists():
            manifest: Any = Manifest.from_msgpack(packed.read_bytes())
            manifest.build_parent_and_child_maps()
            manifest.build_flat_graph()
        else:
            try:
                with parse_folder(compiled_dir) as target:
                    manifest = _parsed(target, folder / "logs")
            except _DoesNotParse as error:
                return Manifest(), str(error)
        _manifests[models_hash()] = manifest
    return _manifests[models_hash()], None


class _DoesNotParse(Exception):  # noqa: N818 - the name says what happened
    """What dbt says of a project that does not parse."""


def _parsed(target: Path, logs: Path) -> Manifest:
    """Parse the models into a folder."""
    outcome = dbtRunner().invoke(["parse", *_common_arguments(target, logs)])
    if not outcome.success or not isinstance(outcome.result, Manifest):
        raise _DoesNotParse(outcome.exception or "the project does not parse")
    return outcome.result


def invoke(
    command: list[str], folder: Path, compiled_dir: Path, on_node: Callable[[NodeReply], None] | None
) -> dict[str, Any]:
    """Run one dbt command and close the DuckDB file; what it sent is recorded where it built and all went well.

    Args:
        command: dbt's arguments, such as ["build", "--select", "openspm.staging"].
        folder: the company's dbt folder, with target/ and logs/.
        compiled_dir: where the models lie as they were compiled.
        on_node: called with each node when it ends.

    Returns:
        `is_success`, `nodes`, `lines` and `error` (None, or why the command could not run at all).
    """
    reply: dict[str, Any] = {"is_success": False, "nodes": [], "lines": [], "error": None}
    working_folder = Path.cwd()
    try:
        manifest, error = load_manifest(folder, compiled_dir)
        if error is not None or command[0] == "parse":
            return {**reply, "is_success": error is None, "error": error}
        recorder = Recorder()
        callbacks: list[Callable[[Any], None]] = (
            [recorder.hear] if on_node is None else [recorder.hear, _node_callback(on_node)]
        )
        runner = dbtRunner(manifest=manifest, callbacks=callbacks)
        outcome = runner.invoke([*command, *_common_arguments(folder / "target", folder / "logs", command[0])])
        results = getattr(outcome.result, "results", None)
        if results is not None:
            reply["nodes"] = [_node_reply(result) for result in results]
            close_warehouse()
            if command[0] in RECORDED_COMMANDS and outcome.success:
                _record(recorder, manifest, results, compiled_dir, command)
        elif isinstance(outcome.result, list):
            reply["lines"] = [str(line) for line in outcome.result]
        reply["is_success"] = outcome.success
        if outcome.exception is not None:
            reply["error"] = str(outcome.exception) or type(outcome.exception).__name__
        return reply
    finally:
        close_warehouse()
        os.chdir(working_folder)


def _record(recorder: Recorder, manifest: Manifest, results: list[Any], compiled_dir: Path, command: list[str]) -> None:
    """Keep what a command sent, if it can be sent again."""
    recording = recorder.recording(manifest, results, os.environ[CANDIDATE_VARIABLE])
    if recording is not None:
        save_recording(compiled_folder(compiled_dir), command, recording)


def invoke_in(
    environment: Mapping[str, str],
    command: list[str],
    folder: Path,
    compiled_dir: Path,
    on_node: Callable[[NodeReply], None] | None,
) -> dict[str, Any]:
    """Run one dbt command with these environment variables set for its duration."""
    with _environment(environment), contextlib.redirect_stdout(sys.stderr):
        return invoke(command, folder, compiled_dir, on_node)


def close_warehouse() -> None:
    """Close every connection of dbt to DuckDB, so that another process may open the file."""
    manager: Any = DuckDBConnectionManager
    factory: Any = FACTORY
    for adapter in factory.adapters.values():
        adapter.cleanup_connections()
    if manager._ENV is not None:
        manager._ENV.close()
    manager.close_all_connections()
    factory.reset_adapters()


def serve(folder: Path, compiled_dir: Path) -> None:
    """Answer commands until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(message: dict[str, Any]) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    commands: queue.Queue[list[str]] = queue.Queue()
    threading.Thread(target=_read_commands, args=(commands,), daemon=True).start()
    load_manifest(folder, compiled_dir)
    while True:
        answer(invoke(commands.get(), folder, compiled_dir, lambda node: answer({"node": node})))


def _read_commands(commands: queue.Queue[list[str]]) -> None:
    """Queue what the parent asks; end the process when the parent is gone."""
    for line in sys.stdin:
        commands.put(json.loads(line)["command"])
    os._exit(0)


def _common_arguments(target: Path, logs: Path, command: str = "parse") -> list[str]:
    """The arguments of every command: where the project, target and logs are; nothing on the terminal."""
    arguments = [
        "--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR),
        "--target-path", str(target), "--log-path", str(logs),
        "--no-send-anonymous-usage-stats", "--no-use-colors", "--no-version-check", "--quiet",
    ]  # fmt: skip
    if command in {"build", "run", "test", "seed", "compile", "show"}:
        # The manifest is written when it is parsed; writing it after every command takes as long as some 20 models.
        arguments += ["--threads", os.environ.get("OPENSPM_DBT_THREADS", "2"), "--no-write-json"]
    return arguments


def _node_callback(on_node: Callable[[NodeReply], None]) -> Callable[[Any], None]:
    """What hears dbt's events and passes on the end of each node."""

    def hear(event: Any) -> None:
        if event.info.name == "NodeFinished":
            node, outcome = event.data.node_info, event.data.run_result
            on_node(
                {
                    "unique_id": node.unique_id,
                    "name": node.node_name,
                    "resource_type": node.resource_type,
                    "status": node.node_status,
                    "message": outcome.message,
                    "seconds": float(outcome.execution_time),
                    "failures": int(outcome.num_failures) if node.resource_type == "test" else None,
                }
            )

    return hear


def _node_reply(result: Any) -> NodeReply:
    """One result of dbt as plain values, in the shape of transform.NodeResult."""
    return {
        "unique_id": result.node.unique_id,
        "name": result.node.name,
        "resource_type": str(result.node.resource_type),
        "status": str(result.status),
        "message": str(result.message or ""),
        "seconds": float(result.execution_time),
        "failures": None if result.failures is None else int(result.failures),
        "compiled_sql": str(result.node.compiled_code) if str(result.status) == "fail" else None,
    }


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables and put back what was there."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


if __name__ == "__main__":
    collect_rarely()
    serve(Path(sys.argv[1]), Path(sys.argv[2]))
