"""Gates, multipliers and limits for random worlds: combinations that the checks accept."""

from __future__ import annotations

import datetime
import random
from typing import Any

from tests.pay.worlds.measures import is_of_one_measure

START = datetime.date(2026, 1, 1)
CHANGES = ("plan_version_change", "quota_change", "target_change", "transfer")


def add_limits(draw: random.Random, case: dict[str, Any]) -> None:
    """Give most plans of three worlds in ten some rules beyond the curve."""
    conventions = case["conventions"]
    conventions |= {
        "gate_reading": draw.choice(("event", "event", "period_end")),
        "gate_boundary": draw.choice(("upper", "lower")),
        "gate_opening": draw.choice(("release", "release", "period", "event", "above")),
        "gate_closing": draw.choice(("keep", "take_back")),
        "multiplier_reading": draw.choice(("event", "period_end")),
        "multiplier_boundary": draw.choice(("upper", "lower")),
        "multipliers_combine": draw.choice(("multiply", "add")),
        "cap_excess": "lost",
    }
    if conventions["gate_reading"] == "period_end" and conventions["gate_opening"] in ("event", "above"):
        conventions["gate_opening"] = "period"
    if conventions["gate_opening"] != "release":
        conventions["gate_closing"] = "keep"
    # What a gate releases of a sale that is mirrored is rare, and easily wrong.
    has_mirrors = conventions["reversal_window"] == "mirror" and "credit_notes" in case
    if draw.random() > (0.7 if has_mirrors else 0.35):
        return
    for plan in case["plans"]:
        pays_for_periods = any(one["event"] not in ("booking", "invoice") for one in plan["components"])
        has_limits = draw.random() < 0.3
        if has_limits and pays_for_periods:
            plan["limits"] = [{"per": "period", "floor": "3.5"}]
        elif has_limits:
            plan["limits"] = [
                {"per": per, "cap": draw.choice(("5", "20", "150"))}
                for per in draw.sample(("period", "year"), draw.choice((1, 2)))
            ]
            if draw.random() < 0.4 and plan["limits"][0]["per"] == "period":
                plan["limits"][0]["floor"] = "3.5"
        if draw.random() < 0.2 and not any(limit["per"] == "year" for limit in plan.get("limits", ())):
            plan.setdefault("limits", []).append({"per": "year", "floor": draw.choice(("30", "500"))})
        plan["components"] = [_ruled(draw, component, case) for component in plan["components"]]
        for component in plan["components"]:
            if draw.random() < 0.7:
                _over_time(draw, component, plan, case)
        if draw.random() < 0.4:
            _rule_plan(draw, plan, conventions)
    case["modifiers"] = [
        {
            "payee": payee,
            "name": "quality",
            "factor": draw.choice(("0.9", "1.1", "1.123456", "2.5")),
            "approved_by": draw.choice(("hr", "hr", "hr", payee)),
            "from": START + datetime.timedelta(days=draw.choice((0, 0, 10))),
        }
        for payee in ("ann", "bea", "mia", "top")
    ]


def limit_parts(draw: random.Random, case: dict[str, Any]) -> None:
    """Put rules beyond the curve beside quotas that are prorated, and beside windows that changes cut into segments."""
    conventions = case["conventions"]
    is_cut = "segment" in [conventions[name] for name in CHANGES]
    add_limits(draw, case)
    rules = [rule for plan in case["plans"] for rule in (plan, *plan["components"])]
    if conventions["plan_version_change"] == "restate":
        # Which version's floor holds in a window that a later one restates is not settled.
        for rule in rules:
            for limit in rule.get("limits", ()):
                if limit["per"] != "event":
                    limit.pop("floor", None)
            rule["limits"] = [limit for limit in rule.get("limits", ()) if {"cap", "floor"} & set(limit)]
    for plan in case["plans"]:
        for component in plan["components"] if is_cut else ():
            if "limits" in component:
                component["limits"] = [limit for limit in component["limits"] if limit["per"] != "window"]
        if is_cut and len(plan["components"]) > 1:
            # Rules of a plan that read one of several components.
            plan.pop("gate", None)
            plan.pop("multipliers", None)


def _rule_plan(draw: random.Random, plan: dict[str, Any], conventions: dict[str, str]) -> None:
    """Give a plan multipliers and a gate of its own, where its components leave room for them."""
    components = plan["components"]
    windows = {component["window"] for component in components}
    if any("credits" not in one or "limits" in one for one in components) or len(windows) > 1 or windows == {"none"}:
        return
    first = components[0]
    unit = " %" if first["curve"]["over"] == "attainment" else ""
    has_own = any("multipliers" in one for one in components)
    if not (has_own and conventions["multipliers_combine"] == "add"):
        tiers = [{"from": "0", "factor": "0.5"}, {"from": f"60{unit}", "factor": draw.choice(("1.25", "1.333333"))}]
        plan["multipliers"] = [{"measure": first["component_id"], "tiers": tiers}]
        if draw.random() < 0.5 and sum(len(one.get("multipliers", ())) for one in components) < 3:
            plan["multipliers"].append({"where": {"opportunity_kind": ["new"]}, "factor": "90 %"})
    is_read_elsewhere = conventions["gate_opening"] == "event" or (
        conventions["gate_opening"] == "period" and conventions["gate_reading"] == "period_end"
    )
    if is_read_elsewhere and not any("gate" in one for one in components):
        bound = draw.choice(("50", "60", "120"))
        plan["gate"] = {"measure": first["component_id"], "at_least": f"{bound}{unit}"}


