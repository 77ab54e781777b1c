"""The five marts of by_hand.sql in pandas: every column that it writes, texts included, to Parquet.

    python -m benchmarks.payouts.pandas_marts TYPED_FOLDER OUT_FOLDER

Vectorised, and written to be fast: deals and payees have numbers, lines are sorted by one whole number, amounts are
whole numbers of 64 bits (measures in 10^-9, pay in 10^-12, bounds in cents), short texts are categories, and what names
a line is looked up by number and never joined. Prints seconds, reading and writing included.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.payouts.clock import Clock
from benchmarks.payouts.decimals import PAY, RATIO, as_decimals
from benchmarks.payouts.pandas_peer import MANAGER_TIERS, SELLER_TIERS

KINDS = ("manager", "overlay", "owner", "split")
MANAGER, OVERLAY, OWNER, SPLIT = range(4)
MONTHS = [f"2026-{month:02}" for month in range(1, 13)]
QUARTERS = [f"2026-Q{quarter}" for quarter in range(1, 5)]
AMOUNT = pa.decimal128(18, 4)
UNITS_IN_A_CENT = 10**10
TIERS = tuple(enumerate(zip(SELLER_TIERS, MANAGER_TIERS, strict=True), start=1))


@dataclass(frozen=True)
class Slices:
    """What lines earn in one tier: which lines, from and to which measure, and how much."""

    line: np.ndarray
    start: np.ndarray
    end: np.ndarray
    amount: np.ndarray


def main(typed: Path, out: Path) -> None:
    """Compute, write, print the seconds."""
    clock = Clock()
    out.mkdir()
    deals, splits, payees, quotas = numbered(typed)
    lines = measured(deals, splits, payees, quotas)
    slices = sliced(lines)
    add_earnings(lines, slices)
    names = named(lines, deals, payees)
    marts = {
        "fct_credits": credit_rows(lines, names, deals),
        "fct_payout_lines": line_rows(lines, names),
        "fct_payout_traces": trace_rows(lines, names, slices),
        "fct_payouts": payout_rows(lines, payees),
        "fct_attainment": attainment_rows(lines, payees, quotas),
    }
    for name, mart in marts.items():
        # As both DuckDB files are: without compressing texts.
        pd.DataFrame(mart, copy=False).to_parquet(out / f"{name}.parquet", compression=None, index=False)
    clock.print_seconds()


def whole(amounts: pd.Series, digits: int) -> np.ndarray:
    """Amounts of so many decimals as whole numbers."""
    units: np.ndarray = (amounts.astype("float64").to_numpy() * 10**digits).round().astype("int64")
    return units


def decimals(
    units: np.ndarray, scale: int, kind: pa.DataType = PAY, nulls: np.ndarray | None = None
) -> pd.api.extensions.ExtensionArray:
    """Whole numbers that count in 10^-scale as decimals, null where `nulls` says so."""
    return pd.arrays.ArrowExtensionArray(as_decimals(pa.array(units, mask=nulls), scale, kind))


def chosen(categories: Any, codes: np.ndarray) -> pd.Categorical[Any]:
    """Short texts by their numbers."""
    return pd.Categorical.from_codes(codes.astype("int32"), dtype=pd.CategoricalDtype(categories))


def always(text: str, rows: int) -> pd.Categorical:
    """One text in every row."""
    return chosen([text], np.zeros(rows, dtype="int8"))


def numbered(typed: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Deals in the order of days and ids, splits, payees as they come, and the quota of payee x 4 + quarter."""
    read = {path.stem: pd.read_parquet(path, dtype_backend="pyarrow") for path in typed.glob("*.parquet")}
    payees, deals, splits, quotas, rates = (read[name] for name in ("payees", "deals", "splits", "quotas", "rates"))
    number = pd.Index(payees["payee_id"])
    payees["is_seller"] = (payees["plan_id"] == "seller").to_numpy(dtype=bool)
    payees["component_id"] = np.where(payees["is_seller"], "sales", "override")
    payees["manager"] = number.get_indexer(payees["manager_id"])
    rates = rates.assign(micro=whole(rates["exchange_rate"], 6)).rename(
        columns={"from_currency_code": "currency_code", "rate_date": "close_date"}
    )
    deals = deals.merge(rates[["currency_code", "close_date", "micro"]], on=["currency_code", "close_date"], how="left")
    deals = deals.sort_values(["close_date", "deal_id"], ignore_index=True)
    deals["micro"] = deals["micro"].fillna(1_000_000).to_numpy(dtype="int64")
    deals["cents"] = whole(deals["deal_amount"], 2)
    deals["month"] = deals["close_date"].dt.month.to_numpy(dtype="int64") - 1
    deals["seller"] = number.get_indexer(deals["seller_id"])
    splits = pd.DataFrame(
        {
            "deal": pd.Index(deals["deal_id"]).get_indexer(splits["deal_id"]),
            "payee": number.get_indexer(splits["payee_id"]),
            "kind": np.where(splits["kind"] == "overlay", OVERLAY, SPLIT),
            "tenths": whole(splits["ratio"], 1),
        }
    )
    windows = number.get_indexer(quotas["payee_id"]) * 4 + quotas["period_id"].str.slice(6).to_numpy(dtype="int64") - 1
    by_window = np.zeros(len(payees) * 4, dtype="int64")
    by_window[windows] = whole(quotas["quota_amount"], 0)
    return deals, splits, payees, by_window


