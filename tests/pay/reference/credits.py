"""Credits: an event for a payee and a component, with its two numbers."""

from __future__ import annotations

import datetime
from collections import defaultdict
from fractions import Fraction
from typing import Any

from tests.pay.reference.closes import credit_day
from tests.pay.reference.crediting import part_taken, receivers_of, takes
from tests.pay.reference.currencies import convert, credit_rate
from tests.pay.reference.events import REVERSALS, counts_as, shares_of
from tests.pay.reference.numbers import ZERO, number, rounded
from tests.pay.reference.parts import Credit
from tests.pay.reference.people import assignment, last_day_on
from tests.pay.reference.periods import period_of
from tests.pay.reference.terms import Measured


def credits_of(case: dict[str, Any], event: dict[str, Any], switches: Any) -> list[Credit]:
    """Every credit of an event. People, plan versions and rates are those of the day of the sale."""
    day = event["origin"]["date"]
    shares = shares_of(event)
    found: dict[tuple[str, str, str], list[tuple[int, Any]]] = defaultdict(list)
    for plan in case["plans"]:
        for component in plan["components"]:
            if component["event"] != event["sold"]:
                continue
            for order, rule in enumerate(component.get("credits", ())):
                any_taken, part, held = part_taken(case, rule, plan, event)
                if not any_taken:
                    continue
                for (payee, kind), parts in receivers_of(case, rule, event, shares, part).items():
                    person = assignment(case, payee, day)
                    if person is None or person.get("plan") != plan["plan_id"]:
                        continue
                    measured = Measured(case, payee, plan["plan_id"], component["component_id"], switches)
                    stretch = measured.on(day)
                    if stretch is None or stretch.plan is not plan or not takes(case, rule, plan, event, payee):
                        continue
                    ratio, amount = (sum((one[n] for one in parts), ZERO) for n in (0, 1))
                    total = None if held else parts[0][2]
                    key = (payee, plan["plan_id"], component["component_id"])
                    found[key].append((order, (event, payee, kind, measured, rule, ratio, amount, total)))
    credited: list[Credit] = []
    for rivals in found.values():
        first = min(order for order, _ in rivals)
        stretch = rivals[0][1][3].on(day)
        plan, component = stretch.plan, stretch.component
        twice = len({order for order, _ in rivals}) > 1 and bool(
            {rule["to"] for rule in component.get("credits", ())} & {"team", "coverage"}
        )
        choice = switches(plan, component, "credited_twice") if twice else "each_rule"
        for order, terms in rivals:
            if choice != "first_rule" or order == first:
                given = (*terms[:-1], None) if choice == "held" else terms
                credited.append(one_credit(case, *given, switches))
    return credited


def one_credit(case, event, payee, kind, measured, rule, ratio, amount, total, switches):  # type: ignore[no-untyped-def]
    """A credit with its two numbers, in the plan's currency; None numbers where something is unknown."""
    sold = event["origin"]["date"]
    plan, component = measured.on(sold).plan, measured.on(sold).component
    reversal = event["type"] in REVERSALS
    known_day, sale_day = (credit_day(case, plan, one, switches) for one in (event, event["origin"]))
    day: datetime.date = known_day or event["date"]
    counted_at = day
    if reversal and switches(plan, component, "reversal_window") == "origin":
        counted_at = sale_day or sold
    if reversal or day != event["date"]:
        counted_at = min(counted_at, last_day_on(case, payee, plan["plan_id"]))
    rate = credit_rate(case, plan, event["currency"], event["origin"]["date"])
    measure = component.get("measure", "amount")
    # What is counted needs no rate.
    lacks_rate = rate is None and "amount" in (measure, component.get("base", measure))
    held = total is None or abs(total - 1) > number(switches(plan, component, "split_tolerance")) or lacks_rate
    held = held or event["amount"] is None or known_day is None

    def credited(of: str, share: str) -> Fraction | None:
        if held:
            return None
        # A split of the pay leaves the measure the whole event.
        is_whole = share == "quota_credit" and component.get("split_applies") == "pay"
        part = Fraction(1) if is_whole else ratio
        if of == "count":
            return rounded(part * counts_as(event) * number(rule.get(share, 1)))
        return convert(rounded((Fraction(event["amount"]) if is_whole else amount) * number(rule.get(share, 1))), rate)

    return Credit(
        event,
        payee,
        kind,
        plan,
        component,
        credited(measure, "quota_credit"),
        credited(component.get("base", measure), "pay_credit"),
        day,
        period_of(case, component["window"], counted_at),
        period_of(case, plan.get("pay_every", "month"), day),
        measured,
        counted_at,
        measured.terms(sold, counted_at),
    )
