"""Lines in cents alone of the same two plans in pandas, vectorised, in 64-bit integers: exact, so equal to the cent.

    python -m benchmarks.payouts.pandas_peer TYPED_FOLDER OUT_PARQUET

Scaled to this company, as one would by hand: amounts have 2 decimals here, shares 1 and rates 6, so a measure counts
in 10^-9 and pay in 5 x 10^-14 (a half for overlays), which 64 bits hold up to 460,000 a window. Writes one row a line:
who, which deal, kind of credit, and cents earned. Prints seconds, reading and writing included.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.payouts.clock import Clock

SELLER_TIERS = ((0, 75, 500), (75, 100, 700), (100, 150, 1000), (150, None, 1200))
MANAGER_TIERS = ((0, 75, 50), (75, 100, 80), (100, 150, 125), (150, None, 150))
MEASURE_UNITS = 10**9
PAY_UNITS_IN_A_CENT = 2 * 10**11
FAR = 1 << 62


def main(typed: Path, out: Path) -> None:
    """Compute, write, print the seconds."""
    clock = Clock()
    tables = {name: pd.read_parquet(typed / f"{name}.parquet") for name in ("deals", "splits", "payees", "quotas")}
    rates = pd.read_parquet(typed / "rates.parquet")
    credit_lines = credited(tables["deals"], tables["splits"], tables["payees"], rates)
    lines = earned(credit_lines, tables["quotas"])
    lines.to_parquet(out)
    clock.print_seconds()


def credited(deals: pd.DataFrame, splits: pd.DataFrame, payees: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """One row a credit with dX in units of 10^-9."""
    splits = splits.assign(tenths=(splits["ratio"].astype("float64") * 10).round().astype("int64"))
    shared = splits[splits["kind"] == "revenue"]
    owned = deals.loc[~deals["deal_id"].isin(shared["deal_id"]), ["deal_id", "seller_id"]]
    owned = owned.rename(columns={"seller_id": "payee_id"}).assign(kind="owner", tenths=10)
    named = splits[["deal_id", "payee_id", "kind", "tenths"]].replace({"kind": {"revenue": "split"}})
    shares = pd.concat([owned, named], ignore_index=True)
    below = shares[shares["kind"] != "overlay"].merge(payees[["payee_id", "manager_id"]], on="payee_id")
    managed = below.groupby(["deal_id", "manager_id"])["tenths"].sum().reset_index()
    managed = managed.rename(columns={"manager_id": "payee_id"}).assign(kind="manager")
    credit_lines = pd.concat([shares, managed], ignore_index=True).merge(deals, on="deal_id")
    rates = rates.assign(micro=(rates["exchange_rate"].astype("float64") * 1_000_000).round().astype("int64"))
    credit_lines = credit_lines.merge(
        rates[["from_currency_code", "rate_date", "micro"]],
        left_on=["currency_code", "close_date"],
        right_on=["from_currency_code", "rate_date"],
        how="left",
    )
    micro = credit_lines["micro"].fillna(1_000_000).astype("int64")
    cents = (credit_lines["deal_amount"].astype("float64") * 100).round().astype("int64")
    credit_lines["x"] = cents * credit_lines["tenths"] * micro
    credit_lines["quarter"] = "2026-Q" + pd.to_datetime(credit_lines["close_date"]).dt.quarter.astype(str)
    return credit_lines[["deal_id", "payee_id", "kind", "close_date", "quarter", "x"]]


def earned(credit_lines: pd.DataFrame, quotas: pd.DataFrame) -> pd.DataFrame:
    """One row a line with what it earns in cents, as differences of the rounded total."""
    credit_lines = credit_lines.merge(
        quotas[["payee_id", "plan_id", "period_id", "quota_amount"]],
        left_on=["payee_id", "quarter"],
        right_on=["payee_id", "period_id"],
    ).sort_values(["payee_id", "quarter", "close_date", "deal_id", "kind"], ignore_index=True)
    window = [credit_lines["payee_id"], credit_lines["quarter"]]
    after = credit_lines.groupby(window, sort=False)["x"].cumsum().to_numpy()
    before = after - credit_lines["x"].to_numpy()
    percent = credit_lines["quota_amount"].astype("float64").round().astype("int64").to_numpy() * (MEASURE_UNITS // 100)
    is_seller = (credit_lines["plan_id"] == "seller").to_numpy()
    halves = np.where((credit_lines["kind"] == "overlay").to_numpy(), 1, 2)
    pay = np.zeros(len(credit_lines), dtype="int64")
    for seller, manager in zip(SELLER_TIERS, MANAGER_TIERS, strict=True):
        low, high = percent * seller[0], FAR if seller[1] is None else percent * seller[1]
        rate = np.where(is_seller, seller[2], manager[2])
        pay += (np.clip(after, low, high) - np.clip(before, low, high)) * rate * halves
    credit_lines["pay"] = pay
    total = credit_lines.groupby(window, sort=False)["pay"].cumsum().to_numpy()
    credit_lines["earned_cents"] = in_cents(total) - in_cents(total - pay)
    lines: pd.DataFrame = credit_lines[["payee_id", "deal_id", "kind", "earned_cents"]]
    return lines


def in_cents(units: np.ndarray) -> np.ndarray:
    """Pay as cents, halves away from zero."""
    cents: np.ndarray = (np.abs(units) + PAY_UNITS_IN_A_CENT // 2) // PAY_UNITS_IN_A_CENT * np.sign(units)
    return cents


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
