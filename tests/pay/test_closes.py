"""Law 9: a closed period's rows stay as they are, whatever comes later.

Without this a deal that arrives in March would change what a payee was told and paid for January.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from openspm.plans.case_landing import World
from openspm.plans.case_runs import Outcome, Record, compute
from openspm.plans.case_schema import Case
from tests.pay.test_against_reference import prepared

LATE = (datetime.date(2026, 1, 3), datetime.date(2026, 2, 14), datetime.date(2026, 12, 1))


def later(data: dict[str, Any], world: World, number: int) -> World:
    """The same world when more events have arrived, some of closed periods."""
    kind = "bookings" if "bookings" in data else "invoices"
    came = [
        {"id": f"late{at}", "date": day, "amount": "77.77", "owner": owner}
        for at, (day, owner) in enumerate((day, owner) for day in LATE for owner in ("ann", "bea"))
    ]
    case = Case.model_validate({**data, "plans": (), "conventions": {}, kind: [*data[kind], *came]})
    return World(f"x{number:05d}.", case, world.plans)


def closed_rows(outcome: Outcome, closed: list[str]) -> list[list[Record]]:
    """What every mart of pay shows of closed periods, but for the rule set that the world runs under."""
    return [
        [
            {name: value for name, value in row.items() if name != "rule_set_id"}
            for row in rows
            if row["period_id"] in closed
        ]
        for rows in (outcome.lines, outcome.traces, outcome.payouts, outcome.draws)
    ]


def test_law_9_a_closed_period_stays_as_it_is(tmp_path: Path) -> None:
    """Lines, traces, payouts and draws of closed periods are the same rows after late events; open ones are not."""
    worlds = [(data, world) for data, world in (prepared(seed, seed) for seed in range(500, 620)) if "closed" in data]
    after = [later(data, world, number) for number, (data, world) in enumerate(worlds)]
    outcomes = compute([*(world for _, world in worlds), *after], tmp_path / "state")
    changed = 0
    for (data, world), grown in zip(worlds, after, strict=True):
        one, other = outcomes[world.rule_set_id], outcomes[grown.rule_set_id]
        assert closed_rows(one, data["closed"]) == closed_rows(other, data["closed"])
        changed += one.lines != other.lines
    assert len(worlds) > 20
    assert changed == len(worlds)
