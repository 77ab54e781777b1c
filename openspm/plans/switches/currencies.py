"""Switches of exchange rates."""

from __future__ import annotations

from openspm.plans.switches.switch import NOT_YET, Switch

DAYS = {
    "sale_date": "The day of the sale.",
    "period_start": "The first day of the pay period that holds the day of the sale.",
    "period_end": "The last day of that period; until then the newest rate.",
}

CURRENCY_SWITCHES: tuple[Switch, ...] = (
    Switch(
        "credit_rate_day",
        "The rate of which day brings an event into the plan's currency.",
        DAYS,
        "where events have another currency than the plan; sale_date where it is not written",
        matters_to_plan=lambda _plan: True,
        default="sale_date",
    ),
    Switch(
        "payout_rate_day",
        "The rate of which day brings pay into the currency of payout.",
        DAYS,
        "where a plan has `payout`",
        refused={"payment": f"{NOT_YET}: no table says when pay is paid; use period_end"},
        matters_to_plan=lambda plan: plan.payout is not None,
    ),
)
