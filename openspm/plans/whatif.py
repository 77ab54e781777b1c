"""What would another plan have paid: the engine of a night on the landed history, under the live and the new rules.

Cost, who wins and who loses, and how attainment is spread. Held payouts are counted and left out of every sum, so that
an unknown number is never compared with a known one.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from openspm.company import Company
from openspm.errors import OpenspmError
from openspm.plans.load import PLANS_FOLDER, LoadedPlan, check_plans, company_conventions, plan_files
from openspm.plans.reading import Document, PlanRefused, read_document
from openspm.plans.scenarios import LIVE, Record, scenario
from openspm.settings import Settings, StatePaths

NEW = "whatif"
BUCKET_BOUNDS = (50, 75, 90, 100, 110, 125, 150)

PERIODS = """
    select distinct pay.period_id
    from staging.stg_planning__calendars as asked
    inner join staging.stg_planning__calendars as pay
        on pay.calendar_id = asked.calendar_id and pay.rule_set_id = asked.rule_set_id
        and pay.start_date >= asked.start_date and pay.end_date <= asked.end_date
    where asked.period_id = ?
"""
PAYOUTS = """
    select rule_set_id, payee_id, plan_id, currency_code, sum(earned_amount) as earned_amount,
        max(case when is_held then 1 else 0 end) = 1 as is_held
    from marts.fct_payouts
    where period_id in (select unnest(?)) and rule_set_id in ('live', 'whatif')
    group by all
    order by all
"""
# Pay for a period, such as a fixed amount, is credited without anything that was sold.
EVENTS = """
    select rule_set_id, count(distinct (event_kind_code, event_id)) as events
    from marts.fct_credits
    where period_id in (select unnest(?)) and rule_set_id in ('live', 'whatif') and credit_kind_code <> 'period'
    group by all
"""
ATTAINMENT = """
    with periods as (
        select distinct rule_set_id, calendar_id, period_id, end_date from staging.stg_planning__calendars
    ),
    attained as (
        select
            attainment.rule_set_id, attainment.attainment_ratio,
            row_number() over (
                partition by
                    attainment.rule_set_id, attainment.payee_id, attainment.plan_id, attainment.component_id
                order by periods.end_date desc
            ) as newest
        from marts.fct_attainment as attainment
        inner join periods using (rule_set_id, calendar_id, period_id)
        where attainment.period_id in (select unnest(?)) and attainment.rule_set_id in ('live', 'whatif')
    )
    select rule_set_id, attainment_ratio, count(*) as payees
    from attained
    where newest = 1 and attainment_ratio is not null
    group by all
    order by all
"""


@dataclass(frozen=True)
class PayeeChange:
    """What a payee would have earned; a plan's pay stands in one currency, so a payee may have several rows."""

    payee_id: str
    currency_code: str
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        """More (above 0) or less under the new rules."""
        return self.after - self.before


@dataclass(frozen=True)
class WhatIf:
    """The comparison.

    Attributes:
        period_id: the period that was compared.
        replaced: plans of the company that the new ones stand for, and plans that are new.
        events: how many events are credited to somebody in the period, before and after.
        changes: every payee with a payout under either rules, the largest change first.
        held_payees: payees left out because a payout of theirs is held under one of the rules.
        attainment: payees and components by bucket of attainment in their newest pay period of it, before and after.
    """

    period_id: str
    replaced: tuple[str, ...]
    events: tuple[int, int]
    changes: tuple[PayeeChange, ...]
    held_payees: tuple[str, ...]
    attainment: tuple[tuple[str, int, int], ...]

    @property
    def is_without_events(self) -> bool:
        """Whether nothing that was sold counts, so that there is nothing to compare but pay without sales."""
        return self.events == (0, 0)

    @property
    def currencies(self) -> tuple[str, ...]:
        """Currencies that pay stands in."""
        return tuple(sorted({change.currency_code for change in self.changes}))

    def cost(self, currency_code: str) -> tuple[Decimal, Decimal]:
        """What all payees earn in a currency, before and after."""
        rows = [change for change in self.changes if change.currency_code == currency_code]
        return sum((row.before for row in rows), Decimal(0)), sum((row.after for row in rows), Decimal(0))

    @property
    def winners(self) -> tuple[PayeeChange, ...]:
        """Who earns more, the most first."""
        return tuple(change for change in self.changes if change.difference > 0)

    @property
    def losers(self) -> tuple[PayeeChange, ...]:
        """Who earns less, the most first."""
        return tuple(change for change in self.changes if change.difference < 0)


