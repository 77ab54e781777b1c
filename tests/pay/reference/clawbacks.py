"""Clawbacks: what a cancelled contract takes back of a sale, what of it is owed, and what pay runs recover."""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections import defaultdict
from fractions import Fraction
from typing import Any

from tests.pay.reference.closes import credit_day
from tests.pay.reference.currencies import (
    NO_CONVERSION,
    convert,
    digits_of,
    payout_currency,
    payout_digits,
    payout_rate,
)
from tests.pay.reference.curves import bounds_of, marginal_pay, point_pay, rate_at, tiers_of
from tests.pay.reference.draws import has_floor_in, pay_periods
from tests.pay.reference.numbers import ZERO, number, rounded
from tests.pay.reference.parts import Credit, Line
from tests.pay.reference.payables import PASSED_ON, Entry, Waiting, invoices_of, money_of
from tests.pay.reference.periods import last_day
from tests.pay.reference.successors import taker_of

KEPT = ("became_payable", "held", "passed_on", "forfeited")
LET_GO = ("released", "passed_on_held", "forfeited_held")
EARNINGS = ("became_earned", "advanced")


@dataclasses.dataclass
class Left:
    """What a cancellation leaves: what may still be triggered, is held, may still be earned, and is advanced.

    `balance` is what is earned and not triggered, below 0 what is triggered and not earned.
    """

    open: Fraction
    held: Fraction = ZERO
    unearned: Fraction = ZERO
    advanced: Fraction = ZERO
    balance: Fraction = ZERO
    # Whether something was taken back of pay that is earned later than it is credited.
    is_earned_less: bool = False


def claw_back(case: dict[str, Any], waiting: list[Waiting], windows: list[list[Credit]], switches: Any) -> None:
    """Add to the lines of cancelled sales what is cancelled and clawed back, and cut what is triggered later."""
    sales: dict[tuple[Any, ...], list[Waiting]] = defaultdict(list)
    for one in waiting:
        if one.credit is not None and one.credit.opening is None and one.credit.component.get("clawback"):
            sale = one.credit.event["origin"]
            plan_id = one.credit.plan["plan_id"]
            sales[one.line.payee, plan_id, one.line.component, sale["type"], sale["id"]].append(one)
    for lines in sales.values():
        _claw_back_sale(case, lines, windows, switches)


def _claw_back_sale(case: dict[str, Any], lines: list[Waiting], windows: list[list[Credit]], switches: Any) -> None:
    """The same for the lines of one sale."""
    first = min((one for one in lines if _is_sale(one)), key=lambda one: one.credit.kind)  # type: ignore[union-attr]
    assert first.credit is not None
    plan, component = first.credit.plan, first.credit.component
    sale, clawback = first.credit.event["origin"], component["clawback"]
    deal = sale["id"] if sale["type"] == "booking" else invoices_of(case, sale)[0].get("deal", sale["id"])
    contracts = [row for row in case.get("contracts", ()) if row.get("deal") == deal]
    cancelled = [row["cancelled"] for row in contracts if "cancelled" in row]
    if not cancelled:
        return
    sold = credit_day(case, plan, sale, switches) or sale["date"]
    begins = sold if clawback["from"] == "credit" else _begins(case, sale, clawback["from"])
    if begins is not None and min(cancelled) > begins + datetime.timedelta(int(clawback["within_days"])):
        return
    if not any(amount != 0 for one in lines for amount in one.moved.values()):
        return
    day = max(min(cancelled), sold)
    if day > last_day(case):
        return
    money = [
        row
        for row in (money_of(case, sale, lambda name: switches(plan, component, name)))
        if row[0] <= day and clawback["amount"] == "unpaid_cash"
    ]
    recomputed: Fraction | None = None
    unknown = len(contracts) > 1 or any(row[3] for row in money)
    if switches(plan, component, "clawback_base") == "recomputed":
        recomputed = _recomputed(first.credit, day, windows, switches)
        unknown = unknown or recomputed is None
        if recomputed is not None:
            recomputed = convert(recomputed, payout_rate(case, first.credit) or NO_CONVERSION)
    paid = _paid(first.line.payee, [one for one in lines if one.line.date <= day], day)
    known = {payee: rows for payee, rows in paid.items() if payee is not None}
    if unknown or None in paid or any(None in one.moved.values() for one in lines):
        first.moved["clawback", day] = None
        first.of_successors |= {("clawback", payee, day): None for payee in known if payee != first.line.payee}
        for one in lines:
            for (kind, later), amount in one.moved.items():
                # A day on which a line moves nothing has no posting to hold.
                if later > day and amount != 0 and kind in ("became_payable", "released", *PASSED_ON, *EARNINGS):
                    one.moved[kind, later] = None
        return
    share = _share(clawback, contracts[0], money)
    digits = payout_digits(case, first.credit)
    method = switches(plan, component, "rounding")

    def taken(amount: Fraction, limited: Fraction) -> Fraction:
        base = amount - limited if switches(plan, component, "clawback_base") == "calculated" else amount
        return rounded(rounded(base * share), digits, method)

    before = [one for one in lines if one.line.date <= day]
    _claw_back_before(
        first, before, day, known, taken if recomputed is None else lambda *_: taken(recomputed, ZERO), digits
    )
    for one in lines:
        if one not in before:
            assert one.line.pay is not None
            off = _within(taken(one.line.pay, one.limited), one.line.pay)
            sign = -1 if one.line.pay < 0 else 1
            left = Left(sign * (one.line.pay - off))
            kind = "cancelled"
            if _is_earned_later([one]):
                kind, left.unearned, left.is_earned_less = "cancelled_credited", left.open, off != 0
            one.moved[kind, one.line.date] = off
            _cut(one, [one], datetime.date.min, left, sign)


