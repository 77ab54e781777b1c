"""What a plan file may say: pydantic models, from which the JSON Schema and docs/plans.md are generated.

Here: the words, their types and meanings, one module a subject. Not here: which switch matters (switches) and which
combinations are refused (refusals).
"""

from openspm.plans.schema.bonuses import (
    AMOUNT_EVENTS,
    PERIOD_EVENTS,
    RATIO_EVENTS,
    Contest,
    FixedPay,
    Linked,
    Mbo,
    Pool,
    PoolWeight,
    RatioOfComponents,
    Spiff,
    WeightedComponent,
)
from openspm.plans.schema.calendar import CalendarWeeks, PlanCalendar
from openspm.plans.schema.credits import CreditRule, EventFilter
from openspm.plans.schema.currencies import Payout, PlanRates
from openspm.plans.schema.curve import Curve, Point, Step, Tier
from openspm.plans.schema.draws import Draw, DrawGrant
from openspm.plans.schema.limits import EventMeasure, FactorFilter, FactorTier, Gate, Limit, Multiplier, PlanLimit
from openspm.plans.schema.matrix import MatrixAxis
from openspm.plans.schema.payables import Clawback, Holdback, Trigger
from openspm.plans.schema.plan import Component, Plan
from openspm.plans.schema.quotas import PlanProration, Proration, Quota, RampStep, Spread
from openspm.plans.schema.words import PERIOD_KINDS, Block, CurrencyCode, Identifier, PeriodKind

__all__ = [
    "AMOUNT_EVENTS",
    "PERIOD_EVENTS",
    "PERIOD_KINDS",
    "RATIO_EVENTS",
    "Block",
    "CalendarWeeks",
    "Clawback",
    "Component",
    "Contest",
    "CreditRule",
    "CurrencyCode",
    "Curve",
    "Draw",
    "DrawGrant",
    "EventFilter",
    "EventMeasure",
    "FactorFilter",
    "FactorTier",
    "FixedPay",
    "Gate",
    "Holdback",
    "Identifier",
    "Limit",
    "Linked",
    "MatrixAxis",
    "Mbo",
    "Multiplier",
    "Payout",
    "PeriodKind",
    "Plan",
    "PlanCalendar",
    "PlanLimit",
    "PlanProration",
    "PlanRates",
    "Point",
    "Pool",
    "PoolWeight",
    "Proration",
    "Quota",
    "RampStep",
    "RatioOfComponents",
    "Spiff",
    "Spread",
    "Step",
    "Tier",
    "Trigger",
    "WeightedComponent",
]
