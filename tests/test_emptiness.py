"""What a query says about when it can give no row is true, and never more than that.

What silently breaks without these: a mart that is empty on the first night on which a plan uses a rule, because
something that also feeds it was taken for all that feeds it.
"""

from __future__ import annotations

import itertools

import duckdb
import pytest

from openspm.emptiness import Condition, empty_when, is_met

TABLES = ("a", "b", "c")


def any_of(*parts: Condition) -> Condition:
    """One is enough."""
    return ("any", parts)


def all_of(*parts: Condition) -> Condition:
    """All are needed."""
    return ("all", parts)


QUERIES: dict[str, Condition | None] = {
    "select n from s.a where n > 1": "s.a",
    "with x as (select n from s.a), y as (select n from x) select n, count(*) from y group by n": "s.a",
    "select a.n from s.a as a inner join s.b as b on a.n = b.n": any_of("s.a", "s.b"),
    "select a.n from s.a as a cross join s.b as b": any_of("s.a", "s.b"),
    "select a.n from s.a as a left join s.b as b on a.n = b.n": "s.a",
    "select a.n from s.b as b right join s.a as a on a.n = b.n": "s.a",
    "select coalesce(a.n, b.n) as n from s.a as a full join s.b as b on a.n = b.n": all_of("s.a", "s.b"),
    "select n from s.a semi join s.b using (n)": any_of("s.a", "s.b"),
    "select n from s.a anti join s.b using (n)": "s.a",
    "select n from s.a union all select n from s.b": all_of("s.a", "s.b"),
    "select n from s.a union select n from s.b union select n from s.c": all_of("s.a", all_of("s.b", "s.c")),
    "select n from s.a except select n from s.b": "s.a",
    "select a.n from s.a as a, lateral (select b.n from s.b as b where b.n = a.n) as found": any_of("s.a", "s.b"),
    "select n from (select n from s.a) as named": "s.a",
    "with a as (select 1 as n) select n from a": None,
    "with a as (select 1 as n) select a.n from a inner join s.b as b on a.n = b.n": "s.b",
    "select n, sum(n) over (partition by n) as total from s.a": "s.a",
    "select n from s.a qualify row_number() over (order by n) = 1": "s.a",
    "select distinct n from s.a order by n limit 3": "s.a",
    "select unnest([n, n]) as n from s.a": "s.a",
    "select n from s.a where exists (select 1 from s.b)": "s.a",
    "select (select n from s.b limit 1) as n from s.a": "s.a",
    "select n from s.seen": any_of("s.b", "s.c"),
    "select v.n from s.unknown as v left join s.a as a on v.n = a.n": None,
    # These have a row of nothing, or may have.
    "select 1 as n": None,
    "select count(*) as n from s.a": None,
    "select coalesce(sum(n), 0) + 1 as n from s.a": None,
    "select n from s.a group by grouping sets ((n), ())": None,
    "select n, count(*) from s.a group by rollup (n)": None,
    "select 2 as n from s.a having true": None,
    "select n from s.a union all select 1": None,
    "select n from range(3) as r (n)": None,
    "select n from (values (1)) as v (n)": None,
    "with recursive r as (select n from s.a union all select n + 1 from r where n < 3) select n from r": None,
    "select a.n from s.a as a positional join s.b as b": None,
}
VIEWS: dict[str, Condition | None] = {"s.seen": any_of("s.b", "s.c"), "s.unknown": None}


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    """Three tables without rows, and two views."""
    connection = duckdb.connect()
    connection.execute("create schema s")
    for table in TABLES:
        connection.execute(f"create table s.{table} (n integer)")
    connection.execute("create view s.seen as select b.n from s.b as b inner join s.c as c on b.n = c.n")
    connection.execute("create view s.unknown as select count(*) as n from s.c")
    return connection


@pytest.mark.parametrize("query", QUERIES)
def test_what_has_to_be_empty_is_told(engine: duckdb.DuckDBPyConnection, query: str) -> None:
    assert empty_when(engine, query, VIEWS) == QUERIES[query]


@pytest.mark.parametrize("query", QUERIES)
def test_it_is_true_whichever_tables_have_rows(engine: duckdb.DuckDBPyConnection, query: str) -> None:
    condition = empty_when(engine, query, VIEWS)
    if condition is None:
        return
    for filled in itertools.product((False, True), repeat=len(TABLES)):
        rows = dict(zip(TABLES, filled, strict=True))
        for table, has_row in rows.items():
            engine.execute(f"delete from s.{table}")
            if has_row:
                engine.execute(f"insert into s.{table} values (1), (2)")
        if is_met(condition, lambda name, rows=rows: not rows[name.removeprefix("s.")]):
            assert engine.execute(query).fetchall() == [], rows


def test_what_is_no_query_says_nothing(engine: duckdb.DuckDBPyConnection) -> None:
    assert empty_when(engine, "create table s.d (n integer)", {}) is None
