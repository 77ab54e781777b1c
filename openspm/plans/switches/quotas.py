"""Switches of changes inside a window, proration and ramps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openspm.plans.switches.switch import Switch, is_of_period

if TYPE_CHECKING:
    from openspm.plans.schema import Component, Plan

CHANGES = {
    "continue": "Measures go on; new terms hold from then; re-rating reaches back to events of the same terms.",
    "restate": "New terms for the whole window.",
    "segment": "A new window from 0 begins, each part with prorated terms.",
}


def _has_quota_block(component: Component, _several: bool) -> bool:
    return component.quota_block is not None


def _is_prorated(component: Component, _several: bool) -> bool:
    return component.proration is not None


def _is_cut_by_transfers(component: Component, _several: bool) -> bool:
    return component.prorates_terms and not is_of_period(component)


def _is_plan_prorated(plan: Plan) -> bool:
    return plan.proration is not None


def _has_personal_target(component: Component, _several: bool) -> bool:
    return component.curve.target_share is not None


def _has_ramp(component: Component, _several: bool) -> bool:
    return bool(component.ramp)


QUOTA_SWITCHES: tuple[Switch, ...] = (
    Switch(
        "plan_version_change",
        "What a new version of a plan does inside a window.",
        CHANGES,
        "where a plan has several versions",
        lambda _component, several: several,
    ),
    Switch(
        "quota_change",
        "What a quota does that is valid from a day inside a window.",
        CHANGES,
        "where a component has a `quota` block",
        _has_quota_block,
    ),
    Switch(
        "target_change",
        "What another variable target of the payee does inside a window.",
        CHANGES,
        "where a curve has `target_share`",
        _has_personal_target,
    ),
    Switch(
        "transfer",
        "What another role, team, region or territory of the payee on the same plan does inside a window.",
        CHANGES,
        "where a component of events has `proration` of the quota, the target or bounds",
        _is_cut_by_transfers,
    ),
    Switch(
        "proration_days",
        "What days are counted against.",
        {
            "window_days": "The days of the window; for a cap, a floor or a draw those of its period or year.",
            "month_days": "The days of each month; months of a window weigh the same.",
            "days_360": "30 days a month, 360 a year; never more than the whole.",
            "days_365": "365 days a year, as many for a month as for any other; never more than the whole.",
            "working_days": "Mondays to Fridays of the window.",
        },
        "where a component or the plan has `proration`",
        _is_prorated,
        matters_to_plan=_is_plan_prorated,
    ),
    Switch(
        "start_day",
        "Whether the first day counts.",
        {
            "counted": "It counts; on the day of a change the new terms hold.",
            "not_counted": "It does not; the day of a change belongs to what was before.",
        },
        "where a component or the plan has `proration`",
        _is_prorated,
        matters_to_plan=_is_plan_prorated,
    ),
    Switch(
        "tenure_from",
        "From which day tenure is counted.",
        {"hire_date": "The day of hire.", "plan_start": "The first day on which the payee has the component."},
        "where a component has a `ramp`",
        _has_ramp,
    ),
    Switch(
        "tenure_month",
        "Which month of the calendar is the first of tenure.",
        {
            "calendar_month": "The month in which it begins.",
            "full_month": "The first whole month; the days before it go with it.",
        },
        "where a component has a `ramp`",
        _has_ramp,
    ),
)
