"""Adventure Works runs through the main job with no change to code; its sales, credits and attainment are known.

Without it a join may multiply or drop sales on their way from invoices to credits, and pay follows.
"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.examples.published import Example

pytestmark = pytest.mark.public_data

SALES = Decimal("77548570.20")


@pytest.fixture(scope="module")
def adventureworks(public_data: Path, publish: Callable[[str], Example]) -> Example:
    return publish("adventureworks")


def test_sales_reach_invoices_to_the_cent(adventureworks: Example) -> None:
    assert adventureworks.rows("select count(*), sum(net_amount) from marts.fct_invoices") == [(3616, SALES)]


def test_sales_reach_credits_to_the_cent(adventureworks: Example) -> None:
    assert adventureworks.rows("""
        select sum(quota_credit_amount), sum(pay_credit_amount), count(distinct payee_id) from marts.fct_credits
        """) == [(SALES, SALES, 17)]


def test_every_employee_quarter_has_attainment(adventureworks: Example) -> None:
    assert adventureworks.rows("""
        with quarters as (
            select payee_id, window_period_id, max_by(attainment_ratio, period_id) as attainment_ratio,
                max_by(measure_amount, period_id) as measure_amount, max(quota_amount) as quota_amount
            from marts.fct_attainment
            group by payee_id, window_period_id
        )
        select count(*), count(attainment_ratio), sum(measure_amount) from quarters where quota_amount is not null
        """) == [(163, 163, SALES)]


def test_attainment_of_a_known_quarter(adventureworks: Example) -> None:
    sales, quota, ratio = adventureworks.rows("""
        select measure_amount, quota_amount, attainment_ratio from marts.fct_attainment
        where payee_id = '191644724' and window_period_id = '2018-Q1' order by period_id desc limit 1""")[0]
    invoiced = adventureworks.value("""
        select sum(net_amount) from marts.fct_invoices
        where payee_id = '191644724' and invoice_date between '2018-01-01' and '2018-03-31'""")
    assert sales == invoiced
    assert quota == Decimal(665_000)
    assert abs(ratio - sales / quota) < Decimal("0.000001")


def test_the_last_quarter_is_not_complete(adventureworks: Example) -> None:
    assert adventureworks.rows("""
        select distinct window_period_id from marts.fct_attainment where not is_window_complete""") == [("2020-Q2",)]


def test_the_plan_pays_what_its_tiers_say(adventureworks: Example) -> None:
    """Recompute a marginal plan from attainment alone: 1 % to 90 %, 1.5 % to 100 %, 2 % to 125 %, 2.5 % beyond."""
    paid = adventureworks.rows("""
        with sold as (
            select payee_id, window_period_id, max_by(measure_amount, period_id) as x, max(quota_amount) as q
            from marts.fct_attainment group by payee_id, window_period_id
        ), lines as (
            select payee_id, window_period_id, sum(earned_amount) as earned, count(*) as line_count
            from marts.fct_payout_lines group by payee_id, window_period_id
        )
        select sold.x, sold.q, lines.earned, lines.line_count from sold join lines using (payee_id, window_period_id)
        where sold.q is not null""")
    assert len(paid) == 163
    for sales, quota, earned, line_count in paid:
        bounds = [Decimal(0), quota * Decimal("0.9"), quota, quota * Decimal("1.25"), Decimal("Infinity")]
        due = Decimal(0)
        for number, rate in enumerate(("0.01", "0.015", "0.02", "0.025")):
            due += max(Decimal(0), min(sales, bounds[number + 1]) - bounds[number]) * Decimal(rate)
        assert abs(earned - due) <= Decimal("0.005") * line_count, (sales, quota)


def test_costs_that_are_unknown_are_not_nothing(adventureworks: Example) -> None:
    assert adventureworks.value("select count(*) from marts.fct_invoices where cost_amount = 0") == 0


def test_nothing_is_quarantined(adventureworks: Example) -> None:
    assert adventureworks.value("select count(*) from marts.fct_quarantined_records") == 0
