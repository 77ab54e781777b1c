"""Components that pay for periods, added to the sellers' plan of a world."""

from __future__ import annotations

import datetime
import random
from typing import Any

SHARE_OF_WORLDS = 0.3
SHARES = ("50 %", "33.3333 %", "1")
RESULTS = ("0", "50 %", "80 %", "99.99 %", "100 %", "123.4567 %")


def switches(seed: int) -> dict[str, str]:
    """The switches of such components."""
    draw = random.Random(f"bonus switches {seed}")
    # A generator of its own: the other switches of a seed stay as they are.
    draw_budget = random.Random(f"SPIFF budgets {seed}")
    return {
        "partial_period": draw.choice(("prorated", "whole", "last_day")),
        "empty_ratio": draw.choice(("nothing", "all", "blocked")),
        "leaver_share": draw.choice(("others", "company")),
        "spiff_budget": "first_come" if draw_budget.random() < 0.6 else "prorated",
        "ties": draw.choice(("shared", "higher")),
        "interim_pay": "actual_to_date_full_quota",
    }


def decorate(seed: int, case: dict[str, Any], sales: dict[str, Any]) -> None:
    """Give some worlds components that pay for periods, with teams, roles and objectives.

    Args:
        seed: seed of the world.
        case: the world; its sellers' plans, people and objectives change.
        sales: the component of the sellers, which others read.
    """
    draw = random.Random(f"bonuses {seed}")
    if draw.random() > SHARE_OF_WORLDS:
        return
    makers = [maker for maker in (_fixed, _mbo, _ratio, _pool, _contest, _spiff) if draw.random() < 0.5]
    added = [component for maker in makers for component in maker(draw, sales)]
    _let_wait(random.Random(f"waiting bonuses {seed}"), case, added)
    for plan in case["plans"]:
        if plan["plan_id"] == "seller":
            plan["components"] = [*plan["components"], *added]
    if any("weighted" in component.get("ratio", {}) for component in added):
        of_sales = [row for row in case["quotas"] if row["component"] == "sales"]
        case["quotas"] += [row | {"component": "renewed", "quota": draw.choice(("50", "77.7777"))} for row in of_sales]
    for person in case["people"]:
        person["role"] = draw.choice(("seller", "lead", "guest"))
        if draw.random() < 0.95:
            person["team"] = draw.choice(("north", "north", "south"))
    if _mbo in makers:
        case["objectives"] = _objectives(draw)


def _let_wait(draw: random.Random, case: dict[str, Any], added: list[dict[str, Any]]) -> None:
    """Hold back, or pay days later, what some worlds pay for periods."""
    if draw.random() > 0.4:
        return
    for component in added:
        if component["component_id"].endswith("_bonus") and draw.random() < 0.7:
            rules = draw.choice((("triggers",), ("holdback",), ("triggers", "holdback")))
            if "triggers" in rules:
                component["triggers"] = [{"on": "days", "days": draw.choice(("0", "30")), "share": "100 %"}]
            if "holdback" in rules:
                share = draw.choice(("20 %", "33.3333 %"))
                component["holdback"] = {"share": share, "released": "days", "days": "45"}


def add_interim_pay(draw: random.Random, case: dict[str, Any]) -> None:
    """Let ratios over more than a month pay something else before its end, in each version for itself."""
    for plan in case["plans"]:
        plan["components"] = [
            _with_interim_pay(draw, one) if one["event"] == "ratio" and one["window"] != "month" else one
            for one in plan["components"]
        ]


def _with_interim_pay(draw: random.Random, component: dict[str, Any]) -> dict[str, Any]:
    has_target = bool({"target", "target_share"} & set(component["curve"]))
    kinds = ("actual_to_date_prorated_quota", "none_until_end", *(("share_of_target",) if has_target else ()))
    kind = draw.choice(("actual_to_date_full_quota", *kinds, *kinds))
    conventions = component.get("conventions", {}) | {"interim_pay": kind}
    if kind != "actual_to_date_full_quota":
        # One line a payee and period.
        conventions["catch_up"] = "crossing_event"
    ratio = component["ratio"] | ({"interim_share": draw.choice(SHARES)} if kind == "share_of_target" else {})
    return component | {"conventions": conventions, "ratio": ratio}


def _component(name: str, window: str, block: dict[str, Any]) -> dict[str, Any]:
    found = {"component_id": f"{name}_bonus", "name": name, "event": name, "window": window} | block
    # Whatever a new version does to windows of sales.
    return found | {"conventions": found.get("conventions", {}) | {"plan_version_change": "continue"}}


def _fixed(draw: random.Random, _sales: dict[str, Any]) -> list[dict[str, Any]]:
    return [_component("fixed", "month", {"fixed": {"amount": draw.choice(("1000", "333.33", "0.01"))}})]


def _mbo(draw: random.Random, _sales: dict[str, Any]) -> list[dict[str, Any]]:
    return [_component("mbo", "month", _curve(draw))]


