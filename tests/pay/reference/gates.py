"""Gates and multipliers: what a line waits for, and what multiplies it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.pay.reference.contests import ranks_by_gate
from tests.pay.reference.curves import base_rate_lock
from tests.pay.reference.measures import is_mirror
from tests.pay.reference.numbers import ZERO, number, rounded
from tests.pay.reference.parts import Credit, Posting
from tests.pay.reference.people import quota_of
from tests.pay.reference.periods import span_named, span_of
from tests.pay.reference.terms import Measured

Books = dict[tuple[Any, ...], list[Credit]]


@dataclass
class Ruled:
    """A line on its way through gates, multipliers and limits; `cause` is what posted it, its own credit or another."""

    credit: Credit
    cause: Credit | None
    pay: Fraction | None
    effects: list[Fraction] = field(default_factory=list)
    is_release: bool = False
    # What limits after multipliers changed.
    limited: list[Fraction] = field(default_factory=list)
    # The window that it belongs to, and those with which it reads a gate.
    number: int = 0
    group: tuple[Any, ...] = ()

    @property
    def posting(self) -> Credit:
        """The credit by which the line is posted."""
        return self.cause or self.credit

    def change(self, to: Fraction | None) -> None:
        """Let a rule change the pay; what it changes is a slice of its own."""
        if self.pay is None or to is None:
            self.pay = None
        elif to != self.pay:
            self.effects.append(to - self.pay)
            self.pay = to


def event_order(credit: Credit) -> tuple[Any, ...]:
    """Credits of one event share it."""
    counted = credit.counted_event
    return credit.read_on, credit.event["date"], counted["id"].encode(), counted["type"]


def component_of(credit: Credit, name: str | None) -> dict[str, Any]:
    """A component of the credit's plan."""
    if name is None:
        return credit.component
    return next(one for one in credit.plan["components"] if one["component_id"] == name)


def read(
    case: dict[str, Any],
    books: Books,
    at: Credit,
    name: str | None,
    reading: str,
    switches: Any,
    of: Credit | None = None,
) -> tuple[Fraction, Fraction, Fraction | None] | None:
    """A measure before and after an event, or at the end of its period, and its quota; None where it is unknown.

    It is read for `of`, which is `at` itself unless something else opened a gate.
    """
    of = of or at
    component = component_of(of, name)
    own = name is None or name == of.component["component_id"]
    window = [
        credit
        for (payee, plan, measured, _, *_), booked in books.items()
        if (payee, plan, measured) == (at.payee, at.plan["plan_id"], component["component_id"])
        for credit in booked
        if (is_of_window(credit, of) if own else holds(case, credit.window, component["window"], of.window))
    ]
    if reading == "event":
        seen = [credit for credit in window if event_order(credit) <= event_order(at)]
        before = sum((c.dx or ZERO for c in seen if event_order(c) < event_order(at)), ZERO)
    else:
        seen = [credit for credit in window if credit.read_on <= span_named(case, at.period_read).last]
        before = ZERO
    day = at.read_on if reading == "event" else span_named(case, at.period_read).last
    if any(credit.is_unknown for credit in seen):
        return None
    quota = quota_read(case, of if own else None, at, component, of.window, day, switches)
    return before, sum((c.dx or ZERO for c in seen), ZERO), quota


def is_of_window(credit: Credit, of: Credit) -> bool:
    """Whether two credits of a component count in one window, and in one segment of it."""
    numbers = [one.measured.segment_number(one.counted) if one.measured else 0 for one in (credit, of)]
    return credit.window == of.window and numbers[0] == numbers[1]


def quota_read(
    case: dict[str, Any],
    own: Credit | None,
    at: Credit,
    component: dict[str, Any],
    window: str,
    day: datetime.date,
    switches: Any,
) -> Fraction | None:
    """The quota of the measure that is read: of the credit's segment, or of the longer window of another component.

    It is the one that holds on the day of the reading.
    """
    name = window if own else wider(case, window, component["window"])
    if component["window"] in ("none", "plan_life") or "credits" not in component or not name:
        probe = Credit(at.event, at.payee, at.kind, at.plan, component, None, None, at.date, name, at.posted)
        return quota_of(case, probe)
    measured = own.measured if own else None
    measured = measured or Measured(case, at.payee, at.plan["plan_id"], component["component_id"], switches)
    return measured.quota_on(span_named(case, name), measured.segment_number(own.counted) if own else 0, day)


def wider(case: dict[str, Any], window: str, kind: str) -> str:
    """The window of a kind that holds another."""
    if kind == "plan_life" or not window:
        return ""
    return span_of(case, kind, span_named(case, window).first).name


def holds(case: dict[str, Any], window: str, kind: str, inner: str) -> bool:
    """Whether a window of a kind holds another."""
    return kind == "plan_life" or window == wider(case, inner, kind)


