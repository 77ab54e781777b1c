"""Credits: an event for a payee and a component, with its two numbers."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any

from tests.pay.reference.events import shares_of
from tests.pay.reference.numbers import ZERO, number, rounded
from tests.pay.reference.parts import Credit
from tests.pay.reference.people import assignment, last_day_on, managers_of, period_of, plan_on, rate_on


def credits_of(case: dict[str, Any], event: dict[str, Any], switches: Any) -> list[Credit]:
    """Every credit of an event. People, plan versions and rates are those of the day of the sale."""
    day = event["origin"]["date"]
    shares = shares_of(event)
    receivers: list[tuple[str, str, str, Fraction, Fraction, Fraction, int]] = [
        (payee, "overlay" if kind == "overlay" else "seller", kind, ratio, amount, total, 0)
        for payee, kind, ratio, amount, total in shares
    ]
    rolled: dict[str, list[tuple[int, Fraction, Fraction, Fraction]]] = defaultdict(list)
    for payee, kind, ratio, amount, total in shares:
        if kind != "overlay":
            for depth, manager in enumerate(managers_of(case, payee, day), start=1):
                rolled[manager].append((depth, ratio, amount, total))
    found: list[Credit] = []
    for manager in rolled:
        receivers.append((manager, "manager", "manager", ZERO, ZERO, ZERO, 0))
    for payee, receiver, kind, ratio, amount, total, _ in receivers:
        person = assignment(case, payee, day)
        plan = plan_on(case, person.get("plan") if person else None, day)
        for component in plan["components"] if plan else ():
            if component["event"] != event["sold"]:
                continue
            for rule in component["credits"]:
                kinds = rule.get("where", {}).get("opportunity_kind")
                if rule["to"] != receiver or (kinds and event["kind"] not in kinds):
                    continue
                if receiver == "manager":
                    parts = [part for part in rolled[payee] if part[0] <= int(rule["levels"])]
                    if not parts:
                        continue
                    ratio, amount, total = (
                        sum((p[1] for p in parts), ZERO),
                        sum((p[2] for p in parts), ZERO),
                        parts[0][3],
                    )
                found.append(
                    one_credit(case, event, payee, kind, plan, component, rule, ratio, amount, total, switches)
                )
    return [credit for credit in found if credit is not None]


def one_credit(case, event, payee, kind, plan, component, rule, ratio, amount, total, switches):  # type: ignore[no-untyped-def]
    """A credit with its two numbers, in the plan's currency; None numbers where something is unknown."""
    reversal = event["type"] == "credit_note"
    counted_at = event["date"]
    if reversal:
        origin = switches(plan, component, "reversal_window") == "origin"
        counted_at = (
            event["origin"]["date"] if origin else min(event["date"], last_day_on(case, payee, plan["plan_id"]))
        )
    rate = rate_on(case, event["currency"], plan["currency"], event["origin"]["date"])
    measure = component.get("measure", "amount")
    # What is counted needs no rate.
    lacks_rate = rate is None and "amount" in (measure, component.get("base", measure))
    held = abs(total - 1) > number(switches(plan, component, "split_tolerance")) or lacks_rate

    def credited(of: str, share: str) -> Fraction | None:
        if held:
            return None
        if of == "count":
            return rounded((ratio if Fraction(event["amount"]) >= 0 else -ratio) * number(rule.get(share, 1)))
        return rounded(rounded(amount * number(rule.get(share, 1))) * rate)

    return Credit(
        event,
        payee,
        kind,
        plan,
        component,
        credited(measure, "quota_credit"),
        credited(component.get("base", measure), "pay_credit"),
        event["date"],
        period_of(component["window"], counted_at),
        period_of(plan.get("pay_every", "month"), event["date"]),
    )