def _ratio(draw: random.Random, sales: dict[str, Any]) -> list[dict[str, Any]]:
    renewed = {
        **sales,
        "component_id": "renewed",
        "credits": [{"to": "seller", "where": {"opportunity_kind": ["renewal"]}}],
        "curve": {"style": "marginal", "over": "amount", "tiers": [{"from": "0", "rate": "1 %"}]},
    }
    if sales["curve"]["over"] == "attainment" and draw.random() < 0.4:
        renewed["curve"] = {"style": "marginal", "over": "attainment", "tiers": [{"from": "0 %", "rate": "1 %"}]}
        shares = draw.choice((("60 %", "40 %"), ("33.3333 %", "66.6667 %")))
        weighted = [
            {"measure": name, "weight": share} for name, share in zip(("sales", "renewed"), shares, strict=True)
        ]
        return [renewed, _component("ratio", sales["window"], {"ratio": {"weighted": weighted}} | _curve(draw))]
    block = {"ratio": {"numerator": "renewed", "denominator": "sales"}}
    return [renewed, _component("ratio", draw.choice(("month", "quarter", "half")), block | _curve(draw))]


def _pool(draw: random.Random, _sales: dict[str, Any]) -> list[dict[str, Any]]:
    members = draw.choice(("every_day", "last_day", "payment_date"))
    pool: dict[str, Any] = {"members": members, "shares": draw.choice(("equal", "role", "contribution", "days"))}
    if members == "payment_date":
        pool["paid_after_days"] = str(draw.choice((0, 10, 40)))
    filled = draw.choice(("amount", "rate", "tiers"))
    pool |= {
        "amount": {"amount": draw.choice(("1000", "0.05", "777.77"))},
        "rate": {"rate": draw.choice(("10 %", "3.3333 %"))},
        "tiers": {"tiers": [{"from": "0", "rate": "1 %"}, {"from": "100", "rate": "7.125 %"}]},
    }[filled]
    if filled != "amount" or pool["shares"] == "contribution":
        pool["of"] = "sales"
    if pool["shares"] == "role":
        pool["weights"] = [{"role": "lead", "weight": "2"}, {"role": "seller", "weight": draw.choice(("1", "33.33 %"))}]
    return [_component("pool", draw.choice(("month", "quarter")), {"pool": pool})]


def _contest(draw: random.Random, _sales: dict[str, Any]) -> list[dict[str, Any]]:
    contest: dict[str, Any] = {
        "of": "sales",
        "prizes": draw.choice((["1000", "500"], ["333.33"], ["100", "100", "0.01"])),
    }
    if draw.random() < 0.5:
        contest["minimum"] = draw.choice(("100", "40"))
    if draw.random() < 0.5:
        contest["budget"] = draw.choice(("1200", "350", "0.03"))
    block = {"contest": contest, "conventions": {"contest_gate": draw.choice(("before_ranking", "after_ranking"))}}
    return [_component("contest", draw.choice(("month", "quarter")), block)]


def _spiff(draw: random.Random, sales: dict[str, Any]) -> list[dict[str, Any]]:
    if sales["event"] == "invoice":
        return []
    counted = {
        **sales,
        "component_id": "counted",
        "measure": "count",
        "credits": [{"to": "seller"}, {"to": "overlay", "quota_credit": "50 %"}],
        "curve": {"style": "marginal", "over": "amount", "tiers": [{"from": "0", "per_unit": "0"}]},
    }
    first = datetime.date(2026, 1, 1) + datetime.timedelta(days=draw.choice((0, 20, 31)))
    spiff = {"of": "counted", "amount": draw.choice(("100", "33.33")), "from": first, "to": datetime.date(2026, 6, 15)}
    if draw.random() < 0.7:
        spiff["budget"] = draw.choice(("250", "66.66", "99.99"))
    return [counted, _component("spiff", draw.choice(("month", "quarter")), {"spiff": spiff})]


def _curve(draw: random.Random) -> dict[str, Any]:
    """A curve over a ratio."""
    style = draw.choice(("marginal", "retroactive", "step", "interpolated"))
    curve: dict[str, Any] = {"style": style, "over": "attainment"}
    if style == "step":
        curve["steps"] = [{"from": "33.3333 %", "pays": "100"}, {"from": "80 %", "pays": "333.33"}]
    elif style == "interpolated":
        points = [
            {"at": "30 %", "pays_share": "20 %"},
            {"at": "80 %", "pays_share": "50 %"},
            {"at": "1", "pays_share": "1"},
        ]
        curve |= {"points": points, "target": "1000"}
    else:
        tiers = [{"from": "0", "rate": "100 %"}, {"from": "50 %", "rate": "33.3333 %"}, {"from": "1", "rate": "200 %"}]
        curve |= {"tiers": tiers, "target": draw.choice(("1000", "333.33"))}
    above = "flat" if style == "interpolated" else "extend"
    return {"curve": curve, "conventions": {"above_last": above, "below_first": "zero"}}


def _objectives(draw: random.Random) -> list[dict[str, Any]]:
    """Two objectives a month for most, some without a result, without approval, or with weights that miss 1."""
    found: list[dict[str, Any]] = []
    for payee in ("ann", "bea"):
        for month in range(1, 13):
            if draw.random() < 0.05:
                continue
            for name, weight in (("launch", "60 %"), ("train", draw.choice(("40 %", "40 %", "40 %", "39 %")))):
                row = {"payee": payee, "component": "mbo_bonus", "period": f"2026-{month:02d}"}
                row |= {"objective": name, "weight": weight}
                if draw.random() < 0.97:
                    row["result"] = draw.choice(RESULTS)
                if draw.random() < 0.97:
                    row["approved_by"] = draw.choice(("boss", "boss", "boss", "boss", "ann"))
                found.append(row)
    return found