def _recomputed(sale: Credit, day: datetime.date, windows: list[list[Credit]], switches: Any) -> Fraction | None:
    """What the windows of a sale have earned by a day, less what they would have without it; None while unknown."""
    less = ZERO
    for window in windows:
        known = [credit for credit in window if credit.date <= day]
        mine = [
            credit for credit in known if credit.sale_key(credit.event["origin"])[:-1] == sale.sale_key(sale.event)[:-1]
        ]
        if not mine:
            continue
        if any(credit.held for credit in known):
            return None
        terms, quota = mine[0], mine[0].terms.quota
        style = terms.component["curve"]["style"]
        at = known[-1].after
        without = at - sum((credit.after - credit.before for credit in mine), ZERO)
        if style in ("step", "interpolated"):
            less += point_pay(terms, at, quota, switches)
            # Steps and points may pay at 0; a window without any sale owes nothing.
            less -= point_pay(terms, without, quota, switches) if len(known) > len(mine) else ZERO
            continue
        tiers = tiers_of(terms, quota, switches)
        if style == "marginal":
            less += marginal_pay(at, tiers) - marginal_pay(without, tiers)
            continue
        boundary, own = switches(terms.plan, terms.component, "boundary"), bounds_of(terms, quota)
        base = sum((credit.dy or ZERO for credit in known if credit.terms.key == terms.terms.key), ZERO)
        base_without = base - sum((credit.dy or ZERO for credit in mine), ZERO)
        less += rounded(rate_at(at, tiers, boundary, own) * base)
        less -= rounded(rate_at(without, tiers, boundary, own) * base_without)
    return less


def _paid(
    leaver: str, before: list[Waiting], day: datetime.date
) -> dict[str | None, list[tuple[datetime.date, Waiting, Fraction]]]:
    """Who was paid what of a sale by a day; None stands for nobody, who takes over what no successor does."""
    found: dict[str | None, list[tuple[datetime.date, Waiting, Fraction]]] = {leaver: []}
    for one in before:
        assert one.credit is not None
        for (kind, at), amount in one.moved.items():
            if at > day or not amount or kind not in ("became_payable", "released", *PASSED_ON):
                continue
            passed = kind in PASSED_ON
            payee = taker_of(one.case, one.credit.plan, leaver, at) if passed else leaver
            found.setdefault(payee, []).append((at, one, amount))
    return found


def _parts(whole: Fraction, paid: dict[str, Fraction], digits: int) -> dict[str, Fraction]:
    """What each owes: floored to the minor unit, then one unit each by largest fraction, largest part and name."""
    unit, total = Fraction(1, 10**digits), sum(paid.values(), ZERO)
    if total == 0:
        return dict.fromkeys(paid, ZERO)
    exact = {payee: whole * amount / total / unit for payee, amount in paid.items()}
    parts = {payee: Fraction(math.floor(amount)) for payee, amount in exact.items()}
    rest = int(whole / unit - sum(parts.values()))
    for payee in sorted(paid, key=lambda one: (parts[one] - exact[one], -paid[one], one))[:rest]:
        parts[payee] += 1
    return {payee: amount * unit for payee, amount in parts.items()}


