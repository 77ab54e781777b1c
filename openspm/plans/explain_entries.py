"""What becomes payable, is held back, cancelled or recovered in a period, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

Record = dict[str, Any]

ENTRIES = """
    select plan_id, component_id, entry_kind_code, event_id, line_id, entry_date, entry_amount, cause_text
    from marts.fct_payout_entries
    where rule_set_id = ? and payee_id = ? and period_id = ?
    order by plan_id, entry_date, component_id, entry_kind_code, entry_id
"""
AS_LINES_SAY = frozenset({"earned", "rerate", "adjustment"})


def entries_in_words(
    entries: Sequence[Record], payable: Decimal | None, written: Callable[[Decimal], str]
) -> Iterator[str]:
    """One sentence an entry, where pay is not simply payable as it is earned.

    Args:
        entries: of one payee, plan and period.
        payable: what they make payable; None while it is held.
        written: how an amount is written.
    """
    shown = [entry for entry in entries if entry["entry_kind_code"] not in AS_LINES_SAY]
    if all(entry["line_id"] is None and entry["entry_kind_code"] == "became_payable" for entry in shown):
        return
    for entry in shown:
        amount = "held" if entry["entry_amount"] is None else written(entry["entry_amount"])
        event = "" if entry["event_id"] is None else f", event {entry['event_id']}"
        of = f", {entry['component_id']}{event}" if entry["component_id"] else event
        cause = f" ({entry['cause_text']})" if entry["cause_text"] else ""
        yield f"  {entry['entry_date']}  {entry['entry_kind_code'].replace('_', ' ')}{of}: {amount}{cause}"
    yield f"  payable before draws: {'held' if payable is None else written(payable)}"
