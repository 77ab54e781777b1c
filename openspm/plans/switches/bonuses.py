"""Switches of components that pay for a period: fixed amounts, ratios, pools and contests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from openspm.plans.switches.switch import Switch

if TYPE_CHECKING:
    from openspm.plans.schema import Component, Plan

FULL_QUOTA = "actual_to_date_full_quota"


def has_interim_pay(plan: Plan, component: Component) -> bool:
    """Whether it makes one line a payee and period, and its window has several of them."""
    return component.event == "ratio" and component.window != plan.pay_every


def ranks_by_gate(switches: Mapping[str, Any]) -> bool:
    """Whether the gate of a contest says who has a rank, and not what of a prize is paid."""
    return switches.get("contest_gate") == "before_ranking"


BONUS_SWITCHES: tuple[Switch, ...] = (
    Switch(
        "partial_period",
        "What a fixed amount pays to who has the component on some days of a period only.",
        {
            "prorated": "Days with the component over days of the period.",
            "whole": "The whole amount.",
            "last_day": "The whole amount to who has it on the last day of the period, nothing to others.",
        },
        "where a fixed amount is paid",
        lambda component, _several: component.event == "fixed",
    ),
    Switch(
        "empty_ratio",
        "What a ratio is while its denominator is 0.",
        {"nothing": "0.", "all": "1.", "blocked": "Unknown: the line is held."},
        "where a ratio of two components is paid",
        lambda component, _several: component.ratio is not None and not component.ratio.weighted,
    ),
    Switch(
        "interim_pay",
        "What the pay periods before the last one of a window pay; the last one trues up.",
        {
            "actual_to_date_prorated_quota": (
                "What the ratio to date earns in the whole window, times pay periods to date over those of the window; "
                "weighted attainment is against quotas of as many."
            ),
            FULL_QUOTA: "What the ratio to date earns, against quotas of the whole window.",
            "share_of_target": "`interim_share` of the target over the pay periods of the window, whatever was sold.",
            "none_until_end": "Nothing.",
        },
        "where the window of a ratio is longer than `pay_every`",
        matters_in=has_interim_pay,
    ),
    Switch(
        "leaver_share",
        "Where the share goes of somebody who was on the team in the window and is no member of the pool.",
        {"others": "To the members.", "company": "Nowhere: it is not paid."},
        "where a team shares a pool",
        lambda component, _several: component.event == "pool",
    ),
    Switch(
        "ties",
        "What payees have who share a rank of a contest.",
        {"shared": "Each an equal part of the prizes of all their places.", "higher": "Each the prize of the higher."},
        "where a contest has prizes",
        lambda component, _several: component.event == "contest",
    ),
    Switch(
        "contest_gate",
        "Whether the gate of a contest is read before the ranking or after it.",
        {
            "before_ranking": "Before it: who does not reach the gate has no rank, and others move up.",
            "after_ranking": "After it: ranks stand, and the prize of who does not reach the gate is lost.",
        },
        "where a contest has a gate",
        lambda component, _several: component.event == "contest" and component.gate is not None,
    ),
    Switch(
        "spiff_budget",
        "Who has the budget of a SPIFF that does not do for all.",
        {
            "first_come": "Who comes first, in the declared order; the event that reaches it has the rest.",
            "prorated": "Everybody, once the last day is over: the same share of each bonus.",
        },
        "where a SPIFF has a budget",
        lambda component, _several: component.spiff is not None and component.spiff.budget is not None,
    ),
)
