"""A payout in words: the rows of fct_payout_traces as a person would write them, "48,000.00 x 8 % = 3,840.00"."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from openspm.errors import OpenspmError
from openspm.plans.currencies import minor_unit_digits
from openspm.plans.explain_effects import EFFECTS, effect_in_words, mirrored_in_words
from openspm.plans.explain_entries import ENTRIES, entries_in_words

Record = dict[str, Any]

CLOSES = {"posted": "posted", "recomputed": "recomputed", "less_posted": "less posted"}
INTERIM = {
    "interim_before": "to date before this period, not paid yet",
    "true_up": "to date before this period, trued up",
    "interim_after": "to date, not paid yet",
}
LINES = """
    select
        line_id, plan_id, plan_version, component_id, line_kind_code, event_kind_code, event_id, line_date,
        unrounded_amount, earned_amount, currency_code, is_held, cause_text
    from marts.fct_payout_lines
    where rule_set_id = ? and payee_id = ? and period_id = ?
    order by plan_id, component_id, line_date, line_id
"""
TRACES = """
    select
        line_id, slice_number, trace_kind_code, tier_number, lower_bound_amount, upper_bound_amount, base_amount,
        from_amount, to_amount, rate_ratio,
        prior_rate_ratio, numerator_amount, denominator_amount, point_pay_amount, slice_amount,
        measure_before_amount, measure_after_amount, quota_amount, currency_code, rate_from_currency_code,
        rate_kind_code, rate_date, rate_direction_code
    from marts.fct_payout_traces
    where rule_set_id = ? and payee_id = ? and period_id = ?
    order by line_id, slice_number
"""
PAYOUTS = """
    select plan_id, credited_amount, earned_amount, payable_amount, to_pay_amount, currency_code, is_held, line_count
    from marts.fct_payouts
    where rule_set_id = ? and payee_id = ? and period_id = ?
    order by plan_id
