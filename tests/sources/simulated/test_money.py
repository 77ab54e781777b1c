"""Money adds up in a clean simulated company: deals, lines, invoices, credit notes, contracts and payments.

Without it the reconciliation raises false alarms on a company in which nothing is wrong, and nobody trusts a true one.
"""

import duckdb
import pytest

from openspm.sources.simulated import SimulatedCompany


@pytest.fixture(scope="module")
def books(clean: SimulatedCompany):
    with duckdb.connect() as connection:
        for name, table in clean.tables.items():
            connection.register(name, table)
        yield connection


def test_lines_add_up_to_deals(books) -> None:
    assert (
        books.sql("""
        select opportunity_id from opportunities left join opportunity_lines using (opportunity_id)
        group by opportunity_id, deal_amount
        having sum(line_amount::decimal(18, 2)) is distinct from deal_amount::decimal(18, 2)
    """).fetchall()
        == []
    )


def test_invoices_less_credit_notes_add_up_to_deals(books) -> None:
    billed = """
        with credits as (
            select invoice_id, sum(net_amount::decimal(18, 2)) as credited from credit_notes group by invoice_id
        ), billed as (
            select o.opportunity_id, o.deal_amount::decimal(18, 2) as deal, sum(i.net_amount::decimal(18, 2)) as net,
                sum(coalesce(c.credited, 0)) as credited, min(i.currency_code = o.currency_code) as same_currency
            from invoices i join opportunities o using (opportunity_id) left join credits c using (invoice_id)
            group by 1, 2
        )
        select count(*), count(*) filter (net - credited <> deal), count(*) filter (not same_currency),
            sum(credited) > 0
        from billed"""
    count, wrong, other_currency, some_credited = books.sql(billed).fetchone()
    assert count > 2000
    assert (wrong, other_currency, some_credited) == (0, 0, True)


def test_every_won_deal_is_invoiced_within_ten_days(books) -> None:
    assert (
        books.sql("""
        select opportunity_id from opportunities where stage_name = 'Closed Won' and close_date < '2026-05-20'
        and opportunity_id not in (select opportunity_id from invoices)""").fetchall()
        == []
    )
    assert books.sql("""
        select count(*) from invoices join opportunities using (opportunity_id) where stage_name <> 'Closed Won'
        or invoice_date < close_date""").fetchone() == (0,)


def test_invoice_lines_add_up_and_payments_stay_below_the_invoice(books) -> None:
    assert (
        books.sql("""
        select invoice_id from invoices join invoice_lines using (invoice_id) group by invoice_id, net_amount
        having sum(line_amount::decimal(18, 2)) <> net_amount::decimal(18, 2)""").fetchall()
        == []
    )
    assert (
        books.sql("""
        select invoice_id from invoices join payments using (invoice_id) group by invoice_id, net_amount, tax_amount
        having sum(payment_amount::decimal(18, 2)) > net_amount::decimal(18, 2) + tax_amount::decimal(18, 2)
        """).fetchall()
        == []
    )


def test_partial_payments_exist(books) -> None:
    partial = "select count(*) from (select invoice_id from payments group by 1 having count(*) > 1)"
    assert books.sql(partial).fetchone()[0] > 50


def test_contracts_follow_won_deals_and_renew_one_another(books) -> None:
    assert (
        books.sql("""
        select opportunity_id from opportunities left join contracts using (opportunity_id)
        where opportunity_kind_code <> 'expansion'
        and (stage_name = 'Closed Won') <> (contract_id is not null)""").fetchall()
        == []
    )
    assert (
        books.sql("""
        select n.contract_id from contracts n join contracts o on n.renewed_from_contract_id = o.contract_id
        where n.start_date <= o.end_date or o.cancelled_date is not null""").fetchall()
        == []
    )
    renewed, cancelled = books.sql(
        "select count(renewed_from_contract_id), count(cancelled_date) from contracts"
    ).fetchone()
    assert renewed > 500
    assert cancelled > 20


def test_three_currencies_have_rates_on_every_day(books) -> None:
    used = books.sql("select distinct currency_code from opportunities order by 1").fetchall()
    assert used == [("EUR",), ("GBP",), ("USD",)]
    days, first = books.sql("""
        select count(distinct rate_date), min(rate_date) from fx_rates
        where rate_kind_code = 'spot' and from_currency_code = 'USD'
        """).fetchone()
    assert days == 1096
    assert first <= books.sql("select min(left(created_at, 10)) from opportunities").fetchone()[0]
