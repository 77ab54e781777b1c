"""The tables that this package hands to dbt: their columns and types, their Parquet files, and schema `ml`.

models/marts/forecast/_forecast__sources.yml declares the same tables; a test holds the two together. Amounts have four
decimals and probabilities six, rounded here once, half to even, so that no binary fraction reaches SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = "ml"
AMOUNT = pa.decimal128(18, 4)
RATIO = pa.decimal128(18, 12)
METRIC = pa.decimal128(24, 6)
DECIMAL_DIGITS = {AMOUNT: 4, RATIO: 6, METRIC: 6}

TABLES: Mapping[str, pa.Schema] = {
    "revenue_forecasts": pa.schema(
        {
            "subject_kind_code": pa.string(),
            "subject_id": pa.string(),
            "period_id": pa.string(),
            "start_date": pa.date32(),
            "origin_date": pa.date32(),
            "horizon_months": pa.int32(),
            "measure_code": pa.string(),
            "model_code": pa.string(),
            "is_baseline": pa.bool_(),
            "forecast_company_amount": AMOUNT,
            "lower_80_company_amount": AMOUNT,
            "upper_80_company_amount": AMOUNT,
            "lower_95_company_amount": AMOUNT,
            "upper_95_company_amount": AMOUNT,
            "company_currency_code": pa.string(),
        }
    ),
    "opportunity_scores": pa.schema(
        {
            "opportunity_id": pa.string(),
            "as_of_date": pa.date32(),
            "win_probability_ratio": RATIO,
            "expected_close_date": pa.date32(),
            "model_code": pa.string(),
            "is_baseline": pa.bool_(),
        }
    ),
    "lead_scores": pa.schema(
        {
            "lead_id": pa.string(),
            "as_of_date": pa.date32(),
            "score_ratio": RATIO,
            "score_band_code": pa.string(),
            "model_code": pa.string(),
            "is_baseline": pa.bool_(),
        }
    ),
    "attainment_forecasts": pa.schema(
        {
            "payee_id": pa.string(),
            "component_id": pa.string(),
            "window_period_id": pa.string(),
            "as_of_date": pa.date32(),
            "measure_amount": AMOUNT,
            "quota_amount": AMOUNT,
            "forecast_measure_amount": AMOUNT,
            "miss_probability_ratio": RATIO,
            "currency_code": pa.string(),
            "model_code": pa.string(),
            "is_baseline": pa.bool_(),
        }
    ),
    "forecast_accuracy": pa.schema(
        {
            "target_code": pa.string(),
            "model_code": pa.string(),
            "baseline_code": pa.string(),
            "subject_kind_code": pa.string(),
            "subject_id": pa.string(),
            "metric_code": pa.string(),
            "horizon_months": pa.int32(),
            "origin_date": pa.date32(),
            "model_value": METRIC,
            "baseline_value": METRIC,
            "is_model_published": pa.bool_(),
            "sample_count": pa.int64(),
            "note_text": pa.string(),
        }
    ),
}


def product_path(output_dir: Path, table: str) -> Path:
    """Where the Parquet file of a table lies."""
    return output_dir / f"{table}.parquet"


def write_products(output_dir: Path, rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, int]:
    """Write one Parquet file a table of `TABLES`, an empty one where there are no rows; give back the row counts.

    Args:
        output_dir: made if absent.
        rows: table -> records with the table's columns; floats are rounded to the column's decimals.
    """
    output_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    for name, schema in TABLES.items():
        records = list(rows.get(name, ()))
        table = pa.Table.from_arrays([_column(records, field) for field in schema], schema=schema)
        pq.write_table(table, product_path(output_dir, name), compression="zstd")
        product_path(output_dir, name).chmod(0o600)
        counts[name] = table.num_rows
    return counts


def register_ml(candidate: Path | duckdb.DuckDBPyConnection, output_dir: Path) -> None:
    """Make schema `ml` in the candidate anew from the Parquet files; an absent file gives an empty table.

    Args:
        candidate: the DuckDB file, which is opened and closed, or a connection that may write.
        output_dir: where `write_products` wrote.
    """
    if isinstance(candidate, Path):
        with duckdb.connect(str(candidate)) as connection:
            register_ml(connection, output_dir)
        return
    candidate.execute(f"create schema if not exists {SCHEMA}")
    for name, schema in TABLES.items():
        path = product_path(output_dir, name)
        products = pq.read_table(path).cast(schema) if path.exists() else schema.empty_table()
        candidate.register("ml_product", products)
        candidate.execute(f"create or replace table {SCHEMA}.{name} as select * from ml_product")
        candidate.unregister("ml_product")


def exact(value: float | Decimal | None, digits: int) -> Decimal | None:
    """A number as a decimal with so many digits, rounded half to even; None stays None."""
    if value is None:
        return None
    number = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)


def _column(records: list[Mapping[str, Any]], field: pa.Field) -> pa.Array:
    """One column of the records; decimal columns hold decimals."""
    values = [record[field.name] for record in records]
    if field.type in DECIMAL_DIGITS:
        digits = DECIMAL_DIGITS[field.type]
        # Many records share a value: a calibrated model tells few chances apart.
        decimals = {value: exact(value, digits) for value in set(values)}
        values = [decimals[value] for value in values]
    return pa.array(values, field.type)
