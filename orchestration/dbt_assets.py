"""One part of dbt's graph as assets and checks, drawn from dbt's manifest; openspm.nightly builds them.

dagster-dbt would draw the same, but it imports dbt into Dagster's process for it: seconds of every night, for a library
that already runs in a child.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from openspm.transform import DbtResult
from orchestration.assets.gates import GATE_SOURCES
from orchestration.dbt_parts import DbtGraph, PartName
from orchestration.night_resource import NIGHT, current_night, try_step

UNIQUE_ID = "openspm/dbt_unique_id"


def build_part(graph: DbtGraph, part: PartName, groups: Mapping[str, str]) -> dg.AssetsDefinition:
    """The assets and checks of one part, built by the step of the same name.

    Args:
        groups: layer, or layer and folder (`marts/kpi`), to group.
    """

    @dg.multi_asset(
        name=part,
        specs=[_asset_spec(graph, name, part, groups) for name in graph.models(part)],
        check_specs=_check_specs(graph, part),
        can_subset=True,
        required_resource_keys={NIGHT},
    )
    def build(context: dg.AssetExecutionContext) -> Iterator[Any]:
        night = current_night(context)
        failure = try_step(context, part)
        if night.dbt_result is not None:
            yield from _results(context, graph, night.dbt_result, is_whole=failure is None)
        if failure is not None:
            raise failure

    return build


def _asset_spec(graph: DbtGraph, name: str, part: PartName, groups: Mapping[str, str]) -> dg.AssetSpec:
    """The asset of a model; what is computed from staging waits for the gate that judges it."""
    model = graph.manifest["nodes"][name]
    layer, folder = model["fqn"][1], model["fqn"][2]
    parents = {_asset_key(graph, parent) for parent in model["depends_on"]["nodes"]}
    if part == "models":
        parents.add(GATE_SOURCES)
    columns = [
        dg.TableColumn(column["name"], column["data_type"] or "?", column["description"] or None)
        for column in model["columns"].values()
    ]
    return dg.AssetSpec(
        _asset_key(graph, name),
        deps=sorted(parents),
        description=model["description"],
        group_name=groups.get(f"{layer}/{folder}", groups[layer]),
        kinds={"dbt", graph.manifest["metadata"]["adapter_type"]},
        metadata={UNIQUE_ID: name, "dagster/column_schema": dg.TableSchema(columns)},
        skippable=True,
    )


def _asset_key(graph: DbtGraph, name: str) -> dg.AssetKey:
    """Schema and table of a model or source, as SQL and the gates name it."""
    node = graph.manifest["nodes"].get(name) or graph.manifest["sources"][name]
    return dg.AssetKey([node["schema"], node.get("alias") or node["name"]])


def _check_specs(graph: DbtGraph, part: PartName) -> list[dg.AssetCheckSpec]:
    """The data tests of a part, each as a check of one of its assets."""
    specs = []
    for name, of in graph.part_of_test.items():
        model = graph.model_of_test(name)
        if of == part and model is not None:
            test = graph.manifest["nodes"][name]
            specs.append(
                dg.AssetCheckSpec(
                    name=test["name"],
                    asset=_asset_key(graph, model),
                    description=str(test["config"].get("meta", {}).get("reason", "")) or None,
                    metadata={UNIQUE_ID: name},
                )
            )
    return specs


def _results(
    context: dg.AssetExecutionContext, graph: DbtGraph, result: DbtResult, is_whole: bool
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """What dbt answered, as Dagster's results; of a part that failed only its checks, for its tables are dropped.

    Dagster looks up what each result is based on, and what it asks for is written first (orchestration.event_log). So
    assets come layer by layer, and all checks after them.
    """
    keys = {spec.metadata[UNIQUE_ID]: spec.key for spec in context.assets_def.specs}
    checks = {spec.metadata[UNIQUE_ID]: spec for spec in context.assets_def.check_specs}
    layers = graph.layers(keys)
    for node in sorted(result.nodes, key=lambda node: layers.get(node.unique_id, len(layers))):
        if node.unique_id in checks and node.status != "skipped":
            spec = checks[node.unique_id]
            is_warning = (
                node.status == "warn" or graph.manifest["nodes"][node.unique_id]["config"]["severity"] == "warn"
            )
            yield dg.AssetCheckResult(
                passed=node.status == "pass",
                asset_key=spec.asset_key,
                check_name=spec.name,
                severity=dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR,
                metadata={"failures": node.failures or 0, "seconds": node.seconds},
            )
        elif node.unique_id in keys and is_whole:
            yield dg.MaterializeResult(asset_key=keys[node.unique_id], metadata={"seconds": node.seconds})
