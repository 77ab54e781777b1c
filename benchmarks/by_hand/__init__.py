"""One hand-written DuckDB script for one company, as an analyst writes it who trusts the files and has no other plan.

It reads the files that the night reads and writes the same marts and traces, and it was written from the definitions of
the numbers, not from the models. So it is a yardstick for speed and a second reading of the numbers.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

SCRIPTS = ("records", "facts", "kpis", "pay")


def build(data: Path, company_id: str, as_of_date: date, threads: int, memory_limit: str, warehouse: Path) -> None:
    """Write the marts of the company whose Parquet files lie in `data` into the new DuckDB file `warehouse`."""
    with duckdb.connect(warehouse, config={"threads": threads, "memory_limit": memory_limit}) as connection:
        connection.execute("set variable data = ?", [str(data)])
        connection.execute("set variable as_of_date = ?", [as_of_date])
        connection.execute("set variable company_id = ?", [company_id])
        for script in SCRIPTS:
            connection.execute((Path(__file__).parent / f"{script}.sql").read_text(encoding="utf-8"))


def differences(by_hand: Path, published: Path) -> dict[str, tuple[int, int]]:
    """For each table written by hand: its rows, and how many rows stand in one of the two files only.

    All columns that the hand-written table has are compared, to the last digit.
    """
    found: dict[str, tuple[int, int]] = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{by_hand}' as by_hand (read_only)")
        connection.execute(f"attach '{published}' as published (read_only)")
        columns_by_table: dict[str, list[str]] = {}
        for table, column in connection.execute(
            "select table_name, column_name from duckdb_columns() where database_name = 'by_hand'"
            " order by table_name, column_index"
        ).fetchall():
            columns_by_table.setdefault(table, []).append(column)
        for table, columns in columns_by_table.items():
            listed = ", ".join(columns)
            ours, theirs = f"select {listed} from published.marts.{table}", f"select {listed} from by_hand.{table}"
            row = connection.execute(
                f"select (select count(*) from by_hand.{table}),"
                f" (select count(*) from ({ours} except all {theirs}))"
                f" + (select count(*) from ({theirs} except all {ours}))"
            ).fetchone()
            assert row is not None
            found[table] = (row[0], row[1])
    return found
