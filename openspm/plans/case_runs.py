"""Running worlds through the real engine: the dbt models, in this process, on a DuckDB file that is thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from openspm.errors import OpenspmError
from openspm.plans.case_landing import World, land_worlds
from openspm.plans.case_quotas import unread_quotas
from openspm.settings import Settings, StatePaths, load_settings
from openspm.transform import run_dbt_in_process

PAY_MARTS = (
    "fct_credits",
    "fct_attainment",
    "fct_payout_lines",
    "fct_payout_traces",
    "fct_payouts",
    "fct_draw_balances",
    "fct_payout_entries",
)
STATE_NAME = "plan_cases"
Record = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What the engine computed for one world: rows of each mart, with the ids as the case writes them.

    What the gate says of quotas that no window reads comes last.
    """

    credits: list[Record]
    attainment: list[Record]
    lines: list[Record]
    traces: list[Record]
    payouts: list[Record]
    draws: list[Record]
    entries: list[Record]
    unread_quotas: list[Record]


def compute(worlds: Sequence[World], state_root: Path | None = None) -> dict[str, Outcome]:
    """Compute every world in one run of the pay models for each key of credit notes, which a company has one of.

    Args:
        worlds: the worlds; their prefixes must differ.
        state_root: where dbt writes its logs.

    Returns:
        The outcome of each world by its rule set.

    Raises:
        OpenspmError: a model failed.
    """
    keys = sorted({world.case.credit_note_key for world in worlds})
    outcomes: dict[str, Outcome] = {}
    for key in keys:
        outcomes |= _compute_alike([world for world in worlds if world.case.credit_note_key == key], state_root)
    return outcomes


def _compute_alike(worlds: Sequence[World], state_root: Path | None) -> dict[str, Outcome]:
    """The outcomes of worlds whose companies are alike."""
    settings = load_settings(Path.cwd())
    state = settings.state(STATE_NAME)
    if state_root is not None:
        state = state.model_copy(update={"root": state_root})
    with tempfile.TemporaryDirectory(prefix="openspm_cases_") as folder:
        database = Path(folder) / "warehouse.duckdb"
        land_worlds(worlds, database)
        build_pay(settings, state, database)
        rows = {mart: _rows_by_rule_set(database, mart) for mart in PAY_MARTS}
        rows["unread_quotas"] = unread_quotas(database, worlds)
    return {
        world.rule_set_id: Outcome(*(_unprefixed(found.get(world.rule_set_id, []), world) for found in rows.values()))
        for world in worlds
    }


def build_pay(settings: Settings, state: StatePaths, database: Path, changed: str | None = None) -> None:
    """Build the pay marts, and only what they read, in a DuckDB file with a landing.

    Args:
        settings: threads and memory.
        state: where dbt writes its logs, and the compiled models.
        database: the file.
        changed: the one staging model whose landed rows changed since the last build; only what reads it is built.

    Raises:
        OpenspmError: a model failed.
    """
    state.dbt.mkdir(parents=True, exist_ok=True)
    selection = [f"+{mart}" if changed is None else f"+{mart},{changed}+" for mart in PAY_MARTS]
    result = run_dbt_in_process(["run", "--select", *selection], settings, state, database)
    if not result.is_success:
        failed = result.failed_nodes[0]
        raise OpenspmError(
            f"The model {failed.name} failed: {failed.message}",
            where=failed.unique_id,
            next_step=f"Read {state.dbt / 'logs' / 'dbt.log'}.",
        )


def _rows_by_rule_set(database: Path, mart: str) -> dict[str, list[Record]]:
    """The rows of a mart, by rule set."""
    connection = duckdb.connect(str(database), read_only=True)
    try:
        cursor = connection.execute(f"select * from marts.{mart} order by all")
        names = [column[0] for column in cursor.description or ()]
        found: dict[str, list[Record]] = {}
        for values in cursor.fetchall():
            record = dict(zip(names, values, strict=True))
            found.setdefault(record["rule_set_id"], []).append(record)
        return found
    finally:
        connection.close()


def _unprefixed(records: list[Record], world: World) -> list[Record]:
    """Records with the prefix of the world taken out of every text."""
    return [
        {name: value.replace(world.prefix, "") if isinstance(value, str) else value for name, value in record.items()}
        for record in records
    ]
