"""Whole numbers of 64 bits as the decimals that the marts have, for peers that compute in them."""

from __future__ import annotations

import pyarrow as pa

PAY = pa.decimal128(38, 12)
RATIO = pa.decimal128(18, 12)


def as_decimals(units: pa.Array, scale: int, kind: pa.DataType | None = None) -> pa.Array:
    """Numbers that count in 10^-scale, as decimals.

    Args:
        units: whole numbers or nulls.
        scale: digits after the point, no more than the type has.
        kind: the decimal type; that of pay where none is given.
    """
    wide = units.cast(pa.decimal128(38, 0))
    # The same bits, read with another point.
    counted = pa.Array.from_buffers(
        pa.decimal128(38, scale), len(wide), wide.buffers(), null_count=wide.null_count, offset=wide.offset
    )
    return counted.cast(kind or PAY)
