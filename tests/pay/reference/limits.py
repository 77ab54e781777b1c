"""Limits on accumulated pay, the order of all rules beyond the curve, and floors of periods."""

from __future__ import annotations

import datetime
from collections import defaultdict
from fractions import Fraction
from typing import Any

from tests.pay.reference.gates import Books, Ruled, gated, multiplied, period_end, ruled_lines
from tests.pay.reference.measures import is_mirror
from tests.pay.reference.numbers import ZERO, number
from tests.pay.reference.parts import Line, Posting
from tests.pay.reference.people import assignment, plan_on

SPANS = ("event", "period", "window", "year")


def worth(total: Fraction, limit: dict[str, Any]) -> Fraction:
    """What accumulated pay is worth under a cap and a floor."""
    if total > 0 and "floor" in limit:
        total = max(total, number(limit["floor"]))
    return min(total, number(limit["cap"])) if "cap" in limit else total


def apply_rules(case: dict[str, Any], books: Books, posted: list[list[Posting]], switches: Any) -> list[list[Posting]]:
    """Gates, limits before multipliers, multipliers, limits, and limits of plans; lines keep their windows."""
    windows = [
        gated(case, books, ruled_lines(postings, switches), switches) if has_rules(case, postings) else None
        for postings in posted
    ]
    lines = [line for window in windows for line in merged(window or [])]
    lines.sort(key=lambda line: (line.posting.order, line.cause is not None, line.credit.order))
    for before in (True, False):
        for span in SPANS:
            limited(lines, span, before)
        if before:
            for line in lines:
                multiplied(case, books, line, switches)
    for span in ("period", "year"):
        limited(lines, span, None)
    found: list[list[Posting]] = []
    for window, postings in zip(windows, posted, strict=True):
        if window is None:
            found.append(postings)
            continue
        own = [line for line in lines if any(line.credit is credit for credit, _, _ in postings)]
        kept = [posting for posting in postings if is_mirror(posting[0], switches)]
        for line in own:
            if line.cause is None:
                line.credit.parts += line.effects
                line.credit.held = line.pay is None
            elif line.is_release:
                line.cause.released.add(line.credit.order)
        both = [*kept, *((line.credit, line.cause, line.pay) for line in own)]
        found.append(sorted(both, key=lambda p: ((p[1] or p[0]).order, p[1] is not None, p[0].order)))
    return found


def has_rules(case: dict[str, Any], postings: list[Posting]) -> bool:
    """Whether any version of the plan has a rule that reads the window: what was paid before a cap began counts too."""
    return any(
        any(version.get(name) for name in ("gate", "multipliers", "limits"))
        or any(
            component.get(name)
            for component in version["components"]
            if component["component_id"] == credit.component["component_id"]
            for name in ("gate", "multipliers", "limits")
        )
        for credit, _, _ in postings[:1]
        for version in case["plans"]
        if version["plan_id"] == credit.plan["plan_id"]
    )


def merged(lines: list[Ruled]) -> list[Ruled]:
    """One line a credit and cause: a re-rate that a gate changes too stays one, several releases are one."""
    found: dict[tuple[int, int], Ruled] = {}
    for line in lines:
        key = (id(line.credit), id(line.cause))
        if key not in found:
            found[key] = line
            continue
        there = found[key]
        there.is_release = there.is_release and line.is_release
        there.pay = None if there.pay is None or line.pay is None else there.pay + line.pay
    return list(found.values())


def limited(lines: list[Ruled], span: str, before: bool | None) -> None:
    """One step of limits; `before` is None for those of plans."""
    totals: dict[tuple[Any, ...], Fraction] = defaultdict(lambda: ZERO)
    held: set[tuple[Any, ...]] = set()
    for line in lines:
        credit, posting = line.credit, line.posting
        rules = credit.plan.get("limits", ()) if before is None else credit.component.get("limits", ())
        rule = next(
            (
                rule
                for rule in rules
                if rule["per"] == span and (before is None or bool(rule.get("before_multipliers")) == before)
            ),
            None,
        )
        if rule is not None and span == "period":
            rule = {name: value for name, value in rule.items() if name != "floor"}
            rule = rule if "cap" in rule else None
        key: tuple[Any, ...] = (credit.payee, credit.plan["plan_id"])
        if before is not None:
            key += (credit.component["component_id"],)
        key += {
            "event": (credit.event["origin"]["id"], credit.kind),
            "period": (posting.posted,),
            "window": (credit.window,),
            "year": (posting.date.year,),
        }[span]
        if line.pay is None:
            held.add(key)
        if rule is not None and key in held:
            line.pay = None
        if line.pay is None:
            continue
        total = totals[key] + line.pay
        pay = line.pay
        if rule is not None:
            capped = worth(total, rule) - worth(totals[key], rule)
            cause = None if line.cause is None else line.cause.order
            credit.limits.setdefault(cause, []).append(capped - line.pay)
            line.change(capped)
        totals[key] += pay


def floor_lines(case: dict[str, Any], lines: list[Line]) -> list[Line]:
    """What lifts components, then plans, to their floors in every month that somebody was on the plan."""
    found: list[Line] = []
    years = range(2026, 2027)
    payees = sorted({person["id"] for person in case["people"]})
    plan_ids = sorted({plan["plan_id"] for plan in case["plans"]})
    for year in years:
        for month in range(1, 13):
            period = f"{year}-{month:02d}"
            last = period_end(period)
            days = [datetime.date(year, month, day) for day in range(1, last.day + 1)]
            for payee in payees:
                for plan_id in plan_ids:
                    on = [
                        plan
                        for day in days
                        if (person := assignment(case, payee, day)) and person["plan"] == plan_id
                        if (plan := plan_on(case, plan_id, day))
                    ]
                    if on:
                        found += floors_of(on, payee, period, lines)
    return found


def floors_of(on: list[dict[str, Any]], payee: str, period: str, lines: list[Line]) -> list[Line]:
    """The floor lines of a payee, plan and period; `on` is the plan of each day."""
    found: list[Line] = []
    names = [component["component_id"] for plan in on for component in plan["components"]]

    def lifted(of: list[Line], floor: str, component: str | None) -> None:
        held = any(line.pay is None for line in of)
        earned = sum((line.pay or ZERO for line in of), ZERO)
        if held or earned < number(floor):
            pay = None if held else number(floor) - earned
            found.append(
                Line(None, payee, component, "", "floor", None, period, pay, period_end(period), on[-1]["version"])
            )

    def floor_in(rules: Any) -> str | None:
        return next((rule["floor"] for rule in rules if rule["per"] == "period" and "floor" in rule), None)

    for name in dict.fromkeys(names):
        last = [c for plan in on for c in plan["components"] if c["component_id"] == name][-1]
        floor = floor_in(last.get("limits", ()))
        if floor:
            lifted([o for o in lines if (o.payee, o.component, o.period) == (payee, name, period)], floor, name)
    floor = floor_in(on[-1].get("limits", ()))
    if floor:
        mine = [o for o in lines if (o.payee, o.period) == (payee, period) and o.component in names]
        lifted([*mine, *found], floor, None)
    return found
