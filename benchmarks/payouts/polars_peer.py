"""Lines in cents alone of the same two plans in polars, lazily and on all cores, with the integers of pandas_peer.

    python -m benchmarks.payouts.polars_peer TYPED_FOLDER OUT_PARQUET

Writes one row a line: who, which deal, kind of credit, and cents earned. Prints seconds, reading and writing included.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from benchmarks.payouts.clock import Clock
from benchmarks.payouts.pandas_peer import FAR, MANAGER_TIERS, MEASURE_UNITS, PAY_UNITS_IN_A_CENT, SELLER_TIERS

WINDOW = ("payee_id", "quarter")


def main(typed: Path, out: Path) -> None:
    """Compute, write, print the seconds."""
    clock = Clock()
    scanned = {path.stem: pl.scan_parquet(path) for path in typed.glob("*.parquet")}
    earned(credited(scanned), scanned["quotas"]).collect().write_parquet(out)
    clock.print_seconds()


def credited(tables: dict[str, pl.LazyFrame]) -> pl.LazyFrame:
    """One row a credit with dX in units of 10^-9."""
    deals, payees = tables["deals"], tables["payees"]
    splits = tables["splits"].with_columns(tenths=(pl.col("ratio").cast(pl.Float64) * 10).round().cast(pl.Int64))
    shared = splits.filter(pl.col("kind") == "revenue")
    owned = deals.join(shared, on="deal_id", how="anti").select(
        "deal_id", payee_id="seller_id", kind=pl.lit("owner"), tenths=pl.lit(10, pl.Int64)
    )
    named = splits.select("deal_id", "payee_id", pl.col("kind").replace({"revenue": "split"}), "tenths")
    shares = pl.concat([owned, named])
    managed = (
        shares.filter(pl.col("kind") != "overlay")
        .join(payees.select("payee_id", "manager_id"), on="payee_id")
        .group_by("deal_id", "manager_id")
        .agg(pl.col("tenths").sum())
        .select("deal_id", payee_id="manager_id", kind=pl.lit("manager"), tenths="tenths")
    )
    rates = tables["rates"].select(
        currency_code="from_currency_code",
        close_date="rate_date",
        micro=(pl.col("exchange_rate").cast(pl.Float64) * 1_000_000).round().cast(pl.Int64),
    )
    cents = (pl.col("deal_amount").cast(pl.Float64) * 100).round().cast(pl.Int64)
    return (
        pl.concat([shares, managed])
        .join(deals, on="deal_id")
        .join(rates, on=["currency_code", "close_date"], how="left")
        .select(
            "deal_id",
            "payee_id",
            "kind",
            "close_date",
            quarter=pl.format("2026-Q{}", pl.col("close_date").dt.quarter()),
            x=cents * pl.col("tenths") * pl.col("micro").fill_null(1_000_000),
        )
    )


def earned(credit_lines: pl.LazyFrame, quotas: pl.LazyFrame) -> pl.LazyFrame:
    """One row a line with what it earns in cents, as differences of the rounded total."""
    measured = (
        credit_lines.join(quotas, left_on=WINDOW, right_on=["payee_id", "period_id"])
        .sort("payee_id", "quarter", "close_date", "deal_id", "kind")
        .with_columns(after=pl.col("x").cum_sum().over(WINDOW))
        .with_columns(
            before=pl.col("after") - pl.col("x"),
            percent=pl.col("quota_amount").cast(pl.Float64).round().cast(pl.Int64) * (MEASURE_UNITS // 100),
        )
    )
    halves = pl.when(pl.col("kind") == "overlay").then(1).otherwise(2)
    pay = pl.lit(0, pl.Int64)
    for seller, manager in zip(SELLER_TIERS, MANAGER_TIERS, strict=True):
        low = pl.col("percent") * seller[0]
        high = pl.lit(FAR, pl.Int64) if seller[1] is None else pl.col("percent") * seller[1]
        length = pl.col("after").clip(low, high) - pl.col("before").clip(low, high)
        pay = pay + length * pl.when(pl.col("plan_id") == "seller").then(seller[2]).otherwise(manager[2]) * halves
    return (
        measured.with_columns(pay=pay)
        .with_columns(total=pl.col("pay").cum_sum().over(WINDOW))
        .select(
            "payee_id",
            "deal_id",
            "kind",
            earned_cents=in_cents(pl.col("total")) - in_cents(pl.col("total") - pl.col("pay")),
        )
    )


def in_cents(units: pl.Expr) -> pl.Expr:
    """Pay as cents, halves away from zero."""
    return (units.abs() + PAY_UNITS_IN_A_CENT // 2) // PAY_UNITS_IN_A_CENT * units.sign()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
