"""The two gates: an asset each, on which what comes after is built, and one check an expectation."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from expectations.results import ExpectationResult, GateCode
from expectations.suites import load_suites
from openspm.nightly.outcome import StepName
from orchestration.dbt_parts import DbtGraph, PartName
from orchestration.night_resource import NIGHT, current_night, try_step

GATE_SOURCES = dg.AssetKey(["gates", "sources"])
GATE_PUBLISHED = dg.AssetKey(["gates", "published"])
GROUPS: dict[GateCode, str] = {"sources": "3_gate_sources", "published": "8_gate_published"}
KEYS: dict[GateCode, dg.AssetKey] = {"sources": GATE_SOURCES, "published": GATE_PUBLISHED}
STEPS: dict[GateCode, StepName] = {"sources": "gate_sources", "published": "gate_published"}
DESCRIPTIONS: dict[GateCode, str] = {
    "sources": "Is this input fit to use? What fails here stops the night before any number is computed.",
    "published": "Is this set safe to hand out? What fails here leaves readers with the last publication.",
}
# What a gate waits for; the parts before these are upstream of them.
LAST_PARTS: dict[GateCode, tuple[PartName, ...]] = {"sources": ("staging",), "published": ("models", "forecast")}


def build_gate(gate: GateCode, graph: DbtGraph) -> dg.AssetsDefinition:
    """One gate, run by one child process."""
    nodes = graph.manifest["nodes"]
    models = [nodes[name] for part in LAST_PARTS[gate] for name in graph.models(part)]
    check_specs = [
        dg.AssetCheckSpec(name=rule.id, asset=dg.AssetKey(suite.table.split(".")), description=rule.reason)
        for suite in load_suites(gate)
        for rule in suite.expectations
    ]
    keys = {spec.name: spec.asset_key for spec in check_specs}

    @dg.multi_asset(
        name=STEPS[gate],
        group_name=GROUPS[gate],
        specs=[
            dg.AssetSpec(
                KEYS[gate],
                description=DESCRIPTIONS[gate],
                deps=[dg.AssetKey([model["schema"], model["alias"]]) for model in models],
            )
        ],
        check_specs=check_specs,
        allow_arbitrary_check_specs=True,
        required_resource_keys={NIGHT},
    )
    def judge(context: dg.AssetExecutionContext) -> Iterator[Any]:
        failure = try_step(context, STEPS[gate])
        result = current_night(context).gate_result
        if result is not None:
            for entry in result.results:
                yield _check_result(entry, keys[entry.expectation_id])
        if failure is not None:
            raise failure
        yield dg.MaterializeResult(asset_key=KEYS[gate])

    return judge


def _check_result(result: ExpectationResult, key: dg.AssetKey) -> dg.AssetCheckResult:
    """One expectation's outcome; one that was skipped counts as passed and says so."""
    is_blocking = result.severity_code == "block"
    return dg.AssetCheckResult(
        passed=result.is_success,
        asset_key=key,
        check_name=result.expectation_id,
        severity=dg.AssetCheckSeverity.ERROR if is_blocking else dg.AssetCheckSeverity.WARN,
        description=None if result.is_success else result.describe(),
        metadata={"status": result.status_code, "sample_keys": result.sample_keys},
    )
