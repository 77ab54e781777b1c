"""The company that `make bench-payouts` and `make test-exact` pay a million deals of can still be landed.

Without this a change of what cases land would be seen only when the long suites are run.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.payouts.world import FOUR_TIERS, make


def test_a_small_company_of_the_benchmark(tmp_path: Path) -> None:
    """Its deals, people and plans are there, and its settings are those that cases share."""
    deals = 100
    with duckdb.connect(str(make(round(deals * FOUR_TIERS.lines_per_deal), tmp_path)), read_only=True) as connection:

        def count(table: str) -> int:
            ((found,),) = connection.execute(f"select count(*) from landing.{table}").fetchall()
            return int(found)

        assert count("opportunities") == deals
        assert count("company_settings") == 1
        assert count("plans") == 2
