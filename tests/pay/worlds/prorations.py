"""Caps, floors and draws that shrink with days, for worlds that have them: hires, leavers, moves and leaves."""

from __future__ import annotations

import copy
import datetime
import random
from typing import Any

from tests.pay.worlds.checked import checked_plans

START = datetime.date(2026, 1, 1)
DAYS = ("window_days", "window_days", "month_days", "days_360", "days_365", "working_days")


def prorate_limits(draw: random.Random, case: dict[str, Any]) -> None:
    """Prorate limits and draws of two worlds in three that have any, where nothing else forbids it."""
    if draw.random() > 0.67:
        return
    case["conventions"].setdefault("proration_days", draw.choice(DAYS))
    case["conventions"].setdefault("start_day", draw.choice(("counted", "counted", "not_counted")))
    leaves = draw.choice(([], ["parental"], ["parental", "sick"]))
    plans = copy.deepcopy(case["plans"])
    for plan in plans:
        _prorate(draw, plan, [*_things(plan.get("limits", ())), *(["draws"] if plan.get("draws") else [])], leaves)
        for component in plan["components"]:
            if component["event"] in ("booking", "invoice"):
                _prorate(draw, component, _things(component.get("limits", ())), leaves)
    is_prorated = any("proration" in rules for plan in plans for rules in (plan, *plan["components"]))
    if plans == case["plans"] or not is_prorated or checked_plans(case | {"plans": plans})[1]:
        return
    case["plans"] = plans
    _absences(draw, case)


def _things(limits: Any) -> list[str]:
    """What of limits can be prorated."""
    return [
        f"{thing}s" for thing in ("cap", "floor") if any(thing in limit and limit["per"] != "event" for limit in limits)
    ]


def _prorate(draw: random.Random, rules: dict[str, Any], things: list[str], leaves: list[str]) -> None:
    """Prorate some of the things of a plan or component."""
    chosen = [thing for thing in things if draw.random() < 0.85]
    if "caps" in chosen and "floors" in things:
        chosen = things
    if chosen:
        own = rules.get("proration", {"of": [], **({"leaves": leaves} if leaves else {})})
        rules["proration"] = own | {"of": [*own["of"], *chosen]}


def _absences(draw: random.Random, case: dict[str, Any]) -> None:
    """Days on which the sellers are not there."""
    case["leaves"] = [
        *case.get("leaves", ()),
        *(
            {"payee": payee, "kind": draw.choice(("parental", "parental", "sick", "holiday")), "from": day}
            | {"to": day + datetime.timedelta(days=draw.choice((0, 9, 40, 75)))}
            for payee in ("ann", "bea")
            for day in [START + datetime.timedelta(days=draw.randint(0, 150))]
            if draw.random() < 0.7
        ),
    ]
    if case.get("closed") or any(row["entry"] != "draw_owed" for row in case.get("openings", ())):
        return
    people = case["people"]
    ann, bea = ([person for person in people if person["id"] == payee] for payee in ("ann", "bea"))
    if len(ann) == 1 and "from" not in ann[0] and draw.random() < 0.6:
        ann[0]["from"] = START + datetime.timedelta(days=draw.choice((0, 14, 31, 45)))
    if len(bea) == 1 and not {"to", "leaves_on"} & set(bea[0]):
        day = START + datetime.timedelta(days=draw.randint(10, 200))
        if draw.random() < 0.4:
            bea[0]["leaves_on"] = day
        elif draw.random() < 0.6:
            again = {**bea[0], "from": day + datetime.timedelta(days=draw.choice((1, 1, 8)))}
            bea[0]["to"] = day
            people.append(again | {"role": "lead"})
