"""Limits on accumulated pay, the order of all rules beyond the curve, and floors of periods."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.pay.reference.currencies import pay_of_period, payout_currency
from tests.pay.reference.gates import Books, Ruled, gated, multiplied, ruled_lines
from tests.pay.reference.links import is_linked, linked_lines
from tests.pay.reference.measures import is_mirror
from tests.pay.reference.numbers import ZERO, number
from tests.pay.reference.openings import Opening
from tests.pay.reference.parts import Credit, Line, Posting, who
from tests.pay.reference.people import assignment, plan_on
from tests.pay.reference.periods import Span, days_of, pay_kind, period_of, span_named, span_of
from tests.pay.reference.prorations import cap_in, money_in
from tests.pay.reference.terms import prorates

SPANS = ("event", "period", "window", "year")
Key = tuple[Any, ...]


@dataclass
class Taken:
    """What caps of periods take off, by payee, plan, component and period."""

    above: dict[Key, Fraction] = field(default_factory=lambda: defaultdict(lambda: ZERO))


def worth(total: Fraction, limit: dict[str, Any]) -> Fraction:
    """What accumulated pay is worth under a cap and a floor."""
    if total > 0 and "floor" in limit:
        total = max(total, number(limit["floor"]))
    return min(total, number(limit["cap"])) if "cap" in limit else total


def apply_rules(
    case: dict[str, Any],
    books: Books,
    posted: list[list[Posting]],
    switches: Any,
    taken: Taken,
    openings: Sequence[Opening] = (),
) -> list[list[Posting]]:
    """Rules of components, of linked components, which read what these pay, and of plans; lines keep their windows.

    What the caps of pay periods take off is noted in `taken`; caps of windows and years go on from the openings.
    """

    def after_own_rules(windows: list[list[Ruled] | None]) -> list[list[Ruled] | None]:
        """Gates, limits before multipliers, multipliers and limits of components."""
        windows = [None if one is None else gated(case, books, one, "component", switches) for one in windows]
        lines = in_order(windows)
        for before in (True, False):
            for span in SPANS:
                limited(case, lines, span, before, taken, openings, switches)
            if before:
                for line in lines:
                    multiplied(case, books, line, "component", switches)
        return of_windows(lines, windows)

    of_events = [
        ruled_lines(postings, switches) if has_rules(case, postings) and not is_linked(postings) else None
        for postings in posted
    ]
    windows = after_own_rules(of_events)
    note_effects(windows)
    linked = after_own_rules(linked_lines(books, posted, windows, switches))
    note_effects(linked)
    # The plan reads what its components pay after all of their own.
    windows = [
        None if one is None else gated(case, books, one, "plan", switches)
        for one in (own if own is not None else other for own, other in zip(windows, linked, strict=True))
    ]
    lines = in_order(windows)
    for line in lines:
        multiplied(case, books, line, "plan", switches)
    for span in ("period", "year"):
        limited(case, lines, span, None, taken, openings, switches)
    found: list[list[Posting]] = []
    for window, postings in zip(windows, posted, strict=True):
        if window is None:
            found.append(postings)
            continue
        own = [line for line in lines if any(line.credit is credit for credit, _, _ in postings)]
        kept = [posting for posting in postings if is_mirror(posting[0], switches)]
        note_effects([own])
        both = [*kept, *((line.credit, line.cause, line.pay) for line in own)]
        found.append(sorted(both, key=lambda p: ((p[1] or p[0]).order, p[1] is not None, p[0].order)))
    return found


def in_order(windows: Sequence[list[Ruled] | None]) -> list[Ruled]:
    """The lines of all windows in the order in which limits add them up, with the number of their window."""
    lines = []
    for at, window in enumerate(windows):
        for line in merged(window or []):
            line.number = at
            lines.append(line)
    return sorted(lines, key=lambda line: (line.posting.order, line.cause is not None, line.credit.order))


def of_windows(lines: list[Ruled], windows: Sequence[list[Ruled] | None]) -> list[list[Ruled] | None]:
    """Lines by the places of the windows that they came from."""
    return [None if one is None else [line for line in lines if line.number == at] for at, one in enumerate(windows)]


def note_effects(windows: Sequence[list[Ruled] | None]) -> None:
    """Note with each credit what rules changed since: what mirrors it takes back part by part."""
    for line in (line for window in windows for line in window or ()):
        if line.cause is None:
            line.credit.limited = line.credit.limited + line.limited
            line.credit.parts = line.credit.parts + line.effects
            line.credit.held = line.pay is None
        else:
            line.credit.caused.append((line.cause, line.pay is None, line.effects, line.limited))
            if line.is_release:
                line.cause.released.add(line.credit.order)
        line.effects, line.limited = [], []


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
        there.effects += line.effects
        there.pay = None if there.pay is None or line.pay is None else there.pay + line.pay
    return list(found.values())


def limited(
    case: dict[str, Any],
    lines: list[Ruled],
    span: str,
    before: bool | None,
    taken: Taken,
    openings: Sequence[Opening],
    switches: Any,
) -> None:
    """One step of limits; `before` is None for those of plans."""
    totals: dict[tuple[Any, ...], Fraction] = defaultdict(lambda: ZERO)
    held: set[tuple[Any, ...]] = set()
    for opening in openings if span in ("window", "year") else ():
        key: Key = opening.key[:2] if before is None else opening.key
        of = span if span == "year" else opening.stretch.component["window"]
        key += (period_of(case, of, opening.day),)
        totals[key] += opening.used(span)
        if opening.is_faulty or opening.measured.is_held(opening.day):
            held.add(key)
    for line in lines:
        credit, posting = line.credit, line.posting
        if credit.opening is not None and line.cause is None:
            continue
        rules = credit.plan.get("limits", ()) if before is None else credit.component.get("limits", ())
        rule = next(
            (
                rule
                for rule in rules
                if rule["per"] == span and (before is None or bool(rule.get("before_multipliers")) == before)
            ),
            None,
        )
        if rule is not None and span != "event":
            rule = {name: value for name, value in rule.items() if name != "floor"}
            if "cap" in rule:
                rule |= {"cap": capped_at(case, credit, posting, span, before is None, rule["cap"], switches)}
            else:
                rule = None
        key = (credit.payee, credit.plan["plan_id"])
        if before is not None:
            key += (credit.component["component_id"],)
        key += {
            "event": (credit.event["origin"]["id"], credit.kind),
            "period": (posting.posted,),
            "window": (credit.window,),
            "year": (span_of(case, "year", posting.date).name,),
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
            if before is not True:
                line.limited.append(line.pay - pay)
            if span == "period" and before is False:
                taken.above[key] += pay - line.pay
        totals[key] += pay


def capped_at(
    case: dict[str, Any], credit: Credit, posting: Any, span: str, is_of_plan: bool, cap: str, switches: Any
) -> Fraction:
    """The cap of the stretch in which a line counts."""
    if span == "year":
        stretch = span_of(case, "year", posting.date)
    elif span == "window" and credit.component["window"] == "plan_life":
        return number(cap)
    else:
        stretch = span_named(case, posting.posted if span == "period" else credit.window)
    of = (credit.plan, None if is_of_plan else credit.component)
    payee, plan_id, name = who(credit)
    return cap_in(case, (payee, plan_id, None if is_of_plan else name), of, cap, stretch, switches)


def floor_lines(case: dict[str, Any], lines: list[Line], switches: Any) -> list[Line]:
    """What lifts components to their floors of periods, windows and years, and then plans to theirs."""
    found: list[Line] = []
    payees = sorted({person["id"] for person in case["people"]})
    plan_ids = sorted({plan["plan_id"] for plan in case["plans"]})
    names = sorted({(p["plan_id"], c["component_id"]) for p in case["plans"] for c in p["components"]})
    for of, steps in ((names, SPANS[1:]), ([(plan_id, None) for plan_id in plan_ids], ("period", "year"))):
        for per in steps:
            for plan_id, component in of:
                for payee in payees:
                    found += floors_of(case, (payee, plan_id, component), per, [*lines, *found], switches)
    return found


def floors_of(
    case: dict[str, Any], who: tuple[str, str, str | None], per: str, lines: list[Line], switches: Any
) -> list[Line]:
    """The floor lines of a payee's component, or plan, of one length."""
    payee, plan_id, component = who
    found: list[Line] = []
    if not any(
        rule["per"] == per and "floor" in rule
        for plan in case["plans"]
        if plan["plan_id"] == plan_id
        for rules in ([plan] if component is None else plan["components"])
        for rule in rules.get("limits", ())
    ):
        return found
    every = pay_kind(case, plan_id)
    last: dict[Span, tuple[dict[str, Any], dict[str, Any]]] = {}
    for month in days_of(case, "month"):
        for number_of_day in range((month.last - month.first).days + 1):
            day = month.first + datetime.timedelta(days=number_of_day)
            person, plan = assignment(case, payee, day), plan_on(case, plan_id, day)
            if person is None or person["plan"] != plan_id or plan is None:
                continue
            for one in plan["components"]:
                if component in (None, one["component_id"]):
                    kind = {"period": every, "window": one["window"]}.get(per, per)
                    if kind not in ("none", "plan_life"):
                        last[span_of(case, kind, day)] = plan, plan if component is None else one
    own = {one["component_id"] for plan in case["plans"] if plan["plan_id"] == plan_id for one in plan["components"]}
    for span, (plan, rules) in last.items():
        floor = next((r["floor"] for r in rules.get("limits", ()) if r["per"] == per and "floor" in r), None)
        if floor is None:
            continue
        of = [
            line
            for line in lines
            if line.payee == payee
            and (line.component in {*own, None} if component is None else line.component == component)
            and span.first <= span_named(case, line.period).last <= span.last
        ]
        held = any(line.counted is None for line in of)
        earned = sum((line.counted or ZERO for line in of), ZERO)
        least = number(floor)
        if prorates(rules, "floors"):
            of_rules = (plan, None if component is None else rules)
            least = money_in(case, who, of_rules, floor, span, switches)
        if held or earned < least:
            missing = None if held else least - earned
            pay = missing
            if payout_currency(case, plan, payee, span.last) != plan["currency"]:
                method = switches(plan, None if component is None else rules, "rounding")
                pay = pay_of_period(case, plan, payee, span.last, missing, method)[0]
            posted, version = span_of(case, every, span.last).name, plan["version"]
            found.append(Line(None, payee, component, "", "floor", None, posted, pay, span.last, version, missing))
    return found
