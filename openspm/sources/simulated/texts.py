"""From numbers to the text that the input contract wants: ids, dates, timestamps, amounts. Vectorised; one place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

SECONDS_A_DAY = 86_400


def ids(prefix: str, numbers: Ints, width: int = 9) -> pa.Array:
    """Stable ids such as `OPP000000042` for the number 41; a negative number gives an absent id."""
    digits = pa.array(numbers + 1, mask=numbers < 0).cast(pa.string())
    return pc.binary_join_element_wise(pa.scalar(prefix), pc.utf8_lpad(digits, width, "0"), "")


def choices(values: Sequence[str], positions: Ints) -> pa.Array:
    """The value at each position; a negative position gives an absent value."""
    picked = pa.array(positions, mask=positions < 0)
    return pa.array(values, pa.string()).take(picked)


def dates(days: Ints, present: Flags | None = None) -> pa.Array:
    """Days since 1970-01-01 as `2026-05-31`; absent where `present` is false."""
    mask = None if present is None else ~present
    return pa.array(days.astype(np.int32), mask=mask).cast(pa.date32()).cast(pa.string())


def stamps(seconds: Ints, present: Flags | None = None) -> pa.Array:
    """Seconds since 1970-01-01 UTC as `2026-05-31T08:30:00Z`; absent where `present` is false."""
    mask = None if present is None else ~present
    spaced = pa.array(seconds, mask=mask).cast(pa.timestamp("s")).cast(pa.string())
    return pc.binary_join_element_wise(pc.replace_substring(spaced, " ", "T"), pa.scalar("Z"), "")


def whole(numbers: Ints, present: Flags | None = None) -> pa.Array:
    """Whole numbers as plain digits."""
    return pa.array(numbers, mask=None if present is None else ~present).cast(pa.string())


def decimals(scaled: Ints, digits: int, present: Flags | None = None) -> pa.Array:
    """Numbers that count units of 10^-digits as plain decimal text: 12345 with 2 digits is `123.45`."""
    mask = None if present is None else ~present
    factor = 10**digits
    left = pa.array(scaled // factor, mask=mask).cast(pa.string())
    right = pc.utf8_lpad(pa.array(scaled % factor, mask=mask).cast(pa.string()), digits, "0")
    return pc.binary_join_element_wise(left, right, ".")


def cents(amounts: Ints, present: Flags | None = None) -> pa.Array:
    """Minor units as an amount with two decimals."""
    return decimals(amounts, 2, present)


def flags(values: Flags) -> pa.Array:
    """`true` and `false`."""
    return pa.array(values).cast(pa.string())


def joined(*parts: Any, separator: str = "") -> pa.Array:
    """Parts (columns or plain texts) put together row by row."""
    return pc.binary_join_element_wise(*[pa.scalar(p) if isinstance(p, str) else p for p in parts], separator)


def empty(count: int) -> pa.Array:
    """A column without a value."""
    return pa.nulls(count, pa.string())


def table(columns: dict[str, Any]) -> pa.Table:
    """A table of text columns."""
    return pa.table({
        name: column.cast(pa.string()) if isinstance(column, pa.Array) else pa.array(column, pa.string())
        for name, column in columns.items()
    })  # fmt: skip