"""


def explain(warehouse_path: Path, payee_id: str, period_id: str, rule_set_id: str = "live") -> str:
    """Every line of a payee's payout in a period, slice by slice.

    Args:
        warehouse_path: a published warehouse; it is opened read-only.
        payee_id: the payee.
        period_id: the pay period, such as 2026-03.
        rule_set_id: whose rules; the company's own by default.

    Raises:
        OpenspmError: there is no such payout.
    """
    connection = duckdb.connect(str(warehouse_path), read_only=True)
    try:
        payouts, lines, traces, entries = (
            _records(connection, query, [rule_set_id, payee_id, period_id])
            for query in (PAYOUTS, LINES, TRACES, ENTRIES)
        )
    finally:
        connection.close()
    if not payouts:
        raise OpenspmError(
            f"There is no payout of {payee_id} in {period_id}",
            where=f"marts.fct_payouts in {warehouse_path}",
            next_step="Look up payee_id and period_id in marts.fct_payouts; months are written 2026-03.",
        )
    slices: dict[str, list[Record]] = {}
    for trace in traces:
        slices.setdefault(trace["line_id"], []).append(trace)
    text: list[str] = []
    for payout in payouts:
        digits = minor_unit_digits(payout["currency_code"])
        total = "held" if payout["is_held"] else f"{_amount(payout['earned_amount'], digits)} {payout['currency_code']}"
        if payout["credited_amount"] != payout["earned_amount"]:
            total += f" earned, {_amount(payout['credited_amount'], digits)} credited"
        text.append(f"{payee_id}, {period_id}, plan {payout['plan_id']}: {total}")
        for line in lines:
            if line["plan_id"] == payout["plan_id"]:
                text += _line_in_words(line, slices.get(line["line_id"], []), digits)
        own = [entry for entry in entries if entry["plan_id"] == payout["plan_id"]]
        text += entries_in_words(
            own, payout["payable_amount"], payout["to_pay_amount"], partial(_amount, digits=digits)
        )
    return "\n".join(text)


def _records(connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[str]) -> list[Record]:
    """Rows by column name."""
    cursor = connection.execute(query, list(values))
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _line_in_words(line: Record, slices: Sequence[Record], digits: int) -> list[str]:
    """A line, what it reads, and its slices."""
    total = "held" if line["is_held"] else _amount(line["earned_amount"], digits)
    is_true_up = line["line_kind_code"] == "true_up"
    kind = ((None if is_true_up else line["event_kind_code"]) or line["line_kind_code"]).replace("_", " ")
    event = kind if line["event_id"] is None else f"{kind} {line['event_id']}"
    text = [f"  {line['line_date']}  {line['component_id'] or 'the plan'}, {event}: {total}"]
    if line["cause_text"]:
        text.append(f"      {line['cause_text']}")
    if slices and slices[0]["measure_after_amount"] is not None and line["event_kind_code"] != "linked":
        first, digits = slices[0], minor_unit_digits(slices[0]["currency_code"])
        quota = "" if first["quota_amount"] is None else f", quota {_amount(first['quota_amount'], digits)}"
        text.append(
            f"      measure {_amount(first['measure_before_amount'], digits)} -> "
            f"{_amount(first['measure_after_amount'], digits)}{quota}"
        )
    text += [f"      {_slice_in_words(slice_, minor_unit_digits(slice_['currency_code']))}" for slice_ in slices]
    return text


def _slice_in_words(slice_: Record, digits: int) -> str:
    """One slice: its factors, and what they give."""
    kind, result = slice_["trace_kind_code"], _amount(slice_["slice_amount"], digits)
    if kind == "rounding":
        return f"rounding {result}"
    if kind == "conversion":
        return conversion_in_words(slice_, digits)
    if kind in CLOSES:
        return f"{CLOSES[kind]} {result}"
    if kind == "intercept":
        return f"fixed amount, with the first credit of the window: {result}"
    if kind in EFFECTS:
        return effect_in_words(slice_, partial(_amount, digits=digits), _rate)
    if kind in INTERIM:
        earned, paid = (_amount(slice_[name], digits) for name in ("base_amount", "point_pay_amount"))
        return f"{INTERIM[kind]}: {'less ' if kind == 'interim_after' else ''}({earned} - {paid}) = {result}"
    tier = _tier(slice_, digits)
    base = _amount(slice_["base_amount"], digits)
    if kind == "slice":
        return f"{base} x {_rate(slice_['rate_ratio'])} = {result}{tier}"
    if kind == "rerate":
        rates = f"({_rate(slice_['rate_ratio'])} - {_rate(slice_['prior_rate_ratio'])})"
        return f"{base} x {rates} = {result}{tier}, re-rated"
    share = f"{_amount(slice_['numerator_amount'], digits)} / {_amount(slice_['denominator_amount'], digits)}"
    if kind == "share":
        return f"{base} x {_rate(slice_['rate_ratio'])} x {share} = {result}{tier}"
    if kind == "mirror":
        return f"{base} x {share} = {result}, taken back{mirrored_in_words(slice_)}"
    owed = _amount(slice_["point_pay_amount"], digits)
    if slice_["base_amount"] is not None:
        owed = f"{owed} + {base} x {share}"
    return f"{'owed to date' if kind == 'owed_after' else 'less owed before'}: {owed} = {result}{tier}"


def conversion_in_words(slice_: Record, digits: int) -> str:
    """An amount that goes out in another currency: at which rate, of which kind and day, in which direction."""
    of, to = slice_["rate_from_currency_code"], slice_["currency_code"]
    rate = f" x {slice_['rate_ratio'].normalize():f}"
    if slice_["denominator_amount"] is not None:
        divided = f" / {slice_['denominator_amount'].normalize():f}"
        rate = divided if slice_["rate_ratio"] == 1 else rate + divided
    known = f"{slice_['rate_kind_code']} of {slice_['rate_date']}, {slice_['rate_direction_code']}"
    base = _amount(slice_["base_amount"], minor_unit_digits(of))
    paid = _amount(slice_["base_amount"] + slice_["slice_amount"], digits)
    return f"{base} {of}{rate} ({known}) = {paid} {to}"


def _tier(slice_: Record, digits: int) -> str:
    """The tier of a slice."""
    low, high = slice_["lower_bound_amount"], slice_["upper_bound_amount"]
    if low is None and high is None:
        return ""
    if high is None:
        return f"  (from {_amount(low, digits)})"
    if low is None:
        return f"  (below {_amount(high, digits)})"
    return f"  (from {_amount(low, digits)} to {_amount(high, digits)})"


def _amount(value: Decimal | None, digits: int) -> str:
    """An amount with thousands apart, the digits of its minor unit, and more where it has more."""
    if value is None:
        return "-"
    text = f"{value:,f}"
    whole, _, decimals = text.partition(".")
    decimals = decimals.rstrip("0").ljust(digits, "0")
    return f"{whole}.{decimals}" if decimals else whole


def _rate(value: Decimal) -> str:
    """A rate as a percentage; above 1 it is an amount for one event."""
    if value > 1:
        return _amount(value, 2)
    percent = f"{value * 100:f}".rstrip("0").rstrip(".")
    return f"{percent or '0'} %"
