"""The Maven CRM data runs through the main job with no change to code, and its known figures come out.

Without it a mapping, a join or a KPI may lose deals of a company that nobody of this project made up.
"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.examples.published import Example

pytestmark = pytest.mark.public_data


@pytest.fixture(scope="module")
def maven(public_data: Path, publish: Callable[[str], Example]) -> Example:
    return publish("maven")


def _company_total(maven: Example, kpi: str, column: str) -> Decimal:
    return maven.value(f"""
        select sum({column}) from marts.fct_kpis where subject_kind_code = 'company' and kpi_code = '{kpi}'
        and dimension_code = 'all' and period_kind_code = 'month'""")


def test_won_value_is_known(maven: Example) -> None:
    assert _company_total(maven, "won_value", "kpi_value") == Decimal(10_005_534)
    in_the_year = """
        select kpi_value from marts.fct_kpis where subject_kind_code = 'company' and kpi_code = 'won_value'
        and dimension_code = 'all' and period_id = '2017'"""
    assert maven.value(in_the_year) == Decimal(10_005_534)


def test_win_rate_is_known(maven: Example) -> None:
    numerator, denominator, rate = maven.rows("""
        select numerator, denominator, kpi_value from marts.fct_kpis where subject_kind_code = 'company'
        and kpi_code = 'win_rate_by_count' and dimension_code = 'all' and period_id = '2017'""")[0]
    assert (numerator, denominator) == (4238, 6711)
    assert round(rate, 4) == Decimal("0.6315")


def test_the_best_seller_is_known(maven: Example) -> None:
    assert maven.rows("""
        select payee_id, sum(booking_amount) from marts.fct_bookings group by 1 order by 2 desc limit 1
        """) == [("Darcel Schlecht", Decimal(1_153_214))]


def test_no_deal_is_lost_to_the_spelling_of_a_product(maven: Example) -> None:
    assert maven.rows("""
        select count(*), count(products.product_id), count(*) filter (products.product_name = 'GTX Pro')
        from marts.fct_opportunities as deals
        left join marts.dim_products as products on deals.primary_product_id = products.product_id
        """) == [(8800, 8800, 1480)]


def test_nothing_is_quarantined(maven: Example) -> None:
    assert maven.value("select count(*) from marts.fct_quarantined_records") == 0
    assert maven.value("select sum(rows_in_count) - sum(staged_count) from marts.fct_landed_rows") == 0


def test_marts_without_their_source_are_empty(maven: Example) -> None:
    for mart in ("fct_invoices", "fct_activities", "fct_credits", "fct_payouts", "fct_crm_finance_matches"):
        assert maven.value(f"select count(*) from marts.{mart}") == 0, mart


def test_the_win_model_says_that_it_does_not_know(maven: Example) -> None:
    scores = maven.rows("select distinct is_baseline from marts.fct_opportunity_scores")
    assert scores == [(True,)]
    accuracy = maven.rows("""
        select model_value from marts.fct_forecast_accuracy
        where target_code = 'opportunity' and metric_code = 'auc'""")
    assert all(value is None or value < 0.6 for (value,) in accuracy)
