"""Switches of draws. They hold for all draws of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openspm.plans.switches.switch import Switch

if TYPE_CHECKING:
    from openspm.plans.schema import Plan


def _has_draws(plan: Plan) -> bool:
    return bool(plan.draws)


def _has_recoverable_draws(plan: Plan) -> bool:
    return any(draw.is_recoverable for draw in plan.draws)


def _tops_up_what_is_owed(plan: Plan) -> bool:
    return any(draw.is_recoverable and draw.style != "on_top" for draw in plan.draws)


DRAW_SWITCHES: tuple[Switch, ...] = (
    Switch(
        "draw_adjustments",
        "Whether adjustments of closed periods and recovered clawbacks are in the pay that a draw is measured by.",
        {
            "feed": "They are: an adjustment lessens the advance, or is recovered from; a draw makes a clawback good.",
            "beside": "They are not: they are paid or taken beside the draw, which may leave less than it.",
        },
        "for plans with draws",
        matters_to_plan=_has_draws,
    ),
    Switch(
        "draw_disbursement",
        "When a draw is paid.",
        {
            "at_settlement": "With the pay of the period.",
            "in_advance": "Before it; the settlement pays the rest, and what is short is owed or carried.",
        },
        "for plans with draws",
        matters_to_plan=_has_draws,
    ),
    Switch(
        "draw_negative",
        "What happens to a payable amount below zero while a draw lasts.",
        {
            "topped_up": "The draw raises it like any other amount: in granted periods to the draw, and to zero where "
            "what it advances is owed.",
            "carried": "It is carried into the next period, and this one counts as zero.",
        },
        "for plans with draws",
        matters_to_plan=_has_draws,
    ),
    Switch(
        "draw_posting",
        "How a draw is posted.",
        {
            "net": "What is advanced above pay, or what is recovered.",
            "gross": "The whole draw as an advance, and the pay below it as a recovery.",
        },
        "for plans with a recoverable draw that raises pay",
        matters_to_plan=_tops_up_what_is_owed,
    ),
    Switch(
        "draw_end",
        "What happens to the balance when a draw ends.",
        {
            "owed": "It stays owed, and is recovered from later pay.",
            "forgiven": "What the last period leaves is forgiven.",
            "final_pay": "It is taken from the pay of the last period, which is not raised; the rest stays owed.",
        },
        "for plans with a recoverable draw",
        matters_to_plan=_has_recoverable_draws,
    ),
)
