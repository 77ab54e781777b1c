"""Matrices for random worlds: rates of the sellers' curve by a further component, a ratio, or both."""

from __future__ import annotations

import random
from math import prod
from typing import Any

STYLES = ("marginal", "whole_event_before", "whole_event_after", "retroactive", "step")
RATES = ("0", "1 %", "5 %", "8 %", "12.3456 %")


def add_matrix(draw: random.Random, case: dict[str, Any]) -> None:
    """Make a matrix of the sellers' curve in a quarter of the worlds whose curve can be one."""
    conventions = case["conventions"]
    conventions |= {
        "matrix_reading": draw.choice(("event", "period_end")),
        "matrix_boundary": draw.choice(("upper", "lower")),
        "matrix_below_first": draw.choice(("zero", "flat", "error")),
        "matrix_above_last": draw.choice(("zero", "flat", "error")),
    }
    plans = [plan for plan in case["plans"] if plan["plan_id"] == "seller"]
    if draw.random() > 0.35 or not all(_can_be(plan, conventions) for plan in plans):
        return
    sales = plans[0]["components"][0]
    style = sales["curve"]["style"]
    if style in ("retroactive", "step"):
        conventions["matrix_reading"], conventions["catch_up"] = "period_end", "crossing_event"
    axes, extra = _axes(draw, plans[0], sales)
    for plan in plans:
        first = plan["components"][0]
        curve = {**first["curve"], "matrix": axes}
        count = prod(len(axis["bounds"]) for axis in axes)
        name = "steps" if style == "step" else "tiers"
        word, values = ("amounts", ("0", "5", "10.01", "333.33")) if style == "step" else ("rates", RATES)
        rows = [{key: text for key, text in row.items() if key not in ("rate", "pays")} for row in curve[name]]
        curve[name] = [row | {word: [draw.choice(values) for _ in range(count)]} for row in rows]
        plan["components"] = [{**first, "curve": curve}, *plan["components"][1:], *extra]


def _can_be(plan: dict[str, Any], conventions: dict[str, str]) -> bool:
    """Whether the curve of a plan can be a matrix."""
    sales = plan["components"][0]
    curve = sales["curve"]
    is_plain = not {"intercept", "excess_over", "target"} & set(curve)
    rows = curve.get("tiers") or curve.get("steps") or [{}]
    is_plain = is_plain and not any("pays_share" in row for row in rows)
    is_one = all(rule.get("quota_credit", "100 %") == rule.get("pay_credit", "100 %") for rule in sales["credits"])
    of_totals = curve["style"] in ("retroactive", "step")
    return (
        is_plain
        and curve["style"] in STYLES
        and sales["window"] != "none"
        and "error" not in (conventions["below_first"], conventions["above_last"])
        and (curve["style"] != "marginal" or is_one)
        and (sales["event"] == "booking" or (conventions["reversal_window"] == "mirror" and not of_totals))
        and (not of_totals or sales["window"] == "month")
    )


def _axes(
    draw: random.Random, plan: dict[str, Any], sales: dict[str, Any]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One or two axes, and the components that they need."""
    names = {component["component_id"] for component in plan["components"]}
    axes: list[dict[str, Any]] = []
    extra: list[dict[str, Any]] = []
    has_ratio = "ratio_bonus" in names
    if not has_ratio or draw.random() < 0.5:
        wide = {"month": ("month", "quarter"), "quarter": ("quarter", "year")}.get(sales["window"], (sales["window"],))
        extra.append(
            {
                **sales,
                "component_id": "renewals",
                "window": draw.choice(wide),
                "credits": [{"to": "seller", "where": {"opportunity_kind": ["renewal"]}}],
                "curve": {"style": "marginal", "over": "amount", "tiers": [{"from": "0", "rate": "1 %"}]},
            }
        )
        axes.append({"measure": "renewals", "bounds": draw.choice((["0", "50"], ["0", "60", "120"], ["10", "100"]))})
        if draw.random() < 0.4:
            axes[0]["to"] = "333"
    if has_ratio:
        bounds = draw.choice((["0 %", "40 %"], ["33.3333 %", "100 %"], ["0 %", "20 %", "80 %"]))
        axes.append({"measure": "ratio_bonus", "bounds": bounds, "reading": "period_end"})
        if draw.random() < 0.3:
            axes[-1] |= {"to": "200 %", "boundary": "lower", "below_first": "flat", "above_last": "flat"}
    return axes, extra
