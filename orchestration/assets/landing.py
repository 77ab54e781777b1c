"""What landed: one asset a canonical table, and what register tells dbt about the run."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from openspm.contract import load_contract
from openspm.settings import Settings
from orchestration.night_resource import NIGHT, run_step

GROUP = "1_landing"
RUN_TABLES = {
    "run": "One row: the run that builds this warehouse.",
    "columns": "One row per canonical table and column: present or absent.",
    "batches": "One row per batch that had landed by the run's as-of.",
    "ledger_entries": "One row per ledger entry posted by the run's as-of.",
}


def landing_key(table: str) -> dg.AssetKey:
    """The asset of a landed table."""
    return dg.AssetKey(["landing", table])


def build_landing(settings: Settings) -> list[dg.AssetsDefinition]:
    """Land every source, with another try where one cannot be reached; then register what is known."""
    contract = load_contract()
    retries = dg.RetryPolicy(
        max_retries=settings.extraction_retries,
        delay=settings.extraction_retry_seconds,
        backoff=dg.Backoff.EXPONENTIAL,
        jitter=dg.Jitter.PLUS_MINUS,
    )

    @dg.multi_asset(
        name="land",
        group_name=GROUP,
        specs=[
            dg.AssetSpec(landing_key(table.name), description=table.description, tags={"group": table.group})
            for table in contract
        ],
        required_resource_keys={NIGHT},
        retry_policy=retries,
    )
    def land(context: dg.AssetExecutionContext) -> Iterator[Any]:
        night = run_step(context, "land")
        rows = night.outcome.landed_rows
        for table in contract:
            yield dg.MaterializeResult(asset_key=landing_key(table.name), metadata={"rows": rows.get(table.name, 0)})

    @dg.multi_asset(
        name="register",
        group_name=GROUP,
        specs=[
            dg.AssetSpec(landing_key(name), description=text, deps=[landing_key(table.name) for table in contract])
            for name, text in RUN_TABLES.items()
        ],
        required_resource_keys={NIGHT},
    )
    def register(context: dg.AssetExecutionContext) -> Iterator[Any]:
        run_step(context, "register")
        for name in RUN_TABLES:
            yield dg.MaterializeResult(asset_key=landing_key(name))

    return [land, register]
