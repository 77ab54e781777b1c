"""What becomes payable, is held back, cancelled or recovered in a period, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

Record = dict[str, Any]

ENTRIES = """
    select plan_id, component_id, draw_id, entry_kind_code, event_id, line_id, entry_date, entry_amount, cause_text
    from marts.fct_payout_entries
    where rule_set_id = ? and payee_id = ? and period_id = ?
    order by plan_id, entry_date, component_id, entry_kind_code, entry_id
"""
AS_LINES_SAY = frozenset({"credited", "credited_adjustment", "earned", "rerate", "adjustment"})


def entries_in_words(
    entries: Sequence[Record], payable: Decimal | None, to_pay: Decimal | None, written: Callable[[Decimal], str]
) -> Iterator[str]:
    """One sentence an entry, where pay is not simply payable as it is earned, and not simply paid.

    Args:
        entries: of one payee, plan and period.
        payable: what they make payable; None while it is held.
        to_pay: what draws leave of that to be paid; None while it is held.
        written: how an amount is written.
    """
    shown = [entry for entry in entries if entry["entry_kind_code"] not in AS_LINES_SAY]
    if all(entry["line_id"] is None and entry["entry_kind_code"] == "became_payable" for entry in shown):
        return
    for is_of_draws in (False, True):
        for entry in shown:
            if (entry["draw_id"] is not None) is is_of_draws:
                yield _in_words(entry, written)
        if not is_of_draws:
            yield f"  payable before draws: {'held' if payable is None else written(payable)}"
        elif any(entry["draw_id"] for entry in shown):
            yield f"  to pay: {'held' if to_pay is None else written(to_pay)}"


def _in_words(entry: Record, written: Callable[[Decimal], str]) -> str:
    """One entry."""
    amount = "held" if entry["entry_amount"] is None else written(entry["entry_amount"])
    event = "" if entry["event_id"] is None else f", event {entry['event_id']}"
    named = entry["component_id"] or entry["draw_id"]
    of = f", {named}{event}" if named else event
    cause = f" ({entry['cause_text']})" if entry["cause_text"] else ""
    return f"  {entry['entry_date']}  {entry['entry_kind_code'].replace('_', ' ')}{of}: {amount}{cause}"
