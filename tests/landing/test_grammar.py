"""What a text must look like to be a value. Without these rules 1e3 becomes 1000, 03/04/2026 becomes some day, and 001
becomes 1, and nobody is told."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.landing.staging_sql import StagingSql, empty_warehouse, land_rows

BASE = {"opportunity_id": "o", "stage_name": "s"}
THIRTY_DIGITS = "1" * 30


def stage_texts(
    sql: StagingSql,
    connection: duckdb.DuckDBPyConnection,
    key: dict[str, str],
    column: str,
    texts: Sequence[str | None],
) -> tuple[dict[str | None, Any], dict[str | None, str]]:
    """Stage one row a text, all at once.

    Returns:
        By text, the values that were staged, and the rules by which the others were quarantined.
    """
    land_rows(
        connection,
        sql.table,
        [{**key, next(iter(key)): str(number), column: text} for number, text in enumerate(texts)],
    )
    staged, unstaged = sql.run(connection)
    assert all(row["column_name"] == column and row["outcome_code"] == "quarantined" for row in unstaged)
    assert all(row["raw_value"] == texts[row["row_number"] - 1] for row in unstaged)
    values = {texts[row["_row"] - 1]: row[column] for row in staged}
    return values, {row["raw_value"]: row["rule_code"] for row in unstaged}


def test_amounts_are_taken_exactly(staging: dict[str, StagingSql], warehouse: duckdb.DuckDBPyConnection) -> None:
    expected = {
        "0": Decimal(0),
        "-12.5": Decimal("-12.5"),
        "1234.5678": Decimal("1234.5678"),
        "99999999999999.9999": Decimal("99999999999999.9999"),
        "007.50": Decimal("7.5"),
        "": None,
        None: None,
    }
    assert stage_texts(staging["opportunities"], warehouse, BASE, "deal_amount", [*expected]) == (expected, {})


def test_other_amounts_are_quarantined(staging: dict[str, StagingSql], warehouse: duckdb.DuckDBPyConnection) -> None:
    texts = [
        "1e3", "1E5", "1_000", "inf", "-inf", "infinity", "NaN", "nan", "1e400", "1,234.56", "(12.50)", "12.50-", "+1",
        "1.23456", ".5", "5.", " 5", "5 ", "5\n", "N/A", "$5", "5%", "0x10", THIRTY_DIGITS, "-", "--1", "1.2.3",
        "\u0661", "#REF!",
    ]  # fmt: skip
    values, rules = stage_texts(staging["opportunities"], warehouse, BASE, "deal_amount", texts)
    assert values == {}
    assert rules == dict.fromkeys(texts, "malformed_amount")


def test_other_dates_are_quarantined(staging: dict[str, StagingSql], warehouse: duckdb.DuckDBPyConnection) -> None:
    texts = ["03/04/2026", "2026-3-4", "20260304", "2026-02-30", "infinity", "2026-03-04 ", "N/A", "4 March",
             "2026-03-04T00:00:00", "26-03-04", "0000-00-00", "epoch", "-2026-03-04"]  # fmt: skip
    values, rules = stage_texts(staging["opportunities"], warehouse, BASE, "close_date", texts)
    assert values == {}
    assert rules == dict.fromkeys(texts, "malformed_date")


def test_timestamps_become_utc(staging: dict[str, StagingSql], warehouse: duckdb.DuckDBPyConnection) -> None:
    expected = {
        "2026-03-29T01:30:00Z": "2026-03-29T01:30:00",
        "2026-03-29 01:30:00+02:00": "2026-03-28T23:30:00",
        "2026-03-29 01:30:00+02": "2026-03-28T23:30:00",
        "2026-03-29T01:30:00-0530": "2026-03-29T07:00:00",
        "2026-03-29T01:30:00.000+0000": "2026-03-29T01:30:00",
        "2026-03-29T01:30:00.123456Z": "2026-03-29T01:30:00.123456",
        "2026-03-29T01:30:00[Europe/Berlin]": "2026-03-29T00:30:00",
        "2026-07-01T00:00:00[America/New_York]": "2026-07-01T04:00:00",
        # Comes twice that night; docs/landing.md says which one is meant.
        "2026-10-25T02:30:00[Europe/Berlin]": "2026-10-25T01:30:00",
    }
    values, rules = stage_texts(staging["opportunities"], warehouse, BASE, "created_at", [*expected])
    assert rules == {}
    assert values == {text: datetime.datetime.fromisoformat(value) for text, value in expected.items()}


def test_a_time_without_an_instant_is_quarantined(
    staging: dict[str, StagingSql], warehouse: duckdb.DuckDBPyConnection
) -> None:
    skipped_by_the_clocks = "2026-03-29T02:30:00[Europe/Berlin]"
    texts = [
        "2026-03-29", "2026-03-29T01:30:00", "2026-03-29T01:30Z",
        "2026-03-29T25:30:00Z", "2026-03-29T01:30:00 CET", "now", "1774747800",
        skipped_by_the_clocks, "2026-03-29T01:30:00[Europe/Nowhere]", "2026-13-29T01:30:00Z", "infinity",
        "2026-03-29T01:30:00+99:00", "2026-03-29T01:30:00+9900",
    ]  # fmt: skip
    values, rules = stage_texts(staging["opportunities"], warehouse, BASE, "created_at", texts)
    assert values == {}
    assert rules == dict.fromkeys(texts, "malformed_timestamp")


def test_ids_stay_as_they_are(staging: dict[str, StagingSql], warehouse: duckdb.DuckDBPyConnection) -> None:
    texts = ["1E5", "001", "000", "1.0", "true", "NaN", "a b", "\u00e4-1", "2026-01-01", "x" * 255]
    values, rules = stage_texts(staging["opportunities"], warehouse, BASE, "account_id", texts)
    assert (values, rules) == ({text: text for text in texts}, {})


def test_ids_with_invisible_parts_are_quarantined(
    staging: dict[str, StagingSql], warehouse: duckdb.DuckDBPyConnection
) -> None:
    texts = [" 001", "001 ", "a\tb", "a\r", "\n", " ", "x" * 256]
    values, rules = stage_texts(staging["opportunities"], warehouse, BASE, "account_id", texts)
    assert (values, rules) == ({}, dict.fromkeys(texts, "malformed_id"))


def test_integers_and_booleans(staging: dict[str, StagingSql], warehouse: duckdb.DuckDBPyConnection) -> None:
    good = {"0": 0, "-12": -12, "999999999999999999": 10**18 - 1}
    bad = ["1.0", "1e3", "007", "-0", "1_0", THIRTY_DIGITS, "ten"]
    values, rules = stage_texts(staging["leads"], warehouse, {"lead_id": "l"}, "employee_count", [*good, *bad])
    assert (values, rules) == (good, dict.fromkeys(bad, "malformed_integer"))
    values, rules = stage_texts(
        staging["leads"], warehouse, {"lead_id": "l"}, "is_converted", ["true", "False", "TRUE", "1", "yes", "N/A"]
    )
    assert values == {"true": True, "False": False, "TRUE": True}
    assert rules == dict.fromkeys(["1", "yes", "N/A"], "malformed_boolean")


def test_currencies_ratios_and_missing_values(
    staging: dict[str, StagingSql], warehouse: duckdb.DuckDBPyConnection
) -> None:
    rate = {"rate_table_id": "t", "rate_kind_code": "spot", "from_currency_code": "EUR", "to_currency_code": "USD",
            "rate_date": "2026-01-01", "exchange_rate": "1.123456789012"}  # fmt: skip
    bad = {
        "a": ("exchange_rate", "12%", "malformed_rate"),
        "b": ("exchange_rate", "0.1234567890123", "malformed_rate"),
        "b1": ("exchange_rate", "0", "malformed_rate"),
        "b2": ("exchange_rate", "0.000", "malformed_rate"),
        "b3": ("exchange_rate", "-1.1", "malformed_rate"),
        "c": ("from_currency_code", "eur", "malformed_currency"),
        "d": ("to_currency_code", "", "missing_value"),
        "e": ("rate_kind_code", None, "missing_value"),
    }
    rows = [{**rate, "rate_table_id": key, column: text} for key, (column, text, _) in bad.items()]
    twice = [{**rate, "rate_table_id": "u", "exchange_rate": text} for text in ("1.1", "1.2")]
    land_rows(warehouse, "fx_rates", [rate, *rows, *twice])
    staged, unstaged = staging["fx_rates"].run(warehouse)
    assert [row["exchange_rate"] for row in staged] == [Decimal("1.123456789012")]
    assert [row["rule_code"] for row in unstaged if row["rule_code"] == "repeated_key"] == ["repeated_key"] * 2
    unstaged = [row for row in unstaged if row["rule_code"] != "repeated_key"]
    assert [(row["column_name"], row["raw_value"], row["rule_code"]) for row in sorted(unstaged, key=row_number)] == [
        *bad.values()
    ]


def row_number(row: dict[str, Any]) -> int:
    """Where a row stands in its file."""
    return int(row["row_number"])


@settings(max_examples=25, deadline=None)
@given(
    amounts=st.lists(
        st.decimals(-(10**14) + 1, 10**14 - 1, places=4, allow_nan=False, allow_infinity=False), min_size=1, max_size=20
    ),
    days=st.lists(st.dates(datetime.date(1, 1, 1), datetime.date(9999, 12, 31)), min_size=1, max_size=20),
)
def test_accepted_values_come_back_as_they_were(
    staging: dict[str, StagingSql], amounts: list[Decimal], days: list[datetime.date]
) -> None:
    with empty_warehouse() as connection:
        count = min(len(amounts), len(days))
        rows = [
            {
                **BASE,
                "opportunity_id": str(number),
                "deal_amount": f"{amounts[number]:f}",
                "close_date": str(days[number]),
            }
            for number in range(count)
        ]
        land_rows(connection, "opportunities", rows)
        staged, unstaged = staging["opportunities"].run(connection)
        assert unstaged == []
        by_key = {row["opportunity_id"]: row for row in staged}
        for number in range(count):
            assert by_key[str(number)]["deal_amount"] == amounts[number]
            assert by_key[str(number)]["close_date"] == days[number]


@settings(max_examples=40, deadline=None)
@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12), min_size=6, max_size=6
    )
)
def test_no_text_breaks_staging(staging: dict[str, StagingSql], texts: list[str]) -> None:
    row = dict(
        zip(
            ["opportunity_id", "stage_name", "deal_amount", "currency_code", "created_at", "close_date"],
            texts,
            strict=True,
        )
    )
    with empty_warehouse() as connection:
        land_rows(connection, "opportunities", [row])
        staged, unstaged = staging["opportunities"].run(connection)
        assert len(staged) + len(unstaged) == 1
        assert all(row["rule_code"] and row["raw_record"] for row in unstaged)
