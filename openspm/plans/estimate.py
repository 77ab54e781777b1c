"""What a deal that nobody has closed would pay, and how much must be sold to earn a sum.

The deal is put beside the landed ones and the engine of a night computes both worlds; an estimate is the difference of
a payee's earnings in every period. Others' earnings may change too (managers, teams): those are not shown.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from openspm.company import Company
from openspm.errors import OpenspmError
from openspm.plans.currencies import minor_unit_digits
from openspm.plans.scenarios import LIVE, Record, Scenario, scenario
from openspm.settings import Settings, StatePaths

DEAL_ID = "openspm-estimate"
MOST_DOUBLINGS = 24

WON_STAGE = (
    "select stage_name from landing.stage_map where stage_status_code = 'won' and _is_current order by 1 limit 1"
)
USER = "select user_id from landing.users where employee_id = ? and _is_current order by 1 limit 1"
LINES = f"""
    select component_id, period_id, currency_code, sum(earned_amount) as earned_amount, count(*) as line_count,
        max(case when is_held then 1 else 0 end) = 1 as is_held,
        coalesce(
            min(case when is_held and event_id = '{DEAL_ID}' then cause_text end),
            min(case when is_held then cause_text end)
        ) as cause_text
    from marts.fct_payout_lines
    where payee_id = ? and rule_set_id = ?
    group by all
    order by all
"""


@dataclass(frozen=True)
class Deal:
    """A deal that nobody has closed.

    Attributes:
        amount: its amount in `currency_code`.
        close_date: the day on which it would be won.
        kind: new, expansion or renewal, or what the CRM names otherwise.
        term_months: months that its amount pays for.
    """

    amount: Decimal
    currency_code: str
    close_date: datetime.date
    kind: str
    term_months: int


@dataclass(frozen=True)
class ExtraPay:
    """What a deal adds to a component's pay in a period; None where something is held, and the cause says why."""

    component_id: str
    period_id: str
    currency_code: str
    extra_amount: Decimal | None
    cause_text: str | None = None


@dataclass(frozen=True)
class Estimate:
    """The estimate for one deal; `extras` is empty where the payee is not credited for it."""

    deal: Deal
    extras: tuple[ExtraPay, ...]

    @property
    def total(self) -> Decimal | None:
        """All periods and components together; None where something is held."""
        known = [extra.extra_amount for extra in self.extras if extra.extra_amount is not None]
        return sum(known, Decimal(0)) if len(known) == len(self.extras) else None


class Estimator:
    """Estimates for one payee on a company's landed history; the world without the deal is computed once."""

    def __init__(self, world: Scenario, payee_id: str, close_date: datetime.date | None) -> None:
        """Compute what the payee earns without the deal.

        Raises:
            OpenspmError: nobody of that id is a user, or the company has no won stage.
        """
        self._world, self._payee_id = world, payee_id
        self._stage = self._only(WON_STAGE, [], "No stage of planning/stage_map.csv is won", "planning/stage_map.csv")
        self._user = self._only(USER, [payee_id], f"{payee_id} is no user of the CRM", "users.employee_id")
        known_day = world.rows("select as_of_date from landing.run")[0]["as_of_date"]
        self.close_date: datetime.date = close_date or known_day
        # A deal of a later day counts only on a run for that day.
        world.execute("update landing.run set as_of_date = greatest(as_of_date, ?)", [self.close_date])
        world.build()
        self._before = self._lines()

    def estimate(self, deal: Deal) -> Estimate:
        """What the deal adds to the payee's pay."""
        self._world.set_rows(
            "opportunities",
            [
                {
                    "opportunity_id": DEAL_ID,
                    "opportunity_name": "Estimate",
                    "opportunity_kind_code": deal.kind,
                    "owner_user_id": self._user,
                    "stage_name": self._stage,
                    "deal_amount": f"{deal.amount:f}",
                    "currency_code": deal.currency_code,
                    "created_at": f"{deal.close_date.isoformat()}T00:00:00Z",
                    "close_date": deal.close_date.isoformat(),
                    "term_months": str(deal.term_months),
                }
            ],
        )
        self._world.build("stg_crm__opportunities")
        return Estimate(deal, tuple(_extras(self._before, self._lines())))

    def _lines(self) -> list[Record]:
        return self._world.rows(LINES, [self._payee_id, LIVE])

    def _only(self, query: str, values: Sequence[object], fault: str, where: str) -> str:
        found = self._world.rows(query, values)
        if not found:
            raise OpenspmError(fault, where=where, next_step="Name a payee of dim_payees who owns deals.")
        return str(next(iter(found[0].values())))