def _claw_back_before(
    first: Waiting,
    before: list[Waiting],
    day: datetime.date,
    paid: dict[str, list[tuple[datetime.date, Waiting, Fraction]]],
    taken: Any,
    digits: int,
) -> None:
    """What had been earned by the day of the cancellation."""

    def so_far(*kinds: str) -> Fraction:
        return sum(
            (
                amount
                for one in before
                for (kind, at), amount in one.moved.items()
                if kind in kinds and at <= day and amount is not None
            ),
            ZERO,
        )

    earned = so_far("earned", "rerate", "credited")
    limited = sum((one.limited for one in before), ZERO)
    never_paid = max(so_far("forfeited", "forfeited_held"), ZERO)
    owed = rest = min(max(taken(earned, limited), ZERO), max(earned - never_paid, ZERO))
    unearned, advanced = so_far("credited") - so_far("became_earned"), so_far("advanced")
    # What is advanced is not earned, but it is triggered; what waits for both is that much less.
    waits = max(unearned - advanced, ZERO)
    balance = earned - unearned - so_far(*KEPT)
    open_ = max(balance + advanced, ZERO)
    held = max(so_far("held") - so_far(*LET_GO), ZERO)
    off = {}
    for kind, there in (("cancelled_credited", waits), ("cancelled", open_), ("cancelled_held", held)):
        if kind == "cancelled_held":
            # Of what has been triggered, what is advanced goes first: it will not be earned any more.
            off["cancelled_advance"] = min(rest, max(advanced, ZERO))
        off[kind] = min(rest, there)
        rest -= off[kind]
    first.moved |= {(kind, day): amount for kind, amount in off.items()}
    gone = off["cancelled_credited"] + off["cancelled_advance"]
    left = Left(
        waits - off["cancelled_credited"] + open_ - off["cancelled"],
        held - off["cancelled_held"],
        max(unearned - gone, ZERO),
        max(advanced, ZERO) - off["cancelled_advance"],
        balance - off["cancelled"] + off["cancelled_advance"],
        _is_earned_later(before) and owed > 0,
    )
    each = {payee: max(sum((amount for *_, amount in rows), ZERO), ZERO) for payee, rows in paid.items()}
    for payee, part in _parts(rest, each, digits).items():
        here = [amount for at, one, amount in paid[payee] if one.period(at) == first.period(day)]
        unpaid = min(part, max(sum(here, ZERO), ZERO))
        for kind, amount in (("cancelled_unpaid", unpaid), ("clawback", part - unpaid)):
            if payee == first.line.payee:
                first.moved[kind, day] = amount
            else:
                first.of_successors[kind, payee, day] = amount
    _cut(first, before, day, left, 1)


def _is_earned_later(lines: list[Waiting]) -> bool:
    return any(kind == "credited" for one in lines for kind, _ in one.moved)


