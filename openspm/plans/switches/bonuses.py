"""Switches of components that pay for a period: fixed amounts, ratios, pools and contests."""

from __future__ import annotations

from openspm.plans.switches.switch import NOT_YET, Switch

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
        "spiff_budget",
        "Who has the budget of a SPIFF that does not do for all.",
        {"first_come": "Who comes first, in the declared order; the event that reaches it has the rest."},
        "where a SPIFF has a budget",
        lambda component, _several: component.spiff is not None and component.spiff.budget is not None,
        {"prorated": f"{NOT_YET}: use first_come"},
    ),
)