def estimate_deal(
    company: Company,
    settings: Settings,
    state: StatePaths,
    payee_id: str,
    amount: Decimal,
    currency_code: str | None = None,
    close_date: datetime.date | None = None,
    kind: str = "new",
    term_months: int = 12,
) -> Estimate:
    """What a deal of an amount would pay a payee.

    Raises:
        OpenspmError: an unknown payee, or nothing landed.
    """
    with scenario(company, settings, state) as world:
        estimator = Estimator(world, payee_id, close_date)
        currency = currency_code or company.currency_code
        return estimator.estimate(Deal(amount, currency, estimator.close_date, kind, term_months))


def deal_to_earn(
    company: Company,
    settings: Settings,
    state: StatePaths,
    payee_id: str,
    sum_to_earn: Decimal,
    currency_code: str | None = None,
    close_date: datetime.date | None = None,
    kind: str = "new",
    term_months: int = 12,
) -> Estimate:
    """The smallest deal, to the minor unit, that pays a payee at least a sum more.

    Raises:
        OpenspmError: no deal pays that much (a cap, a plan that pays no deals), or something is held.
    """
    with scenario(company, settings, state) as world:
        estimator = Estimator(world, payee_id, close_date)
        currency = currency_code or company.currency_code
        found: dict[Decimal, Estimate] = {}

        def pays(amount: Decimal) -> Decimal:
            if amount not in found:
                found[amount] = estimator.estimate(Deal(amount, currency, estimator.close_date, kind, term_months))
            total = found[amount].total
            if total is None:
                causes = sorted({extra.cause_text for extra in found[amount].extras if extra.cause_text})
                raise OpenspmError(
                    f"Pay of {payee_id} is held on that day, so nothing can be estimated: {'; '.join(causes)}",
                    where="marts.fct_payout_lines",
                    next_step="Mend what is unknown, or name another --date.",
                )
            return total

        unit = Decimal(1).scaleb(-minor_unit_digits(currency))
        amount = smallest_amount(pays, sum_to_earn, unit)
        if amount is None:
            raise OpenspmError(
                f"No deal of {payee_id} pays that much more",
                where="the plan of the payee on that day",
                next_step="Look for a cap, a gate that is closed, or a plan that credits no such deals.",
            )
        return found[amount]


def smallest_amount(pays: Callable[[Decimal], Decimal], wanted: Decimal, unit: Decimal) -> Decimal | None:
    """The smallest amount that pays at least what is wanted, for pay that does not fall.

    Pay is straight lines between bounds, so the place where a line through two known amounts meets the sum is the
    answer as soon as both lie on one of them; otherwise the interval is halved.

    Args:
        pays: what an amount pays; the same for the same amount.
        wanted: the sum.
        unit: the answer's step.

    Returns:
        The amount; None where doubling finds none.
    """
    low, high = Decimal(0), max(unit, (wanted * 8).quantize(unit, ROUND_CEILING))
    for _ in range(MOST_DOUBLINGS):
        if pays(high) >= wanted:
            break
        low, high = high, high * 2
    else:
        return None
    low_pay = pays(low) if low else Decimal(0)
    halve = False
    while high - low > unit:
        high_pay = pays(high)
        if halve or high_pay == low_pay:
            guess = (low + high) / 2
        else:
            guess = low + (wanted - low_pay) * (high - low) / (high_pay - low_pay)
        guess = min(max(guess.quantize(unit, ROUND_CEILING), low + unit), high - unit)
        width = high - low
        paid = pays(guess)
        if paid >= wanted:
            high = guess
            # The line met the sum: the amount one step below tells whether this is the answer.
            below = high - unit
            if below > low and pays(below) < wanted:
                return high
        else:
            low, low_pay = guess, paid
        halve = (high - low) * 2 > width
    return high


def _extras(before: Sequence[Record], after: Sequence[Record]) -> list[ExtraPay]:
    """What the second world earns more, by component and period in which the deal makes a line or changes one.

    Pay that was held before is held with the deal too, and a deal above a cap adds a line of nothing: both are told,
    since neither is a deal that nobody is credited for.
    """
    keys = ("component_id", "period_id", "currency_code")
    known = {tuple(row[key] for key in keys): row for row in before}
    extras: list[ExtraPay] = []
    for row in after:
        earlier = known.get(tuple(row[key] for key in keys))
        is_held = row["is_held"] or (earlier is not None and earlier["is_held"])
        extra = None if is_held else row["earned_amount"] - (earlier["earned_amount"] if earlier else Decimal(0))
        is_touched = earlier is None or any(earlier[key] != row[key] for key in ("line_count", "is_held"))
        if is_touched or (extra is not None and extra != 0):
            cause = row["cause_text"] if is_held else None
            extras.append(ExtraPay(row["component_id"], row["period_id"], row["currency_code"], extra, cause))
    return extras
