"""The switches of this version: one table with the choices of each and when it matters.

Where two readings of a plan would pay different money there is a switch. A company's `conventions` block in company.yml
sets them, a plan overrides the company, a component the plan. A switch that matters to a component and is set nowhere
is refused. The JSON Schema, docs/plans.md, the checks and the compiler all read this table.
One module a subject holds its switches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from openspm.plans.numbers import Ratio
from openspm.plans.switches.bonuses import BONUS_SWITCHES
from openspm.plans.switches.closes import CLOSE_SWITCHES
from openspm.plans.switches.crediting import CREDITING_SWITCHES
from openspm.plans.switches.currencies import CURRENCY_SWITCHES
from openspm.plans.switches.draws import DRAW_SWITCHES
from openspm.plans.switches.earning import EARNING_SWITCHES
from openspm.plans.switches.limits import LIMIT_SWITCHES
from openspm.plans.switches.matrix import MATRIX_SWITCHES
from openspm.plans.switches.payables import PAYABLE_SWITCHES
from openspm.plans.switches.quotas import QUOTA_SWITCHES
from openspm.plans.switches.switch import (
    NOT_YET,
    PATH_STYLES,
    STATE_STYLES,
    TIER_STYLES,
    Switch,
    has_reversals,
    is_two_measures,
)

__all__ = [
    "NOT_YET",
    "PATH_STYLES",
    "STATE_STYLES",
    "SWITCHES",
    "SWITCH_BY_NAME",
    "TIER_STYLES",
    "Conventions",
    "Switch",
    "chosen",
    "has_reversals",
    "is_two_measures",
]

SWITCHES: tuple[Switch, ...] = (
    *EARNING_SWITCHES,
    *QUOTA_SWITCHES,
    *DRAW_SWITCHES,
    *BONUS_SWITCHES,
    *CLOSE_SWITCHES,
    *CREDITING_SWITCHES,
    *CURRENCY_SWITCHES,
    *LIMIT_SWITCHES,
    *PAYABLE_SWITCHES,
    *MATRIX_SWITCHES,
)
SWITCH_BY_NAME = {switch.name: switch for switch in SWITCHES}


def _annotation(switch: Switch) -> Any:
    """The type of a switch: one of its choices, or a ratio."""
    chosen: Any = Literal[tuple(switch.choices)] if switch.choices else Ratio
    return chosen | None


def _field(switch: Switch) -> Any:
    """A switch's field, with its sentence and with when it matters."""
    return Field(
        None,
        description=switch.question,
        json_schema_extra={"x-matters": switch.matters_when, "x-choices": dict(switch.choices)},
    )


def _conventions_model() -> type[BaseModel]:
    """A pydantic model with one optional field a switch."""
    fields: dict[str, Any] = {switch.name: (_annotation(switch), _field(switch)) for switch in SWITCHES}
    return create_model(
        "Conventions",
        __config__=ConfigDict(frozen=True, extra="forbid"),
        __doc__="Switches: one key each, see the table of switches.",
        **fields,
    )


if TYPE_CHECKING:

    class Conventions(BaseModel):
        """Switches: one key each."""

else:
    Conventions = _conventions_model()


def chosen(name: str, *blocks: BaseModel) -> Any:
    """The choice for a switch: of the first block that sets it; None where none does."""
    for block in blocks:
        choice = getattr(block, name)
        if choice is not None:
            return choice
    return None
