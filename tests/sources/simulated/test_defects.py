"""Every documented defect is in the data, with its ids, and nothing else differs from the clean company.

Without it a gate is praised for finding what is not there, or a defect spreads to records that no list names.
"""

import duckdb
import pytest

from openspm.sources.simulated import SimulatedCompany, SimulationSettings, generate

# A query on the company with defects for each kind: the ids of the records that show it.
SYMPTOMS = {
    "closed_deal_without_invoice": """
        select opportunity_id from opportunities where stage_name = 'Closed Won' and close_date < '2026-04-01'
        and opportunity_id not in (select opportunity_id from invoices where opportunity_id is not null)""",
    "invoice_unequal_to_deal": """
        select invoice_id from invoices i where try_cast(net_amount as decimal(18, 2)) <> (
        select sum(try_cast(line_amount as decimal(18, 2))) from invoice_lines l where l.invoice_id = i.invoice_id)""",
    "invoice_long_after_close": """
        select invoice_id from invoices join opportunities using (opportunity_id)
        where date_diff('day', try_cast(close_date as date), try_cast(invoice_date as date)) > 60""",
    "invoice_in_other_currency": """
        select invoice_id from invoices i join opportunities o using (opportunity_id)
        where i.currency_code <> o.currency_code and o.currency_code <> 'XQZ'""",
    "invoice_for_no_deal": "select invoice_id from invoices where opportunity_id is null",
    "duplicate_lead": "select max(lead_id) from leads where email is not null group by email having count(*) > 1",
    "stale_close_date": """
        select opportunity_id from opportunities where stage_name not like 'Closed%' and close_date < '2026-05-31'""",
    "split_at_99_percent": """
        select opportunity_id from opportunity_splits where split_kind_code = 'revenue' group by 1
        having sum(split_ratio::decimal(4, 2)) <> 1""",
    "unknown_currency": "select opportunity_id from opportunities where currency_code = 'XQZ'",
}


@pytest.fixture(scope="module")
def records(demo: SimulatedCompany):
    with duckdb.connect() as connection:
        for name, table in demo.tables.items():
            connection.register(name, table)
        yield connection


@pytest.mark.parametrize("kind", SYMPTOMS)
def test_the_list_is_what_a_query_finds(kind: str, demo: SimulatedCompany, records) -> None:
    listed = {record for defect in demo.defects if defect.kind == kind for record in defect.record_ids}
    found = {row[0] for row in records.sql(SYMPTOMS[kind]).fetchall()}
    assert listed
    assert found == listed


def test_fields_are_missing_or_unreadable_where_the_list_says(demo: SimulatedCompany, clean: SimulatedCompany) -> None:
    for defect in demo.defects:
        if defect.kind in {"missing_field", "unparsable_date", "unparsable_amount"}:
            column = defect.description.split()[0 if defect.kind != "missing_field" else 1].rstrip(".")
            key = demo.tables[defect.table].column_names[0]
            spoiled = dict(zip(*(demo.tables[defect.table][name].to_pylist() for name in (key, column)), strict=True))
            sound = dict(zip(*(clean.tables[defect.table][name].to_pylist() for name in (key, column)), strict=True))
            for record in defect.record_ids:
                assert spoiled[record] != sound[record], defect
                assert (spoiled[record] is None) == (defect.kind == "missing_field"), defect


def test_nothing_differs_but_what_is_listed(demo: SimulatedCompany, clean: SimulatedCompany) -> None:
    listed = {record for defect in demo.defects for record in defect.record_ids}
    for name, table in demo.tables.items():
        if name in {"invoices", "invoice_lines", "payments", "credit_notes", "fx_rates", "quotas", "goals"}:
            continue
        before = {tuple(row.values()) for row in clean.tables[name].to_pylist()}
        for row in table.to_pylist():
            if tuple(row.values()) not in before:
                assert {row[table.column_names[0]], row.get("opportunity_id")} & listed, (name, row)


def test_defects_are_few(demo: SimulatedCompany) -> None:
    assert sum(len(defect.record_ids) for defect in demo.defects if defect.table == "opportunities") < 60


def test_a_clean_company_has_none(clean: SimulatedCompany) -> None:
    assert clean.defects == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_kind_is_planted_for_any_seed(seed: int, demo: SimulatedCompany) -> None:
    company = generate(SimulationSettings(seed=seed, opportunity_count=3000))
    assert {defect.kind for defect in company.defects} == {defect.kind for defect in demo.defects}
    assert {*SYMPTOMS, "missing_field", "unparsable_date", "unparsable_amount"} == {d.kind for d in company.defects}
