"""What a component is measured against, as rows: component_terms, quota_parts, proration_leaves and ramp_steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openspm.plans.numbers import written
from openspm.plans.schema import Component, Spread

TERMS_TABLES = ("component_terms", "quota_parts", "proration_leaves", "ramp_steps")
Row = dict[str, str | None]
Rows = dict[str, list[Row]]
SWITCH_COLUMNS = (
    "plan_version_change",
    "quota_change",
    "target_change",
    "transfer",
    "proration_days",
    "start_day",
    "tenure_from",
    "tenure_month",
)


def add_terms(rows: Rows, key: Row, component: Component, switches: Mapping[str, Any]) -> None:
    """Add the terms of a component; one that has none of its own has no row."""
    block, proration = component.quota_block, component.proration
    # A linked component adds nothing up: its periods are paid by the terms of their last day.
    has_change = component.event != "linked" and switches.get("plan_version_change", "continue") != "continue"
    if not (block or proration or component.ramp or component.curve.target_share or has_change):
        return
    prorated = proration.of if proration is not None else ()
    rows["component_terms"].append(
        key
        | {f"{name}_code": switches.get(name) for name in SWITCH_COLUMNS}
        | {
            "quota_period_kind_code": block.per if block is not None else None,
            "quota_subject_code": block.of if block is not None else "payee",
            "quota_amount": written(block.amount) if block is not None else None,
            "target_share_ratio": written(component.curve.target_share),
            "is_prorated": _flag(component.prorates_terms),
            "is_quota_prorated": _flag("quota" in prorated),
            "is_target_prorated": _flag("target" in prorated),
            "are_bounds_prorated": _flag("bounds" in prorated),
        }
    )
    if block is not None and isinstance(block.spread, Spread):
        column = "weight_ratio" if block.spread.weights else "part_amount"
        for number, part in enumerate(block.spread.weights or block.spread.amounts, start=1):
            rows["quota_parts"].append(key | {"window_number": str(number), column: written(part)})
    for kind in dict.fromkeys(proration.leaves if proration is not None else ()):
        rows["proration_leaves"].append(key | {"leave_kind_name": kind})
    for number, step in enumerate(component.ramp, start=1):
        rows["ramp_steps"].append(
            key
            | {
                "step_number": str(number),
                "to_month": str(step.to_month),
                "quota_ratio": written(step.quota) or "1",
                "rate_ratio": written(step.rate) or "1",
            }
        )


def _flag(value: bool) -> str:
    """A boolean as the planning tables hold it."""
    return "true" if value else "false"