def measured(deals: pd.DataFrame, splits: pd.DataFrame, payees: pd.DataFrame, quotas: np.ndarray) -> pd.DataFrame:
    """One row a credit in the declared order, with the measure of its window before and after it."""
    is_shared = np.zeros(len(deals), dtype=bool)
    is_shared[splits.loc[splits["kind"] == SPLIT, "deal"]] = True
    owned = np.flatnonzero(~is_shared)
    shares = pd.concat(
        [
            pd.DataFrame({"deal": owned, "payee": deals["seller"].to_numpy()[owned], "kind": OWNER, "tenths": 10}),
            splits,
        ],
        ignore_index=True,
    )
    below = shares[shares["kind"] != OVERLAY]
    manager = payees["manager"].to_numpy()[below["payee"]]
    managed, deal = pd.factorize(below["deal"].to_numpy() * len(payees) + manager)
    tenths = np.bincount(managed, weights=below["tenths"]).astype("int64")
    credited = pd.concat(
        [
            shares,
            pd.DataFrame({"deal": deal // len(payees), "payee": deal % len(payees), "kind": MANAGER, "tenths": tenths}),
        ],
        ignore_index=True,
    )
    month = deals["month"].to_numpy()[credited["deal"]]
    credited["month"] = month
    credited["window"] = credited["payee"].to_numpy() * 4 + month // 3
    order = np.argsort((credited["window"] * 2**34 + credited["deal"] * 4 + credited["kind"]).to_numpy())
    lines = credited.take(order).reset_index(drop=True)
    worth = deals["cents"].to_numpy() * deals["micro"].to_numpy()
    lines["x"] = worth[lines["deal"]] * lines["tenths"].to_numpy()
    lines["after"] = lines.groupby("window", sort=False)["x"].cumsum()
    lines["before"] = lines["after"] - lines["x"]
    lines["quota"] = quotas[lines["window"]]
    lines["is_seller"] = payees["is_seller"].to_numpy()[lines["payee"]]
    return lines


def rates_of(lines: pd.DataFrame, seller_rate: int, manager_rate: int) -> np.ndarray:
    """The rate of a tier for each line."""
    return np.where(lines["is_seller"].to_numpy(), seller_rate, manager_rate)


def sliced(lines: pd.DataFrame) -> list[Slices]:
    """What lines earn in each tier."""
    found = []
    columns = [lines[column].to_numpy() for column in ("before", "after", "quota", "kind")]
    for _, (seller, manager) in TIERS:
        before, after, quota, kind = columns
        low, high = quota * (seller[0] * 10**7), after
        is_touched = after > low
        if seller[1] is not None:
            upper = quota * (seller[1] * 10**7)
            high, is_touched = np.minimum(after, upper), is_touched & (before < upper)
        line = np.flatnonzero(is_touched)
        low, end = low[line], high[line]
        start = np.maximum(before[line], low)
        rate = rates_of(lines, seller[2], manager[2])[line]
        product = to_12_digits((end - low) * rate) - to_12_digits((start - low) * rate)
        # An overlay is paid on half of its measure: rates count in 10^-4, of which a half and 10^-12 leave a twentieth.
        share = (end - start) * (rate // 20)
        found.append(Slices(line, start, end, np.where(kind[line] == OVERLAY, share, product)))
    return found


def add_earnings(lines: pd.DataFrame, slices: list[Slices]) -> None:
    """What slices add up to, and cents as differences of the rounded total."""
    amount = np.zeros(len(lines), dtype="int64")
    for tier in slices:
        amount[tier.line] += tier.amount
    lines["amount"] = amount
    total = lines.groupby("window", sort=False)["amount"].cumsum().to_numpy()
    lines["cents"] = in_cents(total) - in_cents(total - amount)


def to_12_digits(units: np.ndarray) -> np.ndarray:
    """From 10^-13, halves up: nothing is negative here."""
    return (units + 5) // 10


def in_cents(units: np.ndarray) -> np.ndarray:
    """From 10^-12, halves up."""
    return (units + UNITS_IN_A_CENT // 2) // UNITS_IN_A_CENT


def named(lines: pd.DataFrame, deals: pd.DataFrame, payees: pd.DataFrame) -> dict[str, Any]:
    """What names a line, row by row, made once of texts of deals and of payees."""
    deal, payee = lines["deal"].to_numpy(), lines["payee"].to_numpy()
    is_manager = (~lines["is_seller"]).to_numpy()
    ends = ":" + payees["payee_id"] + ":" + payees["plan_id"] + ":" + payees["component_id"] + ":"
    ends = pd.concat([ends + kind for kind in KINDS], ignore_index=True)
    # Arrow texts add up, which the type of an array does not say.
    begin: Any = ("booking:" + deals["deal_id"]).array
    end = ends.array.take(lines["kind"].to_numpy() * len(payees) + payee)
    return {
        "line_id": begin.take(deal) + end,
        "event_id": deals["deal_id"].array.take(deal),
        "payee_id": chosen(payees["payee_id"], payee),
        "plan_id": chosen(["seller", "manager"], is_manager),
        "component_id": chosen(["sales", "override"], is_manager),
        "period_id": chosen(MONTHS, lines["month"].to_numpy()),
        "window_period_id": chosen(QUARTERS, lines["window"].to_numpy() % 4),
        "line_date": deals["close_date"].array.take(deal),
    }


def credit_rows(lines: pd.DataFrame, names: Mapping[str, Any], deals: pd.DataFrame) -> dict[str, Any]:
    """The rows of fct_credits."""
    deal, kind, x = (lines[column].to_numpy() for column in ("deal", "kind", "x"))
    return {
        "credit_id": names["line_id"],
        "event_id": names["event_id"],
        "event_kind_code": always("booking", len(lines)),
        "credit_date": names["line_date"],
        "opportunity_id": names["event_id"],
        **{column: names[column] for column in ("payee_id", "plan_id", "component_id")},
        "credit_kind_code": chosen(KINDS, kind),
        "credit_ratio": decimals(lines["tenths"].to_numpy(), 1, RATIO),
        "quota_credit_amount": decimals(x, 9),
        "pay_credit_amount": decimals(np.where(kind == OVERLAY, 5, 10) * x, 10),
        "currency_code": always("EUR", len(lines)),
        "event_amount": deals["deal_amount"].array.take(deal),
        "event_currency_code": deals["currency_code"].astype("category").array.take(deal),
        "exchange_rate": decimals(deals["micro"].to_numpy(dtype="int64"), 6, RATIO).take(deal),
        "period_id": names["period_id"],
        "window_period_id": names["window_period_id"],
    }


def line_rows(lines: pd.DataFrame, names: Mapping[str, Any]) -> dict[str, Any]:
    """The rows of fct_payout_lines."""
    return {
        **{column: names[column] for column in ("line_id", "payee_id", "plan_id", "component_id")},
        "period_id": names["period_id"],
        "window_period_id": names["window_period_id"],
        "line_kind_code": always("event", len(lines)),
        "credit_id": names["line_id"],
        "event_id": names["event_id"],
        "event_kind_code": always("booking", len(lines)),
        "line_date": names["line_date"],
        "unrounded_amount": decimals(lines["amount"].to_numpy(), 12),
        "earned_amount": decimals(lines["cents"].to_numpy(), 2),
        "currency_code": always("EUR", len(lines)),
    }


def trace_rows(lines: pd.DataFrame, names: Mapping[str, Any], slices: list[Slices]) -> dict[str, Any]:
    """The rows of fct_payout_traces: slices, shares of overlays, roundings."""
    rounding = lines["cents"].to_numpy() * UNITS_IN_A_CENT - lines["amount"].to_numpy()
    rounded = np.flatnonzero(rounding)
    line = np.concatenate([*(tier.line for tier in slices), rounded])
    is_rounding = np.zeros(len(line), dtype=bool)
    is_rounding[len(line) - len(rounded) :] = True
    no_number = np.zeros(len(rounded), dtype="int64")

    def of_slices(pieces: list[np.ndarray]) -> np.ndarray:
        """One number a row, none for roundings."""
        return np.concatenate([*pieces, no_number])

    quota, x, kind = (lines[column].to_numpy() for column in ("quota", "x", "kind"))
    is_share = (kind[line] == OVERLAY) & ~is_rounding
    lows = [quota[tier.line] * seller[0] for tier, (_, (seller, _)) in zip(slices, TIERS, strict=True)]
    highs = [quota[tier.line] * (seller[1] or 0) for tier, (_, (seller, _)) in zip(slices, TIERS, strict=True)]
    rates = [
        rates_of(lines, seller[2], manager[2])[tier.line]
        for tier, (_, (seller, manager)) in zip(slices, TIERS, strict=True)
    ]
    low, high = of_slices(lows), of_slices(highs)
    start, end = of_slices([tier.start for tier in slices]), of_slices([tier.end for tier in slices])
    tiers = of_slices([np.full(len(tier.line), number) for number, tier in enumerate(slices, start=1)])
    length = end - start
    no_product, no_share = is_share | is_rounding, ~is_share
    return {
        "line_id": names["line_id"].take(line),
        "trace_kind_code": chosen(["slice", "share", "rounding"], is_share + 2 * is_rounding),
        **{column: names[column].take(line) for column in ("payee_id", "plan_id", "component_id", "period_id")},
        "event_id": names["event_id"].take(line),
        "tier_number": pd.arrays.IntegerArray(tiers, is_rounding),
        "lower_bound_amount": decimals(low, 2, nulls=low == 0),
        "upper_bound_amount": decimals(high, 2, nulls=high == 0),
        "base_amount": decimals(np.where(is_share, x[line] * 5, length * 10), 10, nulls=is_rounding),
        "from_amount": decimals(start - low * 10**7, 9, nulls=no_product),
        "to_amount": decimals(end - low * 10**7, 9, nulls=no_product),
        "rate_ratio": decimals(of_slices(rates), 4, RATIO, is_rounding),
        "numerator_amount": decimals(length, 9, nulls=no_share),
        "denominator_amount": decimals(x[line], 9, nulls=no_share),
        "slice_amount": decimals(np.concatenate([*(tier.amount for tier in slices), rounding[rounded]]), 12),
        "measure_before_amount": decimals(lines["before"].to_numpy()[line], 9),
        "measure_after_amount": decimals(lines["after"].to_numpy()[line], 9),
        "quota_amount": decimals(quota[line], 0, AMOUNT),
        "currency_code": always("EUR", len(line)),
    }


def payee_months(lines: pd.DataFrame, column: str, payees: pd.DataFrame) -> np.ndarray:
    """What a column of the lines of a payee and month adds up to, for all of them in that order."""
    added = np.zeros(len(payees) * 12, dtype="int64")
    sums = lines[column].groupby((lines["payee"] * 12 + lines["month"]).to_numpy(), sort=False).sum()
    added[sums.index] = sums
    return added


def payout_rows(lines: pd.DataFrame, payees: pd.DataFrame) -> dict[str, Any]:
    """The rows of fct_payouts."""
    slots = np.arange(len(payees) * 12)
    return {
        "payee_id": chosen(payees["payee_id"], slots // 12),
        "plan_id": payees["plan_id"].array.take(slots // 12),
        "period_id": chosen(MONTHS, slots % 12),
        "earned_amount": decimals(payee_months(lines, "cents", payees), 2),
        "line_count": np.bincount(lines["payee"] * 12 + lines["month"], minlength=len(slots)),
        "currency_code": always("EUR", len(slots)),
    }


def attainment_rows(lines: pd.DataFrame, payees: pd.DataFrame, quotas: np.ndarray) -> dict[str, Any]:
    """The rows of fct_attainment: the measure of the quarter at the end of each month, against its quota."""
    slots = np.arange(len(payees) * 12)
    quota = quotas.repeat(3)
    measure = payee_months(lines, "x", payees).reshape(-1, 3).cumsum(axis=1).ravel()
    # The quotient to 12 decimals, halves up: 10^-9 over whole units leaves a thousand.
    rest = (2000 * (measure % quota) + quota) // (2 * quota)
    return {
        "payee_id": chosen(payees["payee_id"], slots // 12),
        "plan_id": payees["plan_id"].array.take(slots // 12),
        "period_id": chosen(MONTHS, slots % 12),
        "window_period_id": chosen(QUARTERS, slots // 3 % 4),
        "measure_amount": decimals(measure, 9),
        "quota_amount": decimals(quota, 0, AMOUNT),
        "attainment_ratio": decimals(measure // quota * 1000 + rest, 12),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
