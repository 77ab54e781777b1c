"""What checks say about a run: counts for its summary, and the error that stops it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from openspm.errors import GateBlocked, OpenspmError
from openspm.nightly.outcome import RunOutcome
from openspm.settings import StatePaths
from openspm.transform import DbtResult, NodeResult

if TYPE_CHECKING:
    from expectations.results import GateResult

SHOWN_FAILURES = 10
SAMPLE_ROWS = 5
KEY_SUFFIXES = ("_id", "_code", "_date", "unique_field", "value_field")
NEXT_STEP = "Read docs/how-to/read_a_failed_check.md; readers keep the last publication."


def count_tests(outcome: RunOutcome, result: DbtResult) -> None:
    """Add dbt's data tests to the outcome's counts, and those that failed or warned to its failures."""
    for node in result.nodes:
        if node.resource_type == "test":
            counted = {"pass": "passed", "warn": "warned", "skipped": "skipped"}.get(node.status, "failed")
            outcome.check_counts[counted] += 1
    outcome.failures += [f"{node.name}: {node.message}" for node in result.nodes if node.status == "warn"]
    outcome.failures[:0] = [f"{node.name}: {node.message}" for node in result.failed_nodes]


def count_gate(outcome: RunOutcome, result: GateResult) -> None:
    """Add a gate's expectations to the outcome's counts, and those that failed or warned to its failures."""
    for entry in result.results:
        failed = "failed" if entry.severity_code == "block" else "warned"
        outcome.check_counts[{"passed": "passed", "skipped": "skipped"}.get(entry.status_code, failed)] += 1
    outcome.failures += [entry.describe() for entry in result.failures if not entry.is_blocking]
    outcome.failures[:0] = [entry.describe() for entry in result.failures if entry.is_blocking]


def failed_in_dbt(result: DbtResult, state: StatePaths) -> OpenspmError:
    """The error for nodes that failed: data that a test refuses blocks; SQL that does not run is a defect."""
    failed = result.failed_nodes
    lines = "\n".join(
        f"{node.name}: {node.message}{_keys_of_failed_test(node, state.candidate)}" for node in failed[:SHOWN_FAILURES]
    )
    if all(node.resource_type == "test" and node.status == "fail" for node in failed):
        return GateBlocked(
            f"{len(failed)} data tests refuse this night's numbers; nothing was published:\n{lines}",
            where=str(state.candidate),
            next_step=NEXT_STEP,
        )
    return OpenspmError(
        f"{len(failed)} nodes could not be built; nothing was published:\n{lines}",
        where=str(state.dbt / "logs" / "dbt.log"),
        next_step="Correct the model that the message names; readers keep the last publication.",
    )


def blocked_by_gate(result: GateResult, state: StatePaths) -> GateBlocked:
    """The error for a gate that blocks: each rule with what was seen and which rows to look at."""
    blocking = [entry.describe() for entry in result.failures if entry.is_blocking]
    return GateBlocked(
        f'{len(blocking)} expectations of the gate "{result.gate_code}" refuse this night\'s numbers; '
        "nothing was published:\n" + "\n".join(blocking[:SHOWN_FAILURES]),
        where=str(state.candidate),
        next_step=NEXT_STEP,
    )


def _keys_of_failed_test(node: NodeResult, candidate: Path) -> str:
    """The keys of some rows that a test refuses; of their columns only those that hold ids, codes and dates."""
    if node.compiled_sql is None or not candidate.exists():
        return ""
    connection = duckdb.connect(str(candidate), read_only=True)
    try:
        rows = connection.execute(f"select * from ({node.compiled_sql}) limit {SAMPLE_ROWS}")
        names = [column[0] for column in rows.description or ()]
        shown = [index for index, name in enumerate(names) if name.endswith(KEY_SUFFIXES)]
        keys = [" ".join(f"{names[index]}={row[index]}" for index in shown) for row in rows.fetchall()]
    except duckdb.Error:
        return ""
    finally:
        connection.close()
    return f"; keys: {', '.join(keys)}" if shown else ""
