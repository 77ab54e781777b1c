"""From earned to payable: triggers, holdbacks and people who have left, day by day and line by line."""

from __future__ import annotations

import dataclasses
import datetime
from collections import defaultdict
from fractions import Fraction
from typing import Any

from tests.pay.reference.closes import closed_line, credit_day, first_open
from tests.pay.reference.currencies import NO_CONVERSION, convert, payout_digits, payout_rate
from tests.pay.reference.numbers import ZERO, number, rounded
from tests.pay.reference.parts import Credit, Line, Posting
from tests.pay.reference.periods import last_day, period_of
from tests.pay.reference.successors import taker_of

FOREVER = datetime.date.max
# What an entry does to what is payable.
ON_PAYABLE = {"became_payable": 1, "released": 1, "taken_over": 1, "cancelled_unpaid": -1}
PASSED_ON = ("passed_on", "passed_on_held")
Entry = tuple[str, str, str | None, datetime.date, str, Fraction | None]


@dataclasses.dataclass
class Waiting:
    """A line that waits for something, and what moves for it: amounts by kind and day, None where they are held."""

    credit: Credit | None
    line: Line
    moved: dict[tuple[str, datetime.date], Fraction | None]
    case: dict[str, Any]
    limited: Fraction = ZERO
    # What successors owe of the sale, or need not be paid, by kind, payee and day.
    of_successors: dict[tuple[str, str, datetime.date], Fraction | None] = dataclasses.field(default_factory=dict)

    def period(self, day: datetime.date) -> str:
        """The pay period of a day."""
        if day == self.line.date or self.credit is None:
            return self.line.period
        return period_of(self.case, self.credit.plan.get("pay_every", "month"), day)


def waiting_of(
    case: dict[str, Any], posted: list[Posting], lines: list[Line], switches: Any
) -> tuple[list[Waiting], list[Line]]:
    """Lines that wait for something, and those that do not."""
    waiting: list[Waiting] = []
    at_once: list[Line] = []
    for (credit, cause, _), line in zip(posted, lines, strict=True):
        if waits(case, credit.plan["plan_id"], line.component):
            moved = _movements(case, credit, line.kind == "rerate", line, switches)
            limited = sum(credit.limits.get(None if cause is None else cause.order, ()), ZERO)
            limited = convert(limited, payout_rate(case, credit) or NO_CONVERSION)
            waiting.append(Waiting(credit, line, moved, case, limited))
        else:
            at_once.append(line)
    return waiting, at_once


def waiting_floors(case: dict[str, Any], floors: list[Line]) -> tuple[list[Waiting], list[Line]]:
    """The same for lines of no event, which are payable at once."""
    plan_of = {person["id"]: person["plan"] for person in case["people"]}
    mine = [line for line in floors if waits(case, plan_of[line.payee], line.component)]
    kinds = ("earned", "became_payable")
    waiting = [Waiting(None, line, {(kind, line.date): line.pay for kind in kinds}, case) for line in mine]
    return waiting, [line for line in floors if line not in mine]


def entries_of(case: dict[str, Any], waiting: list[Waiting]) -> tuple[list[Entry], list[Line]]:
    """Entries of the lines, and what they make payable as lines of its days."""
    entries: list[Entry] = []
    payable: list[Line] = []
    for one in waiting:
        # What moves nothing to the payee is in the period's payout all the same, as 0.
        payable.append(dataclasses.replace(one.line, pay=ZERO))
        taken: dict[tuple[str, datetime.date], Fraction | None] = defaultdict(Fraction)
        for (kind, day), amount in one.moved.items():
            if day > last_day(case) or amount == 0:
                continue
            if kind in PASSED_ON and one.credit is not None:
                taker = taker_of(case, one.credit.plan, one.line.payee, day)
                if taker is None:
                    amount = None
                else:
                    so_far = taken[taker, day]
                    taken[taker, day] = None if amount is None or so_far is None else so_far + amount
            entries.append((kind, one.line.payee, one.line.event, day, one.period(day), amount))
            sign = ON_PAYABLE.get(kind, 0)
            pay = ZERO if sign == 0 else None if amount is None else sign * amount
            payable.append(dataclasses.replace(one.line, period=one.period(day), pay=pay, date=day))
        of_successors = {("taken_over", taker, day): amount for (taker, day), amount in taken.items()}
        for (kind, taker, day), amount in (of_successors | one.of_successors).items():
            if amount != 0:
                entries.append((kind, taker, one.line.event, day, one.period(day), amount))
                sign = ON_PAYABLE.get(kind, 0)
                pay = ZERO if sign == 0 else None if amount is None else sign * amount
                payable.append(dataclasses.replace(one.line, payee=taker, period=one.period(day), pay=pay, date=day))
    return entries, payable


