"""Entries of a case: how they are written in `expect`, and what differs from those that came out."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import Field

from openspm.plans.numbers import Amount, written
from openspm.plans.schema import Block

Record = dict[str, Any]


class ExpectedEntry(Block):
    """A proposed posting. Fields that are left out are not compared."""

    kind: str = Field(description="Kind of entry, such as became_payable.")
    amount: Amount | None = Field(None, description="Amount; left out for a held entry.")
    date: datetime.date | None = Field(None, description="Day of the entry.")
    period: str | None = Field(None, description="Period that it is proposed for.")
    event: str | None = Field(None, description="Event whose pay moves.")
    payee: str | None = Field(None, description="Payee.")
    component: str | None = Field(None, description="Component.")
    draw: str | None = Field(None, description="Draw.")
    because: str | None = Field(None, description="Words that the cause contains.")
    held: bool = Field(False, description="Whether the entry is held.")


def entry_differences(expected: Sequence[ExpectedEntry], got: Sequence[Record]) -> Iterator[tuple[str, str]]:
    """What was expected and what came instead, over every entry of the kinds that are named.

    Args:
        expected: the entries of those kinds, in any order.
        got: rows of the mart.
    """
    kinds = {entry.kind for entry in expected}
    left = [row for row in got if row["entry_kind_code"] in kinds]
    # The most exact expectations choose first.
    for entry in sorted(expected, key=lambda each: len(each.model_dump(exclude_none=True)), reverse=True):
        match = next((row for row in left if _meets(row, entry)), None)
        if match is not None:
            left.remove(match)
        else:
            near = [_text(row) for row in left if row["entry_kind_code"] == entry.kind]
            yield f"{entry.model_dump(exclude_none=True, mode='json')}", "; ".join(near) or "none of that kind"
    for row in left:
        yield "nothing", _text(row)


def _meets(row: Record, entry: ExpectedEntry) -> bool:
    """Whether a row has all that an expectation names."""
    names = {"kind": "entry_kind_code", "period": "period_id", "event": "event_id", "payee": "payee_id"} | {
        "component": "component_id",
        "draw": "draw_id",
        "date": "entry_date",
        "held": "is_held",
        "amount": "entry_amount",
    }
    wanted = entry.model_dump(exclude_none=True)
    because = wanted.pop("because", "")
    return because in (row["cause_text"] or "") and all(row[names[name]] == value for name, value in wanted.items())


def _text(row: Record) -> str:
    """A row for people."""
    amount = "held" if row["is_held"] else written(row["entry_amount"])
    named = [row["entry_kind_code"], row["payee_id"], row["event_id"], str(row["entry_date"]), row["period_id"], amount]
    return " ".join(str(part) for part in named if part is not None)