def _cut(at: Waiting, lines: list[Waiting], day: datetime.date, left: Left, sign: int) -> None:
    """Let no more become payable, be released, or be earned, than is left."""
    steps: dict[datetime.date, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for one in lines:
        for (kind, when), amount in one.moved.items():
            if when > day and kind in (*KEPT, *LET_GO, *EARNINGS):
                steps[when][kind] += sign * (amount or ZERO)
    held, advanced = left.held, left.advanced
    triggered = let_go = earned = ZERO
    for when in sorted(steps):
        step = steps[when]
        wanted = sum((step[kind] for kind in KEPT), ZERO)
        off = wanted - (min(triggered + wanted, left.open) - min(triggered, left.open))
        triggered += wanted
        off_earned = off_advanced = ZERO
        if left.is_earned_less:
            wanted = step["became_earned"]
            off_earned = wanted - (min(earned + wanted, left.unearned) - min(earned, left.unearned))
            earned += wanted
            ahead = max(min(triggered, left.open) - min(earned, left.unearned) - left.balance, ZERO)
            off_advanced = step["advanced"] - (ahead - advanced)
            advanced = ahead
        off_held = _within(off, step["held"])
        off_payable = _within(off - off_held, step["became_payable"])
        off_passed = _within(off - off_held - off_payable, step["passed_on"])
        grown = held + step["held"] - off_held
        wanted = sum((step[kind] for kind in LET_GO), ZERO)
        off_let_go = wanted - (min(let_go + wanted, grown) - min(let_go, held))
        let_go += wanted
        held = grown
        off_released = _within(off_let_go, step["released"])
        off_passed_held = _within(off_let_go - off_released, step["passed_on_held"])
        for kind, amount in (
            ("held", off_held),
            ("became_payable", off_payable),
            ("passed_on", off_passed),
            ("forfeited", off - off_held - off_payable - off_passed),
            ("released", off_released),
            ("passed_on_held", off_passed_held),
            ("forfeited_held", off_let_go - off_released - off_passed_held),
            ("became_earned", off_earned),
            ("advanced", off_advanced),
        ):
            if amount:
                at.moved[kind, when] = (at.moved.get((kind, when)) or ZERO) - sign * amount


def _within(amount: Fraction, there: Fraction) -> Fraction:
    """As much of an amount as there is."""
    return max(min(amount, there), ZERO) if there >= 0 else min(max(amount, there), ZERO)


def _is_sale(one: Waiting) -> bool:
    assert one.credit is not None
    return one.line.kind == "event" and one.credit.event is one.credit.event["origin"]


def _begins(case: dict[str, Any], sale: dict[str, Any], from_: str) -> datetime.date | None:
    """The day from which the window counts that counts from money; None while it has not begun."""
    invoices = invoices_of(case, sale)
    if from_ == "invoice":
        return min((row["date"] for row in invoices), default=None)
    paid = [row["date"] for row in case.get("payments", ()) if row["invoice"] in {one["id"] for one in invoices}]
    return min(paid, default=None)


def _share(clawback: dict[str, Any], contract: dict[str, Any], money: list[Any]) -> Fraction:
    """The share that is taken back."""
    if clawback["amount"] == "ratio":
        return number(clawback["share"])
    if clawback["amount"] == "unserved_term":
        whole = (contract["end"] - contract["start"]).days + 1
        return Fraction(min(max((contract["end"] - contract["cancelled"]).days, 0), whole), whole)
    if clawback["amount"] == "unpaid_cash" and money and money[-1][2] > 0:
        return (money[-1][2] - min(max(money[-1][1], ZERO), money[-1][2])) / money[-1][2]
    return Fraction(1)


def recoveries(
    case: dict[str, Any], entries: list[Entry], seen: list[Line]
) -> tuple[list[Entry], list[Line], dict[tuple[str, str], Fraction]]:
    """What pay runs recover: entries, lines that lower what is payable, and amounts by payee and period."""
    found: list[Entry] = []
    lowered: list[Line] = []
    taken: dict[tuple[str, str], Fraction] = {}
    closed = case.get("closed", ())
    for payee in dict.fromkeys(person["id"] for person in case["people"]):
        plan_id = next(person["plan"] for person in case["people"] if person["id"] == payee)
        country = next((plan["country"] for plan in case["plans"] if plan["plan_id"] == plan_id and _claws(plan)), None)
        if country is None:
            continue
        mine = [entry for entry in entries if entry[0] == "clawback" and entry[1] == payee]
        openings = [row for row in case.get("openings", ()) if (row["entry"], row["payee"]) == ("clawback_owed", payee)]
        opened = openings[0]["date"] if openings else datetime.date.min
        lost = [entry for entry in mine if entry[4] in closed and entry[3] >= opened]
        left = [p.get("leaves_on") for p in case["people"] if p["id"] == payee]
        owed, held, last = ZERO, False, None
        for period in pay_periods(case, payee, plan_id, seen):
            if period.name in closed or period.end < opened:
                continue
            if last is None and openings:
                owed += number(openings[0]["amount"])
            last = period
            amounts = [entry[5] for entry in mine if entry[4] == period.name]
            owed += sum((amount for amount in amounts if amount is not None), ZERO)
            held = held or bool(lost) or None in amounts or (period.payable is None and owed > 0)
            if period.payable is None:
                continue
            paid_in = payout_currency(case, period.version, payee, period.end)
            pay = max(period.payable, ZERO)
            most = rounded(rounded(pay * number(country["most_per_run"])), digits_of(paid_in), "down")
            is_floor_known = has_floor_in(paid_in, period.version, country)
            if is_floor_known:
                most = min(most, max(pay - number(country["net_floor"]), ZERO))
            agreed = any(row["payee"] == payee and row["date"] <= period.end for row in case.get("consents", ()))
            leaves = any(day is not None and day <= period.end for day in left)
            if country["consent"] == "on_record" and not agreed:
                most = ZERO
            if country["termination"] == "stays_owed" and leaves:
                most = ZERO
            held = held or (not is_floor_known and owed > 0 and most > 0)
            off: Fraction | None
            if held:
                # Where nothing may be taken, nothing is: that much is known.
                off = None if most > 0 else ZERO
            else:
                off = min(owed, most)
                owed -= off
                taken[payee, period.name] = off
            if off != 0:
                lowered.append(_line(payee, period, None if off is None else -off))
                found.append(("clawback_recovered", payee, None, period.end, period.name, off))
    return found, lowered, taken


def _claws(plan: dict[str, Any]) -> bool:
    return any(component.get("clawback") for component in plan["components"])


def _line(payee: str, period: Any, pay: Fraction | None) -> Line:
    """A line that lowers what is payable in a period, by the version that holds in it."""
    return Line(None, payee, None, "", "posted", None, period.name, pay, period.end, period.version["version"])
