"""Reads the candidate warehouse: one read-only connection, frames in a fixed order, and nothing kept open.

The feature models under models/intermediate/forecast/ hold every rule about what was known when. Here they are only
fetched; large companies are sampled by a hash of the record's id and the seed, so that the sample is the same each time
and a record's snapshots stay together.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import pandas as pd

HASH_SPACE = 16**8


@dataclass(frozen=True)
class Context:
    """What every target of one build shares.

    Attributes:
        as_of_date: the day that the numbers are for.
        company_id, currency_code: of the company; amounts of the revenue forecast are in this currency.
        seed: of every random choice.
        models_dir: where trained models are kept between runs.
        extension_columns: canonical table -> column -> creation, outcome or unknown.
    """

    as_of_date: datetime.date
    company_id: str
    currency_code: str
    seed: int
    models_dir: Path
    extension_columns: Mapping[str, Mapping[str, str]]


class Candidate:
    """A candidate, open to read. Use it in a `with` block: a writer cannot open the file before it is closed."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        self._connection = duckdb.connect(str(path), read_only=True, config={"threads": str(threads)})
        self._connection.execute("set timezone = 'UTC'")

    def __enter__(self) -> Candidate:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def frame(self, sql: str, parameters: list[Any] | None = None) -> pd.DataFrame:
        """The rows of a query; the query orders them. Dates come as datetime64, decimals as float64."""
        return self._connection.execute(sql, parameters or []).df()

    def value(self, sql: str, parameters: list[Any] | None = None) -> Any:
        """The first value of a query's first row; None where it has no row."""
        row = self._connection.execute(sql, parameters or []).fetchone()
        return None if row is None else row[0]

    def has(self, relation: str) -> bool:
        """Whether a relation such as marts.fct_bookings was built."""
        schema, name = relation.split(".")
        return bool(
            self.value(
                "select count(*) from information_schema.tables where table_schema = ? and table_name = ?",
                [schema, name],
            )
        )

    def columns(self, relation: str) -> tuple[str, ...]:
        """Names of a relation's columns, in order; none where it was not built."""
        schema, name = relation.split(".")
        found = self.frame(
            "select column_name from information_schema.columns where table_schema = ? and table_name = ? "
            "order by ordinal_position",
            [schema, name],
        )
        return tuple(found["column_name"])

    def as_of_date(self) -> datetime.date:
        """The day that the numbers of this candidate are for."""
        day = self.value("select as_of_date from landing.run")
        if not isinstance(day, datetime.date):
            raise ValueError("landing.run has no as_of_date: register the landing before the models are built")
        return day


def sample_limit(record_count: int, most_records: int) -> str:
    """Upper bound of the first eight hex digits of a record's hash, to keep about `most_records` of so many."""
    share = 1.0 if record_count <= most_records else most_records / record_count
    return f"{int(share * (HASH_SPACE - 1)):08x}"


def sample_condition(column: str) -> str:
    """SQL that keeps a record when its hash with the seed is within the limit; takes the parameters seed and limit."""
    return f"substr(md5({column} || ?), 1, 8) <= ?"


def days(column: pd.Series) -> pd.Series:
    """A date column as datetime64 with day precision in pandas' own unit, whatever the query gave."""
    return pd.to_datetime(column).astype("datetime64[us]")
