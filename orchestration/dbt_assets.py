"""One part of dbt's graph as assets and checks: dagster-dbt draws them, openspm.nightly builds them."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets

from openspm.transform import DbtResult
from orchestration.assets.gates import GATE_SOURCES
from orchestration.dbt_parts import DbtGraph, PartName
from orchestration.night_resource import NIGHT, current_night, try_step

UNIQUE_ID = "dagster_dbt/unique_id"


class PartTranslator(DagsterDbtTranslator):
    """Names assets by schema and table, puts them into the groups of the table of contents, and keeps to one part."""

    def __init__(self, graph: DbtGraph, part: PartName, groups: Mapping[str, str]) -> None:
        """Take the part.

        Args:
            groups: layer, or layer and folder (`marts/kpi`), to group.
        """
        super().__init__()
        self._graph = graph
        self._part = part
        self._groups = groups

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The group of a model, by its folder."""
        layer, folder = dbt_resource_props["fqn"][1], dbt_resource_props["fqn"][2]
        return self._groups.get(f"{layer}/{folder}", self._groups[layer])

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Schema and table, as SQL and the gates name it."""
        name = dbt_resource_props.get("alias") or dbt_resource_props["name"]
        return dg.AssetKey([dbt_resource_props["schema"], name])

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """The asset of a model; what is computed from staging waits for the gate that judges it."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        if self._graph.part_of_model.get(unique_id) != "models" or any(
            dep.asset_key == GATE_SOURCES for dep in spec.deps
        ):
            return spec
        return spec.merge_attributes(deps=[GATE_SOURCES])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The description without the SQL, which stands in the repository."""
        return str(dbt_resource_props.get("description", ""))

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        """A data test as a check of one asset, in the part in which it runs."""
        del project
        if (
            self._graph.part_of_test[unique_id] != self._part
            or self._graph.model_of_test(unique_id) != asset_spec.metadata[UNIQUE_ID]
        ):
            return None
        test = manifest["nodes"][unique_id]
        return dg.AssetCheckSpec(
            name=test["name"],
            asset=asset_spec.key,
            description=str(test["config"].get("meta", {}).get("reason", "")) or None,
            metadata={UNIQUE_ID: unique_id},
        )


def build_part(graph: DbtGraph, part: PartName, groups: Mapping[str, str]) -> dg.AssetsDefinition:
    """The assets and checks of one part, built by the step of the same name."""

    @dbt_assets(
        manifest=graph.manifest,
        select=" ".join(f"fqn:{graph.manifest['nodes'][name]['name']}" for name in graph.models(part)),
        name=part,
        dagster_dbt_translator=PartTranslator(graph, part, groups),
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


def _results(
    context: dg.AssetExecutionContext, graph: DbtGraph, result: DbtResult, is_whole: bool
) -> Iterator[dg.Output[None] | dg.AssetCheckResult]:
    """What dbt answered, as Dagster's results; of a part that failed only its checks, for its tables are dropped."""
    keys = {spec.metadata[UNIQUE_ID]: spec.key for spec in context.assets_def.specs}
    checks = {spec.metadata[UNIQUE_ID]: spec for spec in context.assets_def.check_specs}
    for node in result.nodes:
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
            yield dg.Output(
                None,
                output_name=context.assets_def.get_output_name_for_asset_key(keys[node.unique_id]),
                metadata={"seconds": node.seconds},
            )