def same_window(case: dict[str, Any], one: str, kind: str, other: str) -> bool:
    """Whether two windows lie in one of a longer kind."""
    return kind == "plan_life" or wider(case, one, kind) == wider(case, other, kind)


def gate_of(credit: Credit, level: str, switches: Any) -> dict[str, Any] | None:
    """The gate of a credit's component, or that of its plan; one that says who is ranked has done so."""
    gate: dict[str, Any] | None = (credit.component if level == "component" else credit.plan).get("gate")
    ranks = ranks_by_gate(credit.plan, credit.component, switches)
    has_ranked = ranks and (level == "component" or "gate" not in credit.component)
    return None if has_ranked else gate


def gated(case: dict[str, Any], books: Books, lines: list[Ruled], level: str, switches: Any) -> list[Ruled]:
    """The lines of a window after the gates of components, or of plans, with what they release and take back."""
    caused: list[Ruled] = []
    for version in sorted({line.credit.plan["version"] for line in lines}):
        own = [line for line in lines if line.credit.plan["version"] == version]
        gate = gate_of(own[0].credit, level, switches)
        if gate:
            caused += one_gate(case, books, own, gate, switches)
    # A held gate holds every later line of the window that has one.
    unknown = [line.group for line in lines if gate_of(line.credit, level, switches) and line.pay is None]
    if unknown:
        for line in lines:
            if gate_of(line.credit, level, switches) and line.group >= min(unknown):
                line.pay = None
        caused = [line for line in caused if line.group < min(unknown)]
    return [*lines, *caused]


def one_gate(
    case: dict[str, Any], books: Books, lines: list[Ruled], gate: dict[str, Any], switches: Any
) -> list[Ruled]:
    """Lock lines while the gate is closed; returns the lines that it causes."""

    def switch(name: str) -> str:
        return switches(lines[0].credit.plan, lines[0].credit.component, f"gate_{name}")

    factor = number(gate.get("while_closed", 0))
    locked: list[tuple[Ruled, bool, Fraction]] = []
    caused: list[Ruled] = []
    was_open, last_opening = False, None
    groups: dict[tuple[Any, ...], list[Ruled]] = {}
    elsewhere = credits_elsewhere(case, books, lines[0].credit, gate, switches)
    read_at: dict[tuple[Any, ...], list[Credit]] = {}
    both = [*(line.posting for line in lines), *elsewhere]

    def group_of(posting: Credit) -> tuple[Any, ...]:
        if switch("reading") == "event":
            return event_order(posting)
        return max(event_order(other) for other in both if other.period_read == posting.period_read)

    for credit in elsewhere:
        read_at.setdefault(group_of(credit), []).append(credit)
    for line in lines:
        line.group = group_of(line.posting)
        groups.setdefault(line.group, []).append(line)
    held = False
    for group in sorted({*groups, *read_at}):
        members = groups.get(group, [])
        at = members[0].posting if members else read_at[group][0]
        measure = read(case, books, at, gate.get("measure"), switch("reading"), switches, lines[0].credit)
        text = gate["at_least"]
        quota = measure[2] if measure else None
        threshold = (
            None
            if measure is None or (text.endswith("%") and quota is None)
            else rounded(number(text) * quota)
            if text.endswith("%") and quota is not None
            else number(text)
        )
        held = held or measure is None or threshold is None or any(line.pay is None for line in members)
        if held or measure is None or threshold is None:
            for line in members:
                line.pay = None
            continue
        before, after, _ = measure
        is_open = after >= threshold if switch("boundary") == "upper" else after > threshold
        own = [line.credit for line in members if line.cause is None]
        # A return under one version may re-rate sales of the next one, and then has no line of its own there.
        caused_by = own or [line.posting for line in members] or read_at[group]
        cause = max(caused_by, key=lambda credit: credit.order)
        if is_open != was_open:
            for line, was_paid, lock in locked:
                if is_open and (
                    switch("closing") == "take_back"
                    or (
                        not was_paid
                        and (last_opening is None or last_opening <= line.group)
                        and (
                            switch("opening") == "release"
                            or (switch("opening") == "period" and line.posting.period_read == cause.period_read)
                        )
                    )
                ):
                    caused.append(released(line, cause, -lock, group))
                if not is_open and switch("closing") == "take_back":
                    caused.append(released(line, cause, lock, group))
        for line in members:
            assert line.pay is not None
            lock = rounded(line.pay * factor) - line.pay
            if "locked_from" in gate:
                lock = base_rate_lock(line.credit, gate["locked_from"], switches)
            locked.append((line, is_open, lock))
            if not is_open:
                line.change(line.pay + lock)
            elif switch("opening") == "above" and not was_open and before < threshold:
                line.change(line.pay + rounded(rounded(lock * (threshold - before)) / (after - before)))
        if is_open and not was_open:
            last_opening = group
        was_open = is_open
    return [line for line in caused if line.pay != 0]


