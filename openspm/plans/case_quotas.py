"""Quotas of cases that no window reads, by the rule with which the gate of sources warns of landed ones.

Pay is the same with and without them, so that a case could say a quota and hold by accident.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from expectations.suites import load_suites
from openspm.plans.case_landing import World

RULE_ID = "quotas_are_read"


def unread_quotas(database: Path, worlds: Sequence[World]) -> dict[str, list[dict[str, Any]]]:
    """The id of each such quota, and what is wrong with it and to do, by the rule set of its world.

    Args:
        database: the DuckDB file, with the staging of the worlds.
        worlds: those that were landed in it.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(f"{_query()} order by all").fetchall()
    return {
        world.rule_set_id: [
            {"quota_id": quota_id, "said_text": said} for quota_id, said in found if quota_id.startswith(world.prefix)
        ]
        for world in worlds
    }


def _query() -> str:
    """The gate's rule on the table that it judges: a row a quota, with its id and what is said of it."""
    return next(
        (rule.rule or "").replace("{batch}", suite.table).rstrip()
        for suite in load_suites("sources")
        for rule in suite.expectations
        if rule.id == RULE_ID
    )
