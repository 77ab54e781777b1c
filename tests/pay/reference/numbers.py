"""Numbers of the reference: fractions, and the one place where they are rounded."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

ZERO = Fraction(0)


def rounded(value: Fraction, decimals: int = 12, method: str = "half_up") -> Fraction:
    """A number with so many decimals."""
    if 10**decimals % value.denominator == 0:
        return value
    scaled = abs(value) * 10**decimals
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    twice = 2 * rest
    up = method != "down" and (
        twice > scaled.denominator or (twice == scaled.denominator and (method == "half_up" or whole % 2 == 1))
    )
    return Fraction((whole + up) * (1 if value >= 0 else -1), 10**decimals)


@lru_cache(maxsize=4096)
def number(value: Any) -> Fraction:
    """A number as a plan writes it: 0.05, 5 % or 120."""
    text = str(value).strip()
    return Fraction(text[:-1].strip()) / 100 if text.endswith("%") else Fraction(text)