def credits_elsewhere(
    case: dict[str, Any], books: Books, gated_credit: Credit, gate: dict[str, Any], switches: Any
) -> list[Credit]:
    """Credits of the component that a gate measures, where that is another and opens or closes it for earlier lines.

    Where its window is longer, credits of the gated component in other windows within it too.
    """
    name = gate.get("measure")
    opening, reading = (
        switches(gated_credit.plan, gated_credit.component, f"gate_{word}") for word in ("opening", "reading")
    )
    reaches_back = opening in ("release", "above") or (opening, reading) == ("period", "event")
    if name in (None, gated_credit.component["component_id"]) or not reaches_back:
        return []
    kind = component_of(gated_credit, name)["window"]
    is_longer = kind != gated_credit.component["window"]
    return [
        credit
        for (payee, plan, component, *_), booked in books.items()
        if (payee, plan) == (gated_credit.payee, gated_credit.plan["plan_id"])
        for credit in booked
        if credit.plan["version"] == gated_credit.plan["version"]
        and (
            (component == name and holds(case, credit.window, kind, gated_credit.window))
            or (
                is_longer
                and component == gated_credit.component["component_id"]
                and credit.window != gated_credit.window
                and same_window(case, credit.window, kind, gated_credit.window)
                and not is_mirror(credit, switches)
            )
        )
    ]


def released(line: Ruled, cause: Credit, pay: Fraction, group: tuple[Any, ...]) -> Ruled:
    """What an opening releases of a line, or a closing takes back."""
    found = Ruled(line.credit, cause, pay, [pay], is_release=True)
    found.group = group
    return found


def multiplied(case: dict[str, Any], books: Books, line: Ruled, level: str, switches: Any) -> None:
    """Multiply a line by the factors of its component, or of its plan."""
    component = line.credit.component

    def switch(name: str) -> str:
        return switches(line.credit.plan, component, name)

    factors: list[Fraction] = []
    for multiplier in (component if level == "component" else line.credit.plan).get("multipliers", ()):
        if line.credit.opening is not None and "tiers" not in multiplier:
            factor: Fraction | None = Fraction(1)
        elif "tiers" in multiplier:
            factor = factor_by_measure(case, books, line, multiplier, switches)
        elif "where" in multiplier:
            met = line.credit.counted_event["origin"]["kind"] in multiplier["where"]["opportunity_kind"]
            factor = number(multiplier["factor"]) if met else Fraction(1)
        else:
            factor = factor_by_input(case, line.credit, multiplier)
        if factor is None:
            line.pay = None
            return
        factors.append(factor)
    if line.pay is None:
        return
    if len(factors) > 1 and switch("multipliers_combine") == "add":
        factors = [1 + sum((factor - 1 for factor in factors), ZERO)]
    for factor in factors:
        line.change(rounded(line.pay * factor))


def factor_by_measure(
    case: dict[str, Any], books: Books, line: Ruled, multiplier: Any, switches: Any
) -> Fraction | None:
    """The factor of the tier that the measure stands in."""

    def switch(name: str) -> str:
        return switches(line.credit.plan, line.credit.component, name)

    name, reading = multiplier.get("measure"), switch("multiplier_reading")
    measure = read(case, books, line.posting, name, reading, switches, line.credit)
    if measure is None:
        return None
    found = number(multiplier["tiers"][0]["factor"])
    for tier in multiplier["tiers"][1:]:
        bound = number(tier["from"])
        if tier["from"].endswith("%"):
            if measure[2] is None:
                return None
            bound = rounded(bound * measure[2])
        if measure[1] > bound or (measure[1] == bound and switch("multiplier_boundary") == "upper"):
            found = number(tier["factor"])
    return found


def factor_by_input(case: dict[str, Any], credit: Credit, multiplier: dict[str, Any]) -> Fraction | None:
    """The one approved factor of the payee on the day of the sale, if it lies within its bounds."""
    day = credit.event["origin"]["date"]
    rows = [
        row
        for row in case.get("modifiers", ())
        if row["payee"] == credit.payee
        and row["name"] == multiplier["input"]
        and row.get("from", datetime.date.min) <= day <= row.get("to", datetime.date.max)
    ]
    if len(rows) != 1 or rows[0].get("approved_by") in (None, credit.payee):
        return None
    factor = number(rows[0]["factor"])
    return factor if number(multiplier["lowest"]) <= factor <= number(multiplier["highest"]) else None


def ruled_lines(postings: list[Posting], switches: Any) -> list[Ruled]:
    """Lines that rules read: all but mirrors, which take back what the sale's line became."""
    return [Ruled(credit, cause, pay) for credit, cause, pay in postings if not is_mirror(credit, switches)]