def what_if(
    company: Company, settings: Settings, state: StatePaths, new_files: Sequence[Path], period_id: str
) -> WhatIf:
    """Compute a period under the company's plans and under those with some replaced.

    Args:
        company: the company; its landed history is used as it lies.
        settings: threads and memory.
        state: the company's state, which is read and not written.
        new_files: plan files; one with the plan_id of a company's plan stands for its versions from its first day on.
        period_id: a month, quarter, half or year of a calendar of the plans.

    Raises:
        PlanRefused: a new plan that cannot be paid.
        OpenspmError: an unknown period, or nothing landed.
    """
    plans, replaced = _changed_plans(company, new_files)
    with scenario(company, settings, state) as world:
        world.add_rule_set(NEW, plans)
        world.build()
        periods = sorted(row["period_id"] for row in world.rows(PERIODS, [period_id]))
        if not periods:
            raise OpenspmError(
                f"No calendar has the period {period_id}",
                where="--period",
                next_step="Name a month, quarter or year such as 2026-03, 2026-Q1 or 2026.",
            )
        payouts = world.rows(PAYOUTS, [periods])
        spread = world.rows(ATTAINMENT, [periods])
        credited = {row["rule_set_id"]: row["events"] for row in world.rows(EVENTS, [periods])}
    changes, held = _changes(payouts)
    events = credited.get(LIVE, 0), credited.get(NEW, 0)
    return WhatIf(period_id, replaced, events, changes, held, _buckets(spread))


def _changed_plans(company: Company, new_files: Sequence[Path]) -> tuple[list[LoadedPlan], tuple[str, ...]]:
    """The company's plans with the new ones in their place, and the ids of those."""
    new = [read_document(path) for path in new_files]
    ids = {plan_id for plan_id in map(_plan_id, new) if plan_id is not None}
    kept = [
        document
        for path in plan_files(company.folder / PLANS_FOLDER)
        for document in _beside(read_document(path), [one for one in new if _plan_id(one) is not None])
    ]
    plans, faults = check_plans([*kept, *new], company_conventions(company))
    if faults:
        raise PlanRefused(faults)
    return plans, tuple(sorted(ids))


def _plan_id(document: Document) -> str | None:
    return str(document.content.get("plan_id")) if isinstance(document.content, dict) else None


def _beside(old: Document, new: Sequence[Document]) -> Iterator[Document]:
    """A plan of the company as it holds beside the new ones.

    A version that began before the new ones of its plan holds until the day before, as it would if the company took
    them: without it those days would be paid by nothing, and the new plan would seem to save all that they cost.
    """
    replacing = [one for one in new if _plan_id(one) == _plan_id(old)]
    if not replacing:
        yield old
        return
    begin, begins = _day(old, "valid_from"), [_day(one, "valid_from") for one in replacing]
    known = [day for day in begins if day is not None]
    if begin is None or len(known) < len(begins) or begin >= min(known):
        return
    first = min(known)
    if old.content.get("version") in {one.content.get("version") for one in replacing}:
        raise OpenspmError(
            f"Version {old.content.get('version')} of {_plan_id(old)} begins on {begin}, and the new one of the same "
            f"number on {first}: the days between would be paid by nothing",
            where=str(replacing[0].path),
            next_step="Give the new version another number; the one before it then holds until it begins.",
        )
    last = min(_day(old, "valid_to") or datetime.date.max, first - datetime.timedelta(days=1))
    yield replace(old, content={**old.content, "valid_to": last.isoformat()})


def _day(document: Document, key: str) -> datetime.date | None:
    """A day of a plan; None where it is absent or written wrongly, which is told when the plan is checked."""
    try:
        return datetime.date.fromisoformat(str(document.content.get(key)))
    except ValueError:
        return None


def _changes(payouts: Sequence[Record]) -> tuple[tuple[PayeeChange, ...], tuple[str, ...]]:
    """Each payee before and after, and the payees of whom something is held."""
    held = {row["payee_id"] for row in payouts if row["is_held"]}
    sums: dict[tuple[str, str], dict[str, Decimal]] = {}
    for row in payouts:
        if row["payee_id"] not in held:
            by_rules = sums.setdefault((row["payee_id"], row["currency_code"]), {})
            by_rules[row["rule_set_id"]] = by_rules.get(row["rule_set_id"], Decimal(0)) + row["earned_amount"]
    changes = [
        PayeeChange(payee, currency, by_rules.get(LIVE, Decimal(0)), by_rules.get(NEW, Decimal(0)))
        for (payee, currency), by_rules in sums.items()
    ]
    return tuple(sorted(changes, key=lambda row: (-abs(row.difference), row.payee_id))), tuple(sorted(held))


def bucket_names() -> list[str]:
    """The buckets of attainment, from the lowest."""
    bounds = BUCKET_BOUNDS
    inner = [f"{low}-{high} %" for low, high in pairwise(bounds)]
    return [f"below {bounds[0]} %", *inner, f"from {bounds[-1]} %"]


def _buckets(spread: Sequence[Record]) -> tuple[tuple[str, int, int], ...]:
    """Payees and components by bucket of attainment; a bound belongs to the bucket above it."""
    counts = {LIVE: [0] * (len(BUCKET_BOUNDS) + 1), NEW: [0] * (len(BUCKET_BOUNDS) + 1)}
    for row in spread:
        at = sum(row["attainment_ratio"] * 100 >= bound for bound in BUCKET_BOUNDS)
        counts[row["rule_set_id"]][at] += row["payees"]
    return tuple(zip(bucket_names(), counts[LIVE], counts[NEW], strict=True))