def waits(case: dict[str, Any], plan_id: str, component_id: str | None) -> bool:
    """Whether pay of a component waits for something in any version of its plan."""
    return any(
        component.get("triggers") or component.get("holdback") or component.get("clawback")
        for plan in case["plans"]
        for component in plan["components"]
        if (plan["plan_id"], component["component_id"]) == (plan_id, component_id)
    )


def with_posted(case: dict[str, Any], payable: list[Line]) -> list[Line]:
    """What becomes payable: as posted in closed periods, and what differs from that in the first open one."""
    closed = case.get("closed", ())
    if not closed:
        return payable
    plan_of = {person["id"]: person["plan"] for person in case["people"]}
    shown = [line for line in payable if line.period not in closed]
    differences: dict[tuple[str, str], list[Fraction | None]] = defaultdict(list)
    for line in payable:
        if line.period in closed:
            differences[line.payee, str(line.component)].append(line.pay)
    for row in case.get("posted", ()):
        if waits(case, plan_of[row["payee"]], row["component"]):
            pay = number(row["payable"]) if "payable" in row else None
            differences[row["payee"], row["component"]].append(None if pay is None else -pay)
            kind = "posted" if row.get("adjusts", row["period"]) == row["period"] else "adjustment"
            shown.append(closed_line(case, row["payee"], row["component"], kind, row["period"], row["period"], pay))
    for (payee, component), amounts in differences.items():
        rest = None if None in amounts else sum((one for one in amounts if one is not None), ZERO)
        if rest != 0:
            period = first_open(case)
            shown.append(closed_line(case, payee, component, "adjustment", period, period, rest))
    return shown


def with_earned(case: dict[str, Any], waiting: list[Waiting], switches: Any) -> list[Line]:
    """A line of nothing in the first open period for what is earned in closed ones otherwise than was posted."""
    closed = case.get("closed", ())
    differences: dict[tuple[str, str], list[Fraction | None]] = defaultdict(list)
    for one in waiting:
        for (kind, day), amount in one.moved.items():
            if kind == "became_earned" and one.period(day) in closed:
                differences[one.line.payee, str(one.line.component)].append(amount)
    plan_of = {person["id"]: person["plan"] for person in case["people"]}
    for row in case.get("posted", ()):
        line = closed_line(case, row["payee"], row["component"], "posted", row["period"], row["period"], ZERO)
        plan = next(
            one for one in case["plans"] if (one["plan_id"], one["version"]) == (plan_of[line.payee], line.version)
        )
        component = next((one for one in plan["components"] if one["component_id"] == line.component), {})
        if component.get("triggers") and switches(plan, component, "earned_at") != "credit":
            differences[line.payee, str(line.component)].append(-number(row["earned"]))
    return [
        closed_line(case, payee, component, "posted", first_open(case), first_open(case), ZERO)
        for (payee, component), amounts in differences.items()
        if None in amounts or sum((one for one in amounts if one is not None), ZERO) != 0
    ]