def _ruled(draw: random.Random, component: dict[str, Any], case: dict[str, Any]) -> dict[str, Any]:
    """A component with some rules."""
    found = dict(component)
    if component["event"] not in ("booking", "invoice"):
        return found
    conventions = case["conventions"]
    has_window = component["window"] != "none"
    over = component["curve"]["over"]
    is_mirrored = component["event"] == "invoice" and conventions["reversal_window"] == "mirror"
    closes = conventions["gate_closing"] == "take_back"
    if has_window and draw.random() < (0.8 if is_mirrored else 0.5) and not (is_mirrored and closes):
        bound = draw.choice(("50", "60", "120", "200"))
        found["gate"] = {"at_least": f"{bound} %" if over == "attainment" else bound}
        if draw.random() < 0.3:
            found["gate"]["while_closed"] = draw.choice(("50 %", "33.3333 %"))
        elif draw.random() < 0.6 and _has_tiers_to_lock(component):
            found["gate"]["locked_from"] = draw.choice(component["curve"]["tiers"][1:])["from"]
    multipliers: list[dict[str, Any]] = []
    if has_window and draw.random() < 0.4:
        unit = " %" if over == "attainment" else ""
        multipliers.append(
            {
                "tiers": [
                    {"from": "0", "factor": draw.choice(("0.5", "1"))},
                    {"from": f"60{unit}", "factor": "1.25"},
                    {"from": f"120{unit}", "factor": "1.333333"},
                ]
            }
        )
    if draw.random() < 0.3:
        multipliers.append({"where": {"opportunity_kind": ["new"]}, "factor": draw.choice(("1.5", "0", "90 %"))})
    if draw.random() < 0.15:
        multipliers.append({"input": "quality", "lowest": "0.5", "highest": "2"})
    if multipliers:
        found["multipliers"] = multipliers
    limits: list[dict[str, Any]] = []
    for per in ("event", "period", "window", "year"):
        for before in (False, True):
            if draw.random() < 0.15 and (per != "window" or has_window):
                limits.append({"per": per, "cap": draw.choice(("2", "4", "10", "50.55"))})
                if before:
                    limits[-1]["before_multipliers"] = "true"
                elif per == "event" and draw.random() < 0.5:
                    limits[-1] |= {"floor": "1.5"}
                elif per == "period" and draw.random() < 0.5:
                    limits[-1] |= {"floor": "2"}
    if limits:
        found["limits"] = limits
    return found


def _has_tiers_to_lock(component: dict[str, Any]) -> bool:
    """Whether a gate may lock tiers of the component alone."""
    curve = component["curve"]
    if curve["style"] not in ("marginal", "whole_event_before", "whole_event_after") or len(curve["tiers"]) < 2:
        return False
    if {"matrix", "excess_over", "offset"} & set(curve) or "ramp" in component or "pays_share" in curve["tiers"][0]:
        return False
    return curve["style"] != "marginal" or is_of_one_measure(component)


def _over_time(draw: random.Random, component: dict[str, Any], plan: dict[str, Any], case: dict[str, Any]) -> None:
    """Give some components floors of windows and years, and let what lies above a period's cap be carried."""
    if component["event"] not in ("booking", "invoice"):
        return
    limits = component.get("limits", [])
    for per in ("window", "year"):
        own = next((one for one in limits if one["per"] == per and "before_multipliers" not in one), {})
        if draw.random() > 0.12 or (per == "window" and component["window"] in ("none", "plan_life")):
            continue
        if component["window"] != "year" and not own:
            has_caps = any("cap" in one for one in (*limits, *plan.get("limits", ())))
            limits = [*limits, {"per": per, "floor": "1.99" if has_caps else draw.choice(("3", "77.77"))}]
        elif own and "cap" in own:
            own["floor"] = "1.99"
    caps = [one for one in (*limits, *plan.get("limits", ())) if "cap" in one and one["per"] != "event"]
    waits = any(name in component for name in ("triggers", "holdback", "clawback"))
    is_mirrored = component["event"] == "invoice" and case["conventions"]["reversal_window"] == "mirror"
    if draw.random() < 0.5 and not waits and not is_mirrored:
        if not caps:
            caps = [{"per": "period", "cap": draw.choice(("3", "10.005", "50.55"))}]
            limits = [*limits, *caps]
        only = caps[0]
        if len(caps) == 1 and only["per"] == "period" and only in limits and "before_multipliers" not in only:
            only["carried_periods"] = draw.choice(("1", "2", "5"))
            component["conventions"] = {"cap_excess": "carried"}
    if limits:
        component["limits"] = limits
