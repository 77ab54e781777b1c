"""A database is read completely, on one state, and only what changed where that is asked for.

Without these a record that is saved while the night reads is lost for good, one that was deleted is paid for ever, and
a failed night moves the mark from which the next one reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from openspm.company import load_company
from openspm.contract import load_contract
from openspm.errors import OpenspmError, SourceRefused, SourceUnreachable
from openspm.landing import read_manifests
from openspm.sources import ExtractRequest, open_source
from openspm.sources.sql.source import SqlSource
from tests.sources.sql.conftest import NOON, SqlCompany
from tests.sources.sql.servers import PASSWORD, READER, Served

MakeCompany = Callable[[str], SqlCompany]
EACH = pytest.mark.parametrize("database", ["postgresql", "mariadb", "sqlite"], indirect=True)
INVOICES = (
    "create table invoice (id varchar(9) primary key, day date, net numeric(18,2), saved timestamp)",
    "insert into invoice values ('a', '2026-05-01', 10.50, '2026-05-01 10:00:00'), "
    "('b', '2026-05-02', 20.00, '2026-05-02 10:00:00'), ('c', '2026-05-03', 30.00, '2026-05-03 10:00:00')",
)
MAPPING = (
    "select id as invoice_id, day as invoice_date, net as net_amount, 'EUR' as currency_code, saved\n"
    "from invoice\norder by id"
)
INCREMENTAL = {"invoices": {"column": "saved", "look_back": 3600}}


@pytest.fixture
def company(database: Served, company_of: MakeCompany) -> SqlCompany:
    """A company with three invoices in its database, read by what changed."""
    database.run(*INVOICES)
    made = company_of(database.url)
    made.configure(incremental=INCREMENTAL)
    made.map("invoices", MAPPING)
    return made


def landed(company: SqlCompany, days: float, **environ: str) -> tuple[str, list[str]]:
    """Land after some days: the kind of the batch, and the keys in it."""
    manifest = company.land(days, **environ)["invoices"]
    return manifest.kind, [row["invoice_id"] for row in company.rows(manifest)]


@EACH
def test_after_the_first_night_only_changes_are_read_and_late_ones_too(database: Served, company: SqlCompany) -> None:
    assert landed(company, 0) == ("full", ["a", "b", "c"])
    assert landed(company, 1) == ("delta", ["c"])
    database.run(
        "insert into invoice values ('d', '2026-05-04', 40, '2026-05-04 10:00:00')",
        # Saved before the last one and committed after it, as transactions do.
        "insert into invoice values ('e', '2026-05-03', 50, '2026-05-03 09:30:00')",
        "insert into invoice values ('f', '2026-05-03', 60, null)",
        "update invoice set net = 11, saved = '2026-05-04 11:00:00' where id = 'a'",
    )
    assert landed(company, 2) == ("delta", ["a", "c", "d", "e", "f"])
    assert landed(company, 3) == ("delta", ["a", "d", "f"])
    cursors = [manifest.cursor for manifest in read_manifests(company.settings().state("acme")) if manifest.cursor]
    values = [json.loads(cursor)["value"][:13] for cursor in cursors]
    assert values == ["2026-05-03 10", "2026-05-03 10", "2026-05-04 11", "2026-05-04 11"]


@EACH
def test_deleted_records_are_found_by_a_full_compare(database: Served, company: SqlCompany) -> None:
    landed(company, 0)
    database.run("delete from invoice where id = 'a'")
    assert landed(company, 1) == ("delta", ["c"])
    assert landed(company, 6) == ("delta", ["c"])
    assert landed(company, 7) == ("full", ["b", "c"])
    assert landed(company, 8) == ("delta", ["c"])
    database.run("delete from invoice where id = 'b'")
    assert landed(company, 9, OPENSPM_FULL_COMPARE="true") == ("full", ["c"])


def test_a_changed_mapping_is_read_in_full(company: SqlCompany) -> None:
    landed(company, 0)
    company.map("invoices", MAPPING.replace("'EUR'", "'USD'"))
    assert landed(company, 1) == ("full", ["a", "b", "c"])


def test_a_source_that_says_what_it_deleted_needs_no_full_compare(database: Served, company: SqlCompany) -> None:
    database.run("alter table invoice add gone boolean")
    company.map("invoices", MAPPING.replace("saved\n", "saved, gone as _is_deleted\n"))
    landed(company, 0)
    database.run("update invoice set gone = true, saved = '2026-06-01 10:00:00' where id = 'b'")
    rows = company.rows(company.land(1)["invoices"])
    assert [(row["invoice_id"], row["_is_deleted"]) for row in rows] == [("b", True), ("c", False)]


@EACH
def test_all_tables_of_a_run_are_of_one_state(database: Served, company_of: MakeCompany) -> None:
    if database.url.startswith("sqlite"):
        database.run("pragma journal_mode = wal")
    database.run("create table n (id int)", "insert into n values (1)")
    made = company_of(database.url)
    for table, key in (("accounts", "account"), ("products", "product")):
        made.map(table, f"select id as {key}_id, 'x' as {key}_name from n order by id")
    company = load_company(made.folder)
    request = ExtractRequest(company, made.settings(), extracted_at=NOON)
    counts = []
    for extract in open_source(company.sources[0]).extract(load_contract(), made.settings().state("acme"), request):
        counts.append(extract.data().read_all().num_rows)  # type: ignore[operator]
        database.run("insert into n values (2)")
    assert counts == [1, 1]


@EACH
def test_the_source_cannot_write(database: Served, company_of: MakeCompany) -> None:
    database.run("create table n (id int)")
    made = company_of(database.url)
    made.map("accounts", "insert into n values (1)")
    with pytest.raises(OpenspmError):
        made.land()
    if database.url.startswith("postgresql"):
        database.run("create function f() returns text language sql as 'insert into n values (1); select ''x''::text'")
        made.map("accounts", "select f() as account_id, 'x' as account_name")
        with pytest.raises(OpenspmError, match="read-only transaction"):
            made.land()


def test_a_night_that_fails_leaves_the_mark_where_it_was(database: Served, company: SqlCompany) -> None:
    landed(company, 0)
    database.run("insert into invoice values ('d', '2026-05-04', 40, '2026-05-04 10:00:00')")
    company.map("products", "select id as product_id, 1 / (net - 40) as product_name from invoice")
    before = read_manifests(company.settings().state("acme"))
    with pytest.raises(OpenspmError, match="division by zero") as caught:
        company.land(1)
    assert str(caught.value.where).startswith(str(company.folder / "sources" / "erp" / "products.sql"))
    assert read_manifests(company.settings().state("acme")) == before
    (company.folder / "sources" / "erp" / "products.sql").unlink()
    assert landed(company, 2) == ("delta", ["c", "d"])


def test_a_server_that_goes_away_while_it_is_read_is_unreachable(
    database: Served, company_of: MakeCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openspm.sources.sql.postgresql.BATCH_BYTES", 1 << 16)
    database.run("create table n as select id, repeat('x', 100) as name from generate_series(1, 200000) as id")
    made = company_of(database.url)
    made.map("accounts", "select id as account_id, name as account_name from n")
    shaped = SqlSource._shaped

    def cut(source: SqlSource, texts: pa.Array, kind: str, has_booleans: bool) -> pa.Array:
        database.run("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'openspm'")
        return shaped(source, texts, kind, has_booleans)

    monkeypatch.setattr(SqlSource, "_shaped", cut)
    with pytest.raises(SourceUnreachable) as caught:
        made.land()
    assert not isinstance(caught.value, SourceRefused)
    assert read_manifests(made.settings().state("acme")) == []


def test_a_database_that_is_not_there_ends_with_five(company_of: MakeCompany, tmp_path: Path) -> None:
    for url in ("postgresql://reader@127.0.0.1:1/erp", "mysql://reader@127.0.0.1:1/erp", "sqlite:///no/such.sqlite"):
        made = company_of(url)
        made.map("accounts", "select 1 as account_id, 'x' as account_name")
        with pytest.raises(SourceUnreachable) as caught:
            made.land()
        assert caught.value.exit_code == 5
        assert not isinstance(caught.value, SourceRefused)
        assert "source erp" in str(caught.value.where)
        check = made.check()
        assert (check.is_reachable, check.tables) == (False, {})
        assert [finding.status for finding in check.findings] == ["fail"]


def test_good_bad_and_missing_credentials(
    database: Served, company_of: MakeCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.run("create table n (id int, name text)", "create table hidden (id int)", f"grant select on n to {READER}")
    made = company_of(database.url.replace("postgres@", f"{READER}@"))
    made.map("accounts", "select id as account_id, name as account_name from n")
    made.map("products", "select id as product_id, 'x' as product_name from hidden")
    for password in (None, "wrong"):
        if password:
            monkeypatch.setenv("OPENSPM_SOURCE_ERP_PASSWORD", password)
        check = made.check()
        assert (check.is_reachable, check.is_authorised, check.tables) == (True, False, {})
        assert "OPENSPM_SOURCE_ERP_PASSWORD" in check.findings[0].next_step
        with pytest.raises(SourceRefused) as caught:
            made.land()
        assert caught.value.exit_code == 5
    monkeypatch.setenv("OPENSPM_SOURCE_ERP_PASSWORD", PASSWORD)
    check = made.check()
    assert (check.is_reachable, check.is_authorised) == (True, True)
    assert check.tables == {"accounts": ("account_id", "account_name")}
    assert [finding.subject for finding in check.findings] == ["source erp, products"]
    assert "permission denied for table hidden" in check.findings[0].message
    with pytest.raises(SourceRefused):
        made.land()
    database.run(f"grant select on hidden to {READER}")
    assert set(made.check().tables) == {"accounts", "products"}
    assert set(made.land()) == {"accounts", "products"}


@pytest.mark.parametrize(
    ("sql", "message", "line"),
    [
        ("select\n    id as account_id,\n    nam as account_name\nfrom n", 'column "nam" does not exist', 3),
        ("select id as account_id from n", "does not give 'account_name'", None),
        ("select id as account_id, name as account_name, name as title from n", "gives 'title'", None),
        ("select id as account_id, id as account_id, name as account_name from n", "'account_id' twice", None),
        ("select id as account_id, name as account_name from n; drop table n", "syntax error", 1),
    ],
)
def test_a_mapping_that_does_not_fit_is_named_with_its_line(
    database: Served, company_of: MakeCompany, sql: str, message: str, line: int | None
) -> None:
    database.run("create table n (id int, name text)")
    made = company_of(database.url)
    made.map("accounts", sql)
    for finding in made.check().findings:
        assert message in finding.message
        assert f"accounts.sql{f':{line}' if line else ''}" in finding.message
    with pytest.raises(OpenspmError) as caught:
        made.land()
    assert message in caught.value.message


def test_settings_that_cannot_work_are_refused(company_of: MakeCompany) -> None:
    made = company_of("sqlite:///erp.sqlite")
    for options, message in (
        ({"url": "postgresql://reader:canary@db/erp"}, "must hold no password"),
        ({"url": "postgresql://db/erp?user=reader&password=canary"}, "must hold no password"),
        ({"url": "oracle://db/erp"}, "must begin with one of"),
        ({"timestamp_zone": "Berlin"}, "no IANA time zone"),
    ):
        made.configure(**options)
        with pytest.raises(OpenspmError, match=message) as caught:
            load_company(made.folder)
        assert "canary" not in str(caught.value)
    made.configure(incremental={"invoices": {"column": "saved"}})
    with pytest.raises(OpenspmError, match="no mapping gives"):
        made.land()
    made.url = ""
    made.configure()
    with pytest.raises(OpenspmError, match="has no URL"):
        made.land()