def _movements(
    case: dict[str, Any], credit: Credit, is_rerate: bool, line: Line, switches: Any
) -> dict[tuple[str, datetime.date], Fraction | None]:
    """What moves for a line on each day; None where it is held."""
    component = credit.component

    def switch(name: str) -> Any:
        return switches(credit.plan, component, name)

    moved: dict[tuple[str, datetime.date], Fraction | None] = defaultdict(Fraction)
    earned_at = switch("earned_at") if component.get("triggers") else "credit"
    kind = "credited" if earned_at != "credit" else "rerate" if is_rerate else "earned"
    if line.pay is None:
        return {(kind, line.date): None, ("became_payable", line.date): None}
    moved[kind, line.date] = line.pay
    if line.pay == 0:
        return moved
    fixed = switch("rate_fixed_at") if is_rerate and component.get("triggers") else "window_end"
    if fixed == "credit_date":
        moved["forfeited", line.date] = line.pay
        if earned_at != "credit":
            moved["became_earned", line.date] = line.pay
        return moved
    last = _last_payable_day(case, credit, switch)
    passes = switch("pay_after_leaving") == "successor"
    at_once = "invoice" if component["event"] == "margin" else component["event"]
    triggers = component.get("triggers") or [{"on": at_once, "share": "1"}]
    holdback = component.get("holdback")
    digits = payout_digits(case, credit)
    sale = credit.event["origin"]
    sold: datetime.date = credit.date
    if credit.kind != "period":
        sold = credit_day(case, credit.plan, sale, switches) or sale["date"]
    money = money_of(case, sale, switch) if reads_cash(component) or earned_at == "cash" else []
    days = {sold} | {day for day, *_ in money}
    invoices = [row["date"] for row in invoices_of(case, sale)]
    waits_for_invoice = any(t["on"] == "invoice" for t in triggers) or earned_at == "invoice"
    if waits_for_invoice and component["event"] == "booking" and invoices:
        days.add(min(invoices))
    days |= {sold + datetime.timedelta(int(t["days"])) for t in triggers if t["on"] == "days"}
    full = [day for day, cash, total, unknown in money if not unknown and 0 < total <= cash]

    def due(day: datetime.date) -> Fraction:
        """What of the line is triggered by a day, in whole minor units; what was triggered stays so."""
        best = ZERO
        for point in sorted(days):
            if point <= day:
                best = max(best, rounded(_share(point), digits, switch("rounding")))
        return best

    def _share(day: datetime.date) -> Fraction:
        size, plain, on_cash = abs(line.pay or ZERO), ZERO, ZERO
        known = [row for row in money if row[0] <= day]
        cash, total = (known[-1][1], known[-1][2]) if known else (ZERO, ZERO)
        for trigger in triggers:
            share = number(trigger["share"])
            if trigger["on"] == at_once:
                plain += share if day >= sold else 0
            elif trigger["on"] == "days":
                plain += share if day >= sold + datetime.timedelta(int(trigger["days"])) else 0
            elif trigger["on"] == "invoice":
                plain += share if invoices and min(invoices) <= day else 0
            elif 0 < total <= cash:
                plain += share
            elif total > 0 and switch("partial_cash") == "prorated":
                on_cash = rounded(rounded(size * share) * max(cash, ZERO) / total)
        return rounded(size * plain) + on_cash

    def earned_by(day: datetime.date) -> Fraction:
        """What of the line is earned by a day, in whole minor units; what was earned stays so."""
        size, best = abs(line.pay or ZERO), ZERO
        if earned_at == "invoice":
            return size if invoices and min(invoices) <= day else ZERO
        for at, cash, total, _ in money:
            if at <= day and 0 < total <= cash:
                best = size
            elif at <= day and total > 0 and switch("partial_cash") == "prorated":
                part = rounded(size * max(cash, ZERO) / total)
                best = max(best, rounded(part, digits, switch("rounding")))
        return best

    sign = 1 if line.pay > 0 else -1
    missed = due(line.date - datetime.timedelta(1)) if fixed == "trigger" and is_rerate else ZERO

    def held_of(amount: Fraction) -> Fraction:
        ratio = number(holdback["share"]) if holdback else ZERO
        return rounded(rounded(amount * ratio), digits, switch("rounding"))

    def move(kind: str, day: datetime.date, amount: Fraction) -> None:
        if amount and moved[kind, day] is not None:
            moved[kind, day] = (moved[kind, day] or ZERO) + amount

    before, paid_before, held_before, passed_before = ZERO, ZERO, ZERO, ZERO
    earned_before, advanced_before = ZERO, ZERO
    for day in sorted(days):
        unknown = any(row[3] for row in money if row[0] <= day)
        is_earning_unknown = earned_at == "cash" and unknown and earned_before < abs(line.pay)
        if is_earning_unknown:
            moved["became_earned", max(day, line.date)] = None
        elif earned_at != "credit":
            earned = earned_by(day)
            move("became_earned", max(day, line.date), sign * (earned - earned_before))
            earned_before = earned
        waits_for_cash = holdback is not None and holdback["released"] == "cash_in_full" and not full
        posting = max(day, line.date)
        if unknown and (before < abs(line.pay) or waits_for_cash):
            moved["became_payable", posting] = None
            continue
        triggered = due(day)
        if earned_at != "credit" and not is_earning_unknown:
            advanced = max(triggered - earned_before, ZERO)
            move("advanced", posting, sign * (advanced - advanced_before))
            advanced_before = advanced
        payable = min(triggered, due(min(day, last)))
        if last < line.date and (sign > 0 or (is_rerate and fixed == "trigger")):
            payable = ZERO
        elif missed or (is_rerate and fixed == "trigger"):
            payable = max(payable - missed, ZERO)
        passed = ZERO
        if passes:
            # What would be payable to somebody who had not left.
            mine = payable
            payable = max(triggered - missed, ZERO) if is_rerate and fixed == "trigger" else triggered
            passed = (payable - held_of(payable)) - (mine - held_of(mine))
        held = held_of(payable)
        step, kept = sign * (payable - paid_before), sign * (held - held_before)
        handed = sign * (passed - passed_before)
        for kind, amount in (
            ("became_payable", step - kept - handed),
            ("passed_on", handed),
            ("held", kept),
            ("forfeited", sign * (triggered - before) - step),
        ):
            move(kind, posting, amount)
        if kept and holdback:
            late = datetime.timedelta(int(holdback.get("days", 0)))
            at = day + late if holdback["released"] == "days" else max(day, min(full)) if full else FOREVER
            late_kind = "passed_on_held" if passes else "forfeited_held"
            key = (late_kind if at > last else "released", max(at, posting))
            moved[key] = (moved[key] or ZERO) + kept
        before, paid_before, held_before, passed_before = triggered, payable, held, passed
    return moved


