"""The five marts of by_hand.sql in polars: every column that it writes, texts included, to Parquet.

    python -m benchmarks.payouts.polars_marts TYPED_FOLDER OUT_FOLDER

Written to be fast: deals and payees have numbers, lines are sorted by one whole number, amounts are whole numbers of 64
bits (measures in 10^-9, pay in 10^-12, bounds in cents), and what names a line is looked up by number and never joined.
Prints seconds, reading and writing included.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pyarrow as pa

from benchmarks.payouts.clock import Clock
from benchmarks.payouts.decimals import RATIO, as_decimals
from benchmarks.payouts.pandas_peer import MANAGER_TIERS, SELLER_TIERS

KINDS = ("manager", "overlay", "owner", "split")
MANAGER, OVERLAY, OWNER, SPLIT = range(4)
MONTHS = pl.Series([f"2026-{month:02}" for month in range(1, 13)], dtype=pl.Categorical)
QUARTERS = pl.Series([f"2026-Q{quarter}" for quarter in range(1, 5)], dtype=pl.Categorical)
UNITS_IN_A_CENT = 10**10


def main(typed: Path, out: Path) -> None:
    """Compute, write, print the seconds."""
    clock = Clock()
    out.mkdir()
    deals, splits, payees, quotas = numbered(typed)
    lines = earned(measured(deals, splits, payees, quotas), payees)
    names = named(lines, deals, payees)
    marts = {
        "fct_credits": credit_rows(lines, names, deals),
        "fct_payout_lines": line_rows(lines, names),
        "fct_payout_traces": trace_rows(lines, names),
        "fct_payouts": payout_rows(lines, payees),
        "fct_attainment": attainment_rows(lines, payees, quotas),
    }
    for name, mart in marts.items():
        # As both DuckDB files are: without compressing texts.
        mart.write_parquet(out / f"{name}.parquet", compression="uncompressed", statistics=False)
    clock.print_seconds()


def whole(column: str, digits: int) -> pl.Expr:
    """An amount of so many decimals as a whole number."""
    return (pl.col(column).cast(pl.Float64) * float(10**digits)).round().cast(pl.Int64)


def decimals(units: pl.Series, scale: int, kind: pa.DataType | None = None) -> pl.Series:
    """Whole numbers that count in 10^-scale as decimals."""
    return pl.Series(units.name, as_decimals(units.to_arrow(), scale, kind))


def numbered(typed: Path) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.Series]:
    """Deals in the order of days and ids, splits, payees as they come, and the quota of payee x 4 + quarter."""
    read = {path.stem: pl.read_parquet(path) for path in typed.glob("*.parquet")}
    payee_type = pl.Enum(read["payees"]["payee_id"])
    is_seller = pl.col("plan_id") == "seller"
    payees = read["payees"].select(
        pl.col("payee_id").cast(pl.Categorical),
        pl.col("plan_id").cast(pl.Categorical),
        component_id=pl.when(is_seller).then(pl.lit("sales")).otherwise(pl.lit("override")).cast(pl.Categorical),
        manager=pl.col("manager_id").cast(payee_type).to_physical(),
        is_seller=is_seller,
    )
    rates = read["rates"].select(
        currency_code="from_currency_code", close_date="rate_date", micro=whole("exchange_rate", 6)
    )
    deals = (
        read["deals"]
        .join(rates, on=["currency_code", "close_date"], how="left")
        .sort("close_date", "deal_id")
        .with_columns(
            pl.col("micro").fill_null(1_000_000),
            pl.col("currency_code").cast(pl.Categorical),
            cents=whole("deal_amount", 2),
            month=pl.col("close_date").dt.month().cast(pl.UInt32) - 1,
            seller=pl.col("seller_id").cast(payee_type).to_physical().cast(pl.UInt32),
        )
        .with_row_index("deal")
    )
    splits = (
        read["splits"]
        .join(deals.select("deal_id", "deal"), on="deal_id")
        .select(
            "deal",
            payee=pl.col("payee_id").cast(payee_type).to_physical().cast(pl.UInt32),
            kind=pl.when(pl.col("kind") == "overlay").then(OVERLAY).otherwise(SPLIT).cast(pl.UInt8),
            tenths=whole("ratio", 1),
        )
    )
    window = pl.col("payee_id").cast(payee_type).to_physical().cast(pl.UInt32) * 4
    quotas = read["quotas"].select(
        window=window + pl.col("period_id").str.slice(6).cast(pl.UInt32) - 1, quota=whole("quota_amount", 0)
    )
    return deals, splits, payees, quotas.sort("window")["quota"]


def measured(deals: pl.DataFrame, splits: pl.DataFrame, payees: pl.DataFrame, quotas: pl.Series) -> pl.DataFrame:
    """One row a credit in the declared order, with the measure of its window before and after it."""
    shared = splits.filter(pl.col("kind") == SPLIT).select("deal")
    owned = deals.join(shared, on="deal", how="anti").select(
        "deal", payee="seller", kind=pl.lit(OWNER, pl.UInt8), tenths=pl.lit(10, pl.Int64)
    )
    shares = pl.concat([owned, splits])
    below = shares.filter(pl.col("kind") != OVERLAY)
    managed = (
        below.select("deal", "tenths", payee=payees["manager"].gather(below["payee"]).cast(pl.UInt32))
        .group_by("deal", "payee")
        .agg(pl.col("tenths").sum())
        .select("deal", "payee", kind=pl.lit(MANAGER, pl.UInt8), tenths="tenths")
    )
    credited = pl.concat([shares, managed])
    window = credited["payee"] * 4 + deals["month"].gather(credited["deal"]) // 3
    order = window.cast(pl.UInt64) * 2**34 + credited["deal"].cast(pl.UInt64) * 4 + credited["kind"]
    credited = credited.with_columns(window=window)[order.arg_sort()]
    deal = credited["deal"]
    x = deals["cents"].gather(deal) * deals["micro"].gather(deal) * credited["tenths"]
    return credited.with_columns(
        x=x, quota=quotas.gather(credited["window"]), month=deals["month"].gather(deal)
    ).with_columns(after=pl.col("x").cum_sum().over("window"))


def earned(credited: pl.DataFrame, payees: pl.DataFrame) -> pl.DataFrame:
    """Credits with their slice of each tier, what these add up to, and cents as differences of the rounded total."""
    lines = credited.with_columns(
        is_seller=payees["is_seller"].gather(credited["payee"]), before=pl.col("after") - pl.col("x")
    )
    is_seller, is_overlay = pl.col("is_seller"), pl.col("kind") == OVERLAY
    for tier, (seller, manager) in enumerate(zip(SELLER_TIERS, MANAGER_TIERS, strict=True), start=1):
        low, high = pl.col("quota") * (seller[0] * 10**7), pl.col("after")
        is_touched = pl.col("after") > low
        if seller[1] is not None:
            upper = pl.col("quota") * (seller[1] * 10**7)
            high, is_touched = pl.min_horizontal(high, upper), is_touched & (pl.col("before") < upper)
        start = pl.max_horizontal("before", low)
        rate = pl.when(is_seller).then(pl.lit(seller[2], pl.Int64)).otherwise(pl.lit(manager[2], pl.Int64))
        product = to_12_digits((high - low) * rate) - to_12_digits((start - low) * rate)
        # An overlay is paid on half of its measure: rates count in 10^-4, of which a half and 10^-12 leave a twentieth.
        share = (high - start) * (rate // 20)
        lines = lines.with_columns(
            pl.when(is_touched).then(start).alias(f"start_{tier}"),
            pl.when(is_touched).then(high).alias(f"end_{tier}"),
            pl.when(is_touched).then(pl.when(is_overlay).then(share).otherwise(product)).alias(f"slice_{tier}"),
        )
    amounts = [f"slice_{tier}" for tier in range(1, len(SELLER_TIERS) + 1)]
    total = pl.col("amount").cum_sum().over("window")
    return lines.with_columns(amount=pl.sum_horizontal(amounts)).with_columns(
        cents=in_cents(total) - in_cents(total - pl.col("amount"))
    )


def to_12_digits(units: pl.Expr) -> pl.Expr:
    """From 10^-13, halves up: nothing is negative here."""
    return (units + 5) // 10


def in_cents(units: pl.Expr) -> pl.Expr:
    """From 10^-12, halves up."""
    return (units + UNITS_IN_A_CENT // 2) // UNITS_IN_A_CENT


def named(lines: pl.DataFrame, deals: pl.DataFrame, payees: pl.DataFrame) -> pl.DataFrame:
    """What names a line, row by row, made once of texts of deals and of payees."""
    deal, payee = lines["deal"], lines["payee"]
    beginnings = pl.select("booking:" + deals["deal_id"]).to_series()
    ends_of_kinds = payees.select(
        pl.concat_str(pl.lit(""), "payee_id", "plan_id", "component_id", pl.lit(kind), separator=":").alias(kind)
        for kind in KINDS
    )
    ends = pl.concat([ends_of_kinds[kind] for kind in KINDS])
    end = ends.gather(lines["kind"].cast(pl.UInt32) * payees.height + payee)
    return pl.DataFrame(
        {
            "line_id": beginnings.gather(deal) + end,
            "event_id": deals["deal_id"].gather(deal),
            "payee_id": payees["payee_id"].gather(payee),
            "plan_id": payees["plan_id"].gather(payee),
            "component_id": payees["component_id"].gather(payee),
            "period_id": MONTHS.gather(lines["month"]),
            "window_period_id": QUARTERS.gather(lines["window"] % 4),
            "line_date": deals["close_date"].gather(deal),
        }
    )


def credit_rows(lines: pl.DataFrame, names: pl.DataFrame, deals: pl.DataFrame) -> pl.DataFrame:
    """The rows of fct_credits."""
    deal = lines["deal"]
    kinds = pl.Series(KINDS, dtype=pl.Categorical).gather(lines["kind"])
    halves = lines.select(pl.when(pl.col("kind") == OVERLAY).then(1).otherwise(2) * 5 * pl.col("x")).to_series()
    return names.select(
        credit_id="line_id",
        event_id="event_id",
        event_kind_code=pl.lit("booking", pl.Categorical),
        credit_date="line_date",
        opportunity_id="event_id",
        payee_id="payee_id",
        plan_id="plan_id",
        component_id="component_id",
        credit_kind_code=kinds,
        credit_ratio=decimals(lines["tenths"], 1, RATIO),
        quota_credit_amount=decimals(lines["x"], 9),
        pay_credit_amount=decimals(halves, 10),
        currency_code=pl.lit("EUR", pl.Categorical),
        event_amount=deals["deal_amount"].gather(deal),
        event_currency_code=deals["currency_code"].gather(deal),
        exchange_rate=decimals(deals["micro"], 6, RATIO).gather(deal),
        period_id="period_id",
        window_period_id="window_period_id",
    )


def line_rows(lines: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """The rows of fct_payout_lines."""
    return names.select(
        "line_id",
        "payee_id",
        "plan_id",
        "component_id",
        "period_id",
        "window_period_id",
        line_kind_code=pl.lit("event", pl.Categorical),
        credit_id="line_id",
        event_id="event_id",
        event_kind_code=pl.lit("booking", pl.Categorical),
        line_date="line_date",
        unrounded_amount=decimals(lines["amount"], 12),
        earned_amount=decimals(lines["cents"], 2),
        currency_code=pl.lit("EUR", pl.Categorical),
    )


def trace_rows(lines: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """The rows of fct_payout_traces: slices, shares of overlays, roundings."""
    numbered_lines = lines.with_row_index("line")
    no_number = pl.lit(None, pl.Int64)
    pieces = []
    for tier, (seller, manager) in enumerate(zip(SELLER_TIERS, MANAGER_TIERS, strict=True), start=1):
        start, end, is_share = pl.col(f"start_{tier}"), pl.col(f"end_{tier}"), pl.col("kind") == OVERLAY
        lower = pl.col("quota") * seller[0]
        rate = pl.when("is_seller").then(pl.lit(seller[2], pl.Int64)).otherwise(pl.lit(manager[2], pl.Int64))
        pieces.append(
            numbered_lines.lazy()
            .filter(start.is_not_null())
            .select(
                "line",
                trace=is_share.cast(pl.UInt32),
                tier=pl.lit(tier, pl.Int64),
                lower=lower if seller[0] else no_number,
                upper=no_number if seller[1] is None else pl.col("quota") * seller[1],
                base=pl.when(is_share).then(pl.col("x") * 5).otherwise((end - start) * 10),
                start=pl.when(~is_share).then(start - lower * 10**7),
                end=pl.when(~is_share).then(end - lower * 10**7),
                rate=rate,
                numerator=pl.when(is_share).then(end - start),
                denominator=pl.when(is_share).then("x"),
                slice=pl.col(f"slice_{tier}"),
            )
        )
    empty = dict.fromkeys(
        ("tier", "lower", "upper", "base", "start", "end", "rate", "numerator", "denominator"), no_number
    )
    rounding = pl.col("cents") * UNITS_IN_A_CENT - pl.col("amount")
    roundings = numbered_lines.lazy().filter(rounding != 0)
    pieces.append(roundings.select("line", trace=pl.lit(2, pl.UInt32), **empty, slice=rounding))
    traces = pl.concat(pieces).collect()
    line = traces["line"]
    measures = {
        "measure_before_amount": decimals(lines["before"], 9).gather(line),
        "measure_after_amount": decimals(lines["after"], 9).gather(line),
        "quota_amount": decimals(lines["quota"], 0, pa.decimal128(18, 4)).gather(line),
    }
    named_by = {column: names[column].gather(line) for column in names.columns}
    return traces.select(
        line_id=named_by["line_id"],
        trace_kind_code=pl.Series(["slice", "share", "rounding"], dtype=pl.Categorical).gather(traces["trace"]),
        payee_id=named_by["payee_id"],
        plan_id=named_by["plan_id"],
        component_id=named_by["component_id"],
        period_id=named_by["period_id"],
        event_id=named_by["event_id"],
        tier_number="tier",
        lower_bound_amount=decimals(traces["lower"], 2),
        upper_bound_amount=decimals(traces["upper"], 2),
        base_amount=decimals(traces["base"], 10),
        from_amount=decimals(traces["start"], 9),
        to_amount=decimals(traces["end"], 9),
        rate_ratio=decimals(traces["rate"], 4, RATIO),
        numerator_amount=decimals(traces["numerator"], 9),
        denominator_amount=decimals(traces["denominator"], 9),
        slice_amount=decimals(traces["slice"], 12),
        **measures,
        currency_code=pl.lit("EUR", pl.Categorical),
    )


def payee_months(lines: pl.DataFrame, payees: pl.DataFrame) -> pl.DataFrame:
    """One row a payee and month, in that order, with what its lines add up to."""
    months = pl.DataFrame({"slot": pl.int_range(payees.height * 12, dtype=pl.UInt32, eager=True)})
    added = lines.group_by(slot=pl.col("payee") * 12 + pl.col("month")).agg(
        pl.col("cents").sum(), pl.col("x").sum(), line_count=pl.len().cast(pl.Int64)
    )
    return months.join(added, on="slot", how="left", maintain_order="left").with_columns(
        pl.col("cents", "x", "line_count").fill_null(0), payee=pl.col("slot") // 12, month=pl.col("slot") % 12
    )


def payout_rows(lines: pl.DataFrame, payees: pl.DataFrame) -> pl.DataFrame:
    """The rows of fct_payouts."""
    months = payee_months(lines, payees)
    return months.select(
        payee_id=payees["payee_id"].gather(months["payee"]),
        plan_id=payees["plan_id"].gather(months["payee"]),
        period_id=MONTHS.gather(months["month"]),
        earned_amount=decimals(months["cents"], 2),
        line_count="line_count",
        currency_code=pl.lit("EUR", pl.Categorical),
    )


def attainment_rows(lines: pl.DataFrame, payees: pl.DataFrame, quotas: pl.Series) -> pl.DataFrame:
    """The rows of fct_attainment: the measure of the quarter at the end of each month, against its quota."""
    months = payee_months(lines, payees)
    window = months["payee"] * 4 + months["month"] // 3
    months = months.with_columns(window=window, quota=quotas.gather(window)).with_columns(
        measure=pl.col("x").cum_sum().over("window")
    )
    measure, quota = pl.col("measure"), pl.col("quota")
    # The quotient to 12 decimals, halves up: 10^-9 over whole units leaves a thousand.
    rest = (2000 * (measure % quota) + quota) // (2 * quota)
    ratio = months.select(measure // quota * 1000 + rest).to_series()
    return months.select(
        payee_id=payees["payee_id"].gather(months["payee"]),
        plan_id=payees["plan_id"].gather(months["payee"]),
        period_id=MONTHS.gather(months["month"]),
        window_period_id=QUARTERS.gather(window % 4),
        measure_amount=decimals(months["measure"], 9),
        quota_amount=decimals(months["quota"], 0, pa.decimal128(18, 4)),
        attainment_ratio=decimals(ratio, 12),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
