"""The expectations of both gates as asset checks: a blocking one holds back everything that is built on its table."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from expectations.results import ExpectationResult, GateCode
from expectations.suites import load_suites
from openspm.nightly.outcome import StepName
from orchestration.night_resource import NIGHT, current_night, try_step

STEP_OF_GATE: dict[GateCode, StepName] = {"sources": "gate_sources", "published": "gate_published"}


def table_key(table: str) -> dg.AssetKey:
    """The asset of a table such as `marts.fct_kpis`."""
    return dg.AssetKey(table.split("."))


def build_gate(gate: GateCode) -> dg.AssetChecksDefinition:
    """One gate: one check an expectation, evaluated by one child process."""
    specs = [
        dg.AssetCheckSpec(
            name=rule.id,
            asset=table_key(suite.table),
            description=rule.reason,
            blocking=rule.severity == "block",
        )
        for suite in load_suites(gate)
        for rule in suite.expectations
    ]
    keys = {spec.name: spec.asset_key for spec in specs}

    @dg.multi_asset_check(name=STEP_OF_GATE[gate], specs=specs, required_resource_keys={NIGHT})
    def evaluate(context: dg.AssetCheckExecutionContext) -> Iterator[Any]:
        night = current_night(context)
        failure = try_step(context, STEP_OF_GATE[gate])
        if night.gate_result is not None:
            for result in night.gate_result.results:
                yield _check_result(result, keys[result.expectation_id])
        if failure is not None:
            raise failure

    return evaluate


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
