"""Draws: what a plan grants ahead of pay, period after period, and what is owed."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.pay.reference.currencies import digits_of, pay_of_period, payout_currency
from tests.pay.reference.numbers import ZERO, number, rounded
from tests.pay.reference.parts import DrawPeriod, Line
from tests.pay.reference.people import last_day_on
from tests.pay.reference.periods import days_of, pay_kind, span_named
from tests.pay.reference.prorations import money_in
from tests.pay.reference.terms import prorates

FOREVER = datetime.date.max


UNKNOWN = DrawPeriod(None, None, None, None, None, None, None, None)


@dataclass(frozen=True)
class PayPeriod:
    """A pay period of a payee on a plan, with the version that holds in it and what is payable."""

    name: str
    start: datetime.date
    end: datetime.date
    version: dict[str, Any]
    payable: Fraction | None
    adjusted: Fraction
    clawed: Fraction = ZERO


def draws_of(
    case: dict[str, Any],
    lines: list[Line],
    clawed: dict[tuple[str, str], Fraction],
    switches: Callable[..., Any],
) -> tuple[dict[tuple[str, str, str], DrawPeriod], dict[tuple[str, str], Fraction | None]]:
    """Every draw of every payee and period, and what is to be paid after all of them.

    `lines` say what is payable when.
    """
    periods: dict[tuple[str, str, str], DrawPeriod] = {}
    to_pay: dict[tuple[str, str], Fraction | None] = {}
    for payee in dict.fromkeys(person["id"] for person in case["people"]):
        plan_id = next(person["plan"] for person in case["people"] if person["id"] == payee)
        worked = [
            dataclasses.replace(period, clawed=clawed.get((payee, period.name), ZERO))
            for period in pay_periods(case, payee, plan_id, lines)
        ]
        reaching = {period.name: period.payable for period in worked}
        feeds = switches(worked[0].version, None, "draw_adjustments") == "feed" if worked else True
        drawn: set[str] = set()
        for position in range(3):
            draws = {period.name: _nth(period.version.get("draws", ()), position) for period in worked}
            names = {draw["draw_id"] for draw in draws.values() if draw}
            for name in names:
                mine = [period for period in worked if draws[period.name] and _has(case, payee, draws[period.name])]
                mine = [period for period in mine if _opened(case, payee, name) <= period.end]
                if not feeds:
                    for period in mine:
                        if period.name not in drawn and reaching[period.name] is not None:
                            reaching[period.name] += period.clawed - period.adjusted  # type: ignore[operator]
                drawn |= {period.name for period in mine}
                last_day = last_day_on(case, payee, plan_id)
                done = _one_draw(case, payee, [(p, draws[p.name]) for p in mine], reaching, last_day, switches)
                for period, result in zip(mine, done, strict=True):
                    periods[payee, name, period.name] = result
                    reaching[period.name] = result.paid
        for period in worked:
            paid = reaching[period.name]
            beside = period.adjusted - period.clawed if not feeds and period.name in drawn else ZERO
            to_pay[payee, period.name] = None if paid is None else paid + beside
    return periods, to_pay


def draw_entries(case: dict[str, Any], draws: dict[tuple[str, str, str], DrawPeriod]) -> list[tuple[Any, ...]]:
    """What draws post; one entry of no kind and amount for a draw of which nothing is known."""
    found: list[tuple[Any, ...]] = []
    for (payee, name, period), done in draws.items():
        end = span_named(case, period).last
        posted: dict[str, Fraction | None] = {
            "draw_advance": done.advanced,
            "guarantee": done.guaranteed,
            "draw_recovery": done.recovered,
            "draw_forgiven": done.forgiven,
        }
        if done.paid is None:
            posted = {"held": None}
        found += [(kind, payee, name, end, period, amount) for kind, amount in posted.items() if amount != 0]
    return found


def _nth(draws: Any, position: int) -> Any:
    return draws[position] if position < len(draws) else None


def pay_periods(case: dict[str, Any], payee: str, plan_id: str, lines: list[Line]) -> Iterator[PayPeriod]:
    """The pay periods in which somebody is on the plan, or has a line."""
    for span in days_of(case, pay_kind(case, plan_id)):
        start, end, name = span.first, span.last, span.name
        held = _versions_on(case, payee, plan_id, start, end)
        mine = [line for line in lines if line.payee == payee and line.period == name]
        if not held and not mine:
            continue
        # The terms on which the payee is at the period's end, or left: whatever lines come then.
        begun = _versions_on(case, payee, plan_id, datetime.date.min, end)
        known = begun or _versions_on(case, payee, plan_id, datetime.date.min, FOREVER)[:1]
        version = max(known, key=lambda one: one[0])[1]
        amounts = [line.pay for line in mine]
        payable = None if None in amounts else sum((pay for pay in amounts if pay is not None), ZERO)
        adjusted = sum((line.pay or ZERO for line in mine if line.kind == "adjustment"), ZERO)
        yield PayPeriod(name, start, end, version, payable, adjusted)


def _versions_on(
    case: dict[str, Any], payee: str, plan_id: str, start: datetime.date, end: datetime.date
) -> list[tuple[datetime.date, dict[str, Any]]]:
    """The versions of a plan that a payee was on between two days, each with its first day on it."""
    return [
        (max(person.get("from", datetime.date.min), plan["valid_from"]), plan)
        for person in case["people"]
        for plan in case["plans"]
        if person["id"] == payee and person["plan"] == plan["plan_id"] == plan_id
        if max(person.get("from", datetime.date.min), plan["valid_from"], start)
        <= min(person.get("to", FOREVER), person.get("leaves_on", FOREVER), plan.get("valid_to", FOREVER), end)
    ]


def _has(case: dict[str, Any], payee: str, draw: dict[str, Any]) -> bool:
    """Whether a payee has a draw: everybody, or where it is personal whoever has a row."""
    rows = [*case.get("draw_amounts", ()), *case.get("openings", ())]
    return "personal" not in draw or any((row["payee"], row.get("draw")) == (payee, draw["draw_id"]) for row in rows)


def _opened(case: dict[str, Any], payee: str, draw: str) -> datetime.date:
    """The first day that is computed here."""
    days = [row["date"] for row in case.get("openings", ()) if (row["payee"], row.get("draw")) == (payee, draw)]
    return max(days, default=datetime.date.min)


def granted(case: dict[str, Any], payee: str, draw: dict[str, Any], period: PayPeriod) -> Fraction:
    """The draw of a period: that of the grant in which its first day lies."""
    if "amount" in draw:
        return number(draw["amount"])
    rows = list(draw.get("schedule", ()))
    if "personal" in draw:
        rows = [row for row in case["draw_amounts"] if (row["payee"], row["draw"]) == (payee, draw["draw_id"])]
    for row in rows:
        if row["from"] <= period.start <= row.get("to", FOREVER):
            return number(row["amount"])
    return ZERO


def _one_draw(
    case: dict[str, Any],
    payee: str,
    worked: list[tuple[PayPeriod, dict[str, Any]]],
    reaching: dict[str, Fraction | None],
    last_on_plan: datetime.date,
    switches: Callable[..., Any],
) -> list[DrawPeriod]:
    """One draw of one payee through all its periods."""
    opening = [row for row in case.get("openings", ()) if worked and row["payee"] == payee]
    opening = [row for row in opening if row.get("draw") == worked[0][1]["draw_id"]]
    balance = number(opening[0]["amount"]) if opening else ZERO
    carried = ZERO
    held = is_over = False
    found: list[DrawPeriod] = []
    for period, draw in worked:

        def switch(name: str, version: dict[str, Any] = period.version) -> Any:
            return switches(version, None, name)

        style = draw["style"]
        last = min(draw.get("ends_on", FOREVER), last_on_plan)
        lasts, ends = period.start <= last, period.end >= last and not is_over
        is_over = period.end >= last
        arrived = reaching[period.name]
        remembers = style != "guarantee" or switch("draw_negative") == "carried"
        country = period.version.get("country")
        paid_in = payout_currency(case, period.version, payee, period.end)
        day = period.start if switch("draw_disbursement") == "in_advance" else period.end
        granted_now = granted(case, payee, draw, period) if lasts else ZERO
        if prorates(period.version, "draws"):
            whom = (payee, period.version["plan_id"], None)
            stretch = span_named(case, period.name)
            granted_now = money_in(case, whom, (period.version, None), granted_now, stretch, switches)
        size = _paid_out(case, payee, period, day, granted_now, switch("rounding"))
        top: Fraction | None = None
        if "most_recovered" in draw:
            top = _paid_out(case, payee, period, day, number(draw["most_recovered"]), "down")
            size = None if top is None else size
        is_known = style == "guarantee" or has_floor_in(paid_in, period.version, country)
        held = arrived is None or size is None or not is_known or (held and remembers)
        if held or arrived is None or size is None:
            balance = carried = ZERO
            found.append(UNKNOWN)
            continue
        pay = arrived + carried
        carried = ZERO
        if lasts and switch("draw_negative") == "carried" and pay < 0:
            pay, carried = ZERO, pay
        advanced = recovered = guaranteed = forgiven = in_advance = ZERO
        final = style != "guarantee" and ends and switch("draw_end") == "final_pay"
        begun = draw.get("first_recovery", datetime.date.min) <= period.start
        has_advance = size > 0 and not final and not (style == "in_full" and balance > 0 and begun)
        if style != "guarantee":
            assert country is not None
            # Clawbacks are a part of what the run takes back, whether the draw feels them or not.
            beside = ZERO if switch("draw_adjustments") == "feed" else period.clawed
            before = arrived if beside else arrived + period.clawed
            most = min(
                balance,
                _most_by_law(period, country, before, digits_of(paid_in)),
                max(pay - beside - number(country["net_floor"]), ZERO),
            )
            if not final:
                most = most if top is None else min(most, top)
                if style == "protected":
                    most = min(most, max(pay - size, ZERO))
                if not begun or (style == "on_top" and size > 0):
                    most = ZERO
            recovered = most if _may_recover(case, payee, country, period) else ZERO
        after = pay - recovered
        raised = ZERO
        if has_advance:
            raised = size + max(-pay, ZERO) if style == "on_top" else max(size - after, ZERO)
        elif lasts and style != "guarantee":
            raised = max(-pay, ZERO)
        paid = after + raised
        if style == "guarantee":
            guaranteed = raised
        else:
            balance += raised - recovered
            advanced = raised
            if ends and switch("draw_end") == "forgiven":
                forgiven, balance = balance, ZERO
            if style != "on_top" and has_advance and switch("draw_posting") == "gross":
                rest = max(size - raised, ZERO)
                advanced, recovered = advanced + rest, recovered + rest
        if has_advance and switch("draw_disbursement") == "in_advance":
            in_advance = size
        found.append(DrawPeriod(paid, balance, advanced, recovered, guaranteed, forgiven, in_advance, carried))
    return found


def _paid_out(
    case: dict[str, Any], payee: str, period: PayPeriod, day: datetime.date, size: Fraction, method: str
) -> Fraction | None:
    """An amount of a draw in the currency in which the payee is paid, by the rate of a day; None without one."""
    if size == 0 or payout_currency(case, period.version, payee, period.end) == period.version["currency"]:
        return size
    return pay_of_period(case, period.version, payee, day, size, method)[0]


def has_floor_in(currency: str, plan: dict[str, Any], country: dict[str, Any] | None) -> bool:
    """Whether a country's net floor, if any, stands in the currency in which somebody is paid."""
    if country is None or number(country["net_floor"]) == 0:
        return True
    return bool(country.get("net_floor_currency", plan["currency"]) == currency)


def _most_by_law(period: PayPeriod, country: dict[str, Any], before: Fraction, digits: int) -> Fraction:
    """What a pay run may take back of its pay before anything is taken, in whole minor units."""
    whole = max(before, ZERO)
    return max(rounded(rounded(whole * number(country["most_per_run"])), digits, "down") - period.clawed, ZERO)


def _may_recover(case: dict[str, Any], payee: str, country: dict[str, Any], period: PayPeriod) -> bool:
    """Whether pay may be taken back from somebody: with a consent, and of a leaver's last pay only where declared."""
    left = [person["leaves_on"] for person in case["people"] if person["id"] == payee and person.get("leaves_on")]
    if country["termination"] == "stays_owed" and any(day <= period.end for day in left):
        return False
    days = [row["date"] for row in case.get("consents", ()) if row["payee"] == payee]
    return country["consent"] == "not_needed" or any(day <= period.end for day in days)
