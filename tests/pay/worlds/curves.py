"""Curves with what few plans write: bounds with a word of their own, intercepts, excesses, shares, errors outside."""

from __future__ import annotations

import random
from typing import Any


def with_rare_words(
    draw: random.Random, curve: dict[str, Any], rules: list[dict[str, Any]], event: str, conventions: dict[str, str]
) -> dict[str, Any]:
    """The curve with one or several of them; conventions are bent to it."""
    style, over = curve["style"], curve["over"]
    unit = " %" if over == "attainment" else ""
    is_one_measure = all(rule.get("quota_credit", "100 %") == rule.get("pay_credit", "100 %") for rule in rules)
    marginal_of_one = style == "marginal" and is_one_measure
    for row in (*curve.get("tiers", ()), *curve.get("steps", ())):
        if not marginal_of_one and draw.random() < 0.4:
            row["boundary"] = draw.choice(("upper", "lower"))
    if style not in ("whole_event_before", "period_to_date_tier", "step"):
        for name in ("below_first", "above_last"):
            if draw.random() < 0.2:
                conventions[name] = "error"
    if style == "step":
        return curve | _step_extras(draw, curve, unit)
    if style == "interpolated":
        return _with_point_at_zero(draw, curve, conventions)
    if marginal_of_one and over == "attainment" and draw.random() < 0.4:
        for tier in curve["tiers"]:
            tier["pays_share"] = f"{draw.choice((0, 50, 100, 133.3333, 150))} %"
            del tier["rate"]
        return curve | {"target": draw.choice(("1000", "333.33"))}
    extras: dict[str, Any] = {}
    if draw.random() < 0.4:
        extras["intercept"] = draw.choice(("100", "0.01", "33.333"))
    if is_one_measure and style in ("marginal", "retroactive") and draw.random() < 0.4:
        extras["excess_over"] = f"{draw.choice((20, 50, 100, 333))}{unit}"
        if over == "attainment" and draw.random() < 0.5:
            extras["excess_over"] = "quota"
    return curve | extras


def with_offset(draw: random.Random, case: dict[str, Any]) -> None:
    """Let the windows of some sellers begin elsewhere than at 0."""
    conventions = case["conventions"]
    outside = {conventions["below_first"], conventions["above_last"]}
    if draw.random() > 0.2 or "error" in outside or "proration_days" in conventions:
        return
    for plan in case["plans"]:
        first = plan["components"][0]
        curve = first["curve"]
        shares = any("pays_share" in row for row in curve.get("tiers", ()))
        if plan["plan_id"] != "seller" or first["window"] == "none" or shares or {"matrix", "excess_over"} & set(curve):
            continue
        unit = " %" if curve["over"] == "attainment" else ""
        values = ("30", "100", "-40") if conventions["negative_total"] == "zero_lost" else ("30", "100", "0.01")
        offset = {"offset": f"{draw.choice(values)}{unit}"}
        plan["components"] = [{**first, "curve": curve | offset}, *plan["components"][1:]]


def _step_extras(draw: random.Random, curve: dict[str, Any], unit: str) -> dict[str, Any]:
    """A first step at 0, or steps of shares of the target."""
    steps = curve["steps"]
    if draw.random() < 0.5:
        steps = [{"from": f"0{unit}", "pays": str(draw.randint(1, 100))}, *steps]
    if draw.random() < 0.4:
        shares = [{key: value for key, value in step.items() if key != "pays"} for step in steps]
        for share in shares:
            share["pays_share"] = f"{draw.choice((10, 33.3333, 100))} %"
        return {"steps": shares, "target": draw.choice(("1000", "333.33"))}
    return {"steps": steps}


def _with_point_at_zero(draw: random.Random, curve: dict[str, Any], conventions: dict[str, str]) -> dict[str, Any]:
    """A first point that pays something at 0, or one below 0 with what lies below it."""
    points = curve["points"]
    pays = "pays_share" if "pays_share" in points[0] else "pays"
    value = {"pays_share": "7 %", "pays": "5"}[pays]
    unit = " %" if points[0]["at"].endswith("%") else ""
    if points[0]["at"].rstrip(" %") == "0":
        points = [points[0] | {pays: value}, *points[1:]]
    elif draw.random() < 0.5:
        points = [{"at": f"-40{unit}", pays: value}, *points]
        if conventions["below_first"] != "error":
            conventions["below_first"] = draw.choice(("zero", "flat", "extend"))
    return curve | {"points": points}
