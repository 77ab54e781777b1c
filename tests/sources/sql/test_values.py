"""What a database has is what lands: a decimal that gains a digit, a time that loses its zone or a NULL that becomes an
empty text is a wrong payout or a missing one, and nobody sees it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.sources.sql.conftest import SqlCompany
from tests.sources.sql.servers import Served

MakeCompany = Callable[[str], SqlCompany]

DDL = {
    "postgresql": "create table rec (id text, a numeric(18,4), n text, d date, t timestamptz, b boolean, x bytea, "
    "f float8)",
    "mariadb": "create table rec (id varchar(9), a decimal(18,4), n text, d date, t timestamp(6) null, b boolean, "
    "x varbinary(9), f double)",
    "sqlite": "create table rec (id text, a text, n text, d text, t text, b boolean, x blob, f real)",
}
# The time and the bytes as each database writes them.
WRITTEN = {
    "postgresql": ("'2026-03-31 14:30:00.25+02'", "'\\x00ff'"),
    "mariadb": ("'2026-03-31 12:30:00.25'", "x'00ff'"),
    "sqlite": ("'2026-03-31 12:30:00.25Z'", "x'00ff'"),
}
READ = {
    "postgresql": ("2026-03-31 12:30:00.25+00", "-0.1000", "1e+20"),
    "mariadb": ("2026-03-31 12:30:00.250000+00:00", "-0.1000", "1e20"),
    "sqlite": ("2026-03-31 12:30:00.25Z", "-0.1", "1e+20"),
}
MAPPING = """
select
    id as opportunity_id,
    a as deal_amount,
    n as opportunity_name,
    d as close_date,
    t as created_at,
    b as x_flag,
    x as x_bytes,
    f as x_float,
    'Won' as stage_name
from rec
order by id;
"""
X_COLUMNS = ("x_flag", "x_bytes", "x_float")
EXTENSIONS = """extension_columns:
  - {table: opportunities, name: x_flag, type: boolean, meaning: flag}
  - {table: opportunities, name: x_bytes, meaning: bytes}
  - {table: opportunities, name: x_float, meaning: float}
"""


@pytest.mark.parametrize(
    ("database", "kind"), [(kind, kind) for kind in ("postgresql", "mariadb", "sqlite")], indirect=["database"]
)
def test_every_value_lands_as_the_text_that_says_exactly_what_it_is(
    database: Served, kind: str, company_of: MakeCompany
) -> None:
    time, data = WRITTEN[kind]
    text = 'a,"b"\nc'
    database.run(
        DDL[kind],
        f"insert into rec values ('1', '12345678901234.5670', '{text}', '2026-03-31', {time}, true, {data}, 0.1)",
        "insert into rec values ('2', '-0.1', '', '1001-01-01', null, false, null, 1e20), "
        "('3', null, null, null, null, null, null, null)",
    )
    company = company_of(database.url)
    path = company.folder / "company.yml"
    path.write_text(path.read_text() + EXTENSIONS)
    company.map("opportunities", MAPPING)
    rows = company.rows(company.land()["opportunities"])
    names = ("opportunity_id", "deal_amount", "opportunity_name", "close_date", "created_at", *X_COLUMNS)
    instant, amount, large = READ[kind]
    assert [tuple(row[name] for name in names) for row in rows[:2]] == [
        ("1", "12345678901234.5670", text, "2026-03-31", instant, "true", "\\x00ff", "0.1"),
        ("2", amount, "", "1001-01-01", None, "false", None, large),
    ]
    assert {rows[2][name] for name in names[1:]} == {None}
    assert [(row["_file"], row["_row"]) for row in rows] == [("sources/erp/opportunities.sql", n) for n in (1, 2, 3)]


def test_times_without_an_offset_are_in_the_declared_zone(database: Served, company_of: MakeCompany) -> None:
    database.run("create table deals (id int, made timestamp)", "insert into deals values (1, '2026-03-31 14:30:00')")
    company = company_of(database.url)
    company.configure(timestamp_zone="Europe/Berlin")
    company.map("opportunities", "select id as opportunity_id, 'Won' as stage_name, made as created_at from deals")
    (row,) = company.rows(company.land()["opportunities"])
    assert row["created_at"] == "2026-03-31 14:30:00[Europe/Berlin]"


def test_rows_come_in_many_batches_and_all_of_them(
    database: Served, company_of: MakeCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openspm.sources.sql.postgresql.BATCH_BYTES", 1000)
    database.run("create table deals as select n as id, repeat('ä,\"', 30) as name from generate_series(1, 500) as n")
    company = company_of(database.url)
    company.map("accounts", "select id as account_id, name as account_name from deals order by id")
    rows = company.rows(company.land()["accounts"])
    assert [row["account_id"] for row in rows] == [str(n) for n in range(1, 501)]
    assert [row["_row"] for row in rows] == list(range(1, 501))
    assert {row["account_name"] for row in rows} == {'ä,"' * 30}
