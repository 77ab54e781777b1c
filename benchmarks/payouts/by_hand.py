"""The hand-written side: runs by_hand.sql, or compares what it wrote with the marts.

    python -m benchmarks.payouts.by_hand TYPED_FOLDER DATABASE

prints the seconds of the whole script, from reading Parquet to the last table.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from benchmarks.payouts.clock import Clock

SCRIPT = Path(__file__).with_suffix(".sql")
TABLES = ("fct_credits", "fct_attainment", "fct_payout_lines", "fct_payout_traces", "fct_payouts")


def main(typed: Path, database: Path) -> None:
    """Run the script and print its seconds."""
    clock = Clock()
    with duckdb.connect(database, config={"threads": 2, "memory_limit": "4GB"}) as connection:
        # As openspm's own file is written.
        connection.execute("set disabled_compression_methods = 'fsst,dictionary'")
        connection.execute(f"set variable data = '{typed}'")
        connection.execute(SCRIPT.read_text(encoding="utf-8"))
    clock.print_seconds()


def differences(by_hand: Path, other: Path) -> dict[str, int]:
    """Rows of each table that only one side has, over every column that the script writes.

    Rows are looked for one by one only where count and sum of their hashes of 64 bits are not the same, which takes as
    long as computing them.

    Args:
        by_hand: the file that the script wrote.
        other: openspm's warehouse, or a folder with a Parquet file for each table.
    """
    found: dict[str, int] = {}
    with duckdb.connect(config={"memory_limit": "4GB", "temp_directory": str(by_hand.parent / "spill")}) as connection:
        connection.execute(f"attach '{by_hand}' as hand (read_only)")
        if not other.is_dir():
            connection.execute(f"attach '{other}' as openspm (read_only)")
        for table in TABLES:
            relation = f"read_parquet('{other / table}.parquet')" if other.is_dir() else f"openspm.marts.{table}"
            described = connection.execute(f"describe hand.{table}").fetchall()
            columns = ", ".join(f"cast({row[0]} as {row[1]}) as {row[0]}" for row in described)
            sides = (f"select {columns} from hand.{table}", f"select {columns} from {relation}")
            hashed = [
                connection.execute(f"select count(*), sum(cast(hash(rows) as hugeint)) from ({one}) as rows").fetchone()
                for one in sides
            ]
            found[table] = 0
            if hashed[0] != hashed[1]:
                counts = [
                    connection.execute(f"select count(*) from ({one} except all {other_side})").fetchone()
                    for one, other_side in (sides, sides[::-1])
                ]
                found[table] = sum(count[0] for count in counts if count)
    return found


def line_differences(lines: Path, by_hand: Path) -> int:
    """Lines of a peer that earn another number of cents than the script's, or that only one side has."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{by_hand}' as hand (read_only)")
        hand = (
            "select payee_id, event_id, split_part(line_id, ':', 6), cast(earned_amount * 100 as bigint) "
            "from hand.fct_payout_lines"
        )
        peer = f"select payee_id, deal_id, kind, earned_cents from read_parquet('{lines}')"
        counts = [
            connection.execute(f"select count(*) from ({one} except all {other})").fetchone()
            for one, other in ((hand, peer), (peer, hand))
        ]
    return sum(count[0] for count in counts if count)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
