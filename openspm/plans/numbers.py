"""Numbers of plans as they are written: decimals, and ratios that may be written as 8 % or 0.08."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

RATIO_DECIMALS = 12
AMOUNT_DECIMALS = 4
_PLAIN = r"-?[0-9]+(\.[0-9]+)?"


def _decimal(value: Any, decimals: int) -> Decimal:
    """A decimal from its text.

    Raises:
        ValueError: no plain decimal, or more decimals than are kept.
    """
    text = str(value)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is no number; write it like 1250.50") from None
    if not number.is_finite() or "e" in text.lower() or "_" in text:
        raise ValueError(f"{text!r} is no plain number; write it like 1250.50")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > decimals:
        raise ValueError(f"{text} has more than {decimals} decimals")
    return number


def parse_amount(value: Any) -> Decimal:
    """An amount of money, or a number of events."""
    number = _decimal(value, AMOUNT_DECIMALS)
    if abs(number) >= Decimal(10) ** 14:
        raise ValueError(f"{value} has more than 14 digits before the point")
    return number


def parse_ratio(value: Any) -> Decimal:
    """A ratio, written 0.08 or 8 %."""
    text = str(value).strip()
    if text.endswith("%"):
        number = _decimal(text[:-1].strip(), RATIO_DECIMALS - 2) / 100
    else:
        number = _decimal(text, RATIO_DECIMALS)
    if abs(number) >= Decimal(10) ** 6:
        raise ValueError(f"{value} has more than 6 digits before the point")
    return number


Amount = Annotated[
    Decimal,
    BeforeValidator(parse_amount),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^({_PLAIN}|=.+)$"}]}),
]
Ratio = Annotated[
    Decimal,
    BeforeValidator(parse_ratio),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^({_PLAIN} ?%?|=.+)$"}]}),
]

# A bound stays text until it is known whether it is an amount or an attainment.
Bound = Annotated[
    str,
    BeforeValidator(str),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^({_PLAIN} ?%?|=.+)$"}]}),
]


def written(number: Decimal | None) -> str | None:
    """A number as the text that the planning tables hold: no exponent, no zeros at the end."""
    if number is None:
        return None
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