def reads_cash(component: dict[str, Any]) -> bool:
    on_cash = any(trigger["on"] == "cash" for trigger in component.get("triggers", ()))
    by_cash = (component.get("clawback") or {}).get("amount") == "unpaid_cash"
    return on_cash or by_cash or (component.get("holdback") or {}).get("released") == "cash_in_full"


def _last_payable_day(case: dict[str, Any], credit: Credit, switch: Any) -> datetime.date:
    """The last day on which pay is still paid."""
    left = next((p["leaves_on"] for p in case["people"] if p["id"] == credit.payee and "leaves_on" in p), None)
    if left is None or switch("pay_after_leaving") == "paid":
        return FOREVER
    within = int(credit.plan.get("paid_within_days_of_leaving", 0))
    return left + datetime.timedelta(within if switch("pay_after_leaving") == "within_days" else 0)


def invoices_of(case: dict[str, Any], sale: dict[str, Any]) -> list[dict[str, Any]]:
    """The invoices of a sale."""
    if sale["type"] in ("invoice", "margin"):
        return [row for row in case.get("invoices", ()) if row["id"] == sale["id"]]
    return [row for row in case.get("invoices", ()) if row.get("deal") == sale["id"]]


def money_of(
    case: dict[str, Any], sale: dict[str, Any], switch: Any
) -> list[tuple[datetime.date, Fraction, Fraction, bool]]:
    """Cash, what it is measured against, and whether something is unknown, to date, for each day that changes them."""
    invoices = invoices_of(case, sale)
    taxed = switch("cash_total") == "with_tax"
    moves: list[tuple[datetime.date, Fraction, Fraction, Fraction, bool]] = []
    first = min((row["currency"] for row in invoices), default="")
    floor = Fraction(sale["amount"]) if sale["type"] == "booking" and sale["currency"] == first else ZERO
    for row in invoices:
        gross = Fraction(row["amount"]) + (Fraction(row.get("tax", 0)) if taxed else 0)
        moves.append((row["date"], gross, ZERO, ZERO, row["currency"] != first))
        for note in case.get("credit_notes", ()):
            if note["invoice"] == row["id"]:
                moves.append((note["date"], ZERO, Fraction(note["amount"]), ZERO, False))
        for payment in case.get("payments", ()):
            if payment["invoice"] == row["id"]:
                odd = payment.get("currency", row["currency"]) != row["currency"]
                moves.append((payment["date"], ZERO, ZERO, Fraction(payment["amount"]), odd))
    found = []
    for day in sorted({move[0] for move in moves}):
        known = [move for move in moves if move[0] <= day]
        invoiced, credited, cash = (sum((move[at] for move in known), ZERO) for at in (1, 2, 3))
        total = max(invoiced, floor) - credited if invoiced > 0 else ZERO
        found.append((day, cash, total, any(move[4] for move in known)))
    return found
