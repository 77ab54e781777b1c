"""Forecasts and scores: build products of the models of the future, registered for dbt as the source `ml`."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.dbt_parts import DbtGraph
from orchestration.night_resource import NIGHT, run_step

GROUP = "6_ml"
FEATURES_FOLDER = ["openspm", "intermediate", "forecast"]
READ_MARTS = ("fct_attainment", "fct_bookings", "fct_opportunities")


def build_ml(graph: DbtGraph) -> dg.AssetsDefinition:
    """One asset a table of the source `ml`, all made by one step."""
    nodes = graph.manifest["nodes"].values()
    deps = [
        dg.AssetKey([node["schema"], node["alias"]])
        for node in nodes
        if node["resource_type"] == "model" and (node["fqn"][:3] == FEATURES_FOLDER or node["name"] in READ_MARTS)
    ]
    sources = [source for source in graph.manifest["sources"].values() if source["source_name"] == "ml"]

    @dg.multi_asset(
        name="ml",
        group_name=GROUP,
        specs=[
            dg.AssetSpec(dg.AssetKey(["ml", source["name"]]), description=source["description"], deps=deps)
            for source in sources
        ],
        required_resource_keys={NIGHT},
    )
    def ml(context: dg.AssetExecutionContext) -> Iterator[Any]:
        run_step(context, "ml")
        for source in sources:
            yield dg.MaterializeResult(asset_key=dg.AssetKey(["ml", source["name"]]))

    return ml
