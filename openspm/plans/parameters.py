"""Named parameters of a plan: a value written `= base_rate x 1.5` is computed once, when the plan is read.

The grammar is closed: numbers, percentages, names of parameters, + - x /, min, max and brackets. Everything is exact;
a quotient is rounded to 12 decimals, half away from zero. Pay then sees a number as if it had been written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

from openspm.plans.numbers import RATIO_DECIMALS, written
from openspm.plans.reading import Document, Fault, Place

MOST_CHARACTERS = 200
MOST_BRACKETS = 20
DIGITS = 60
_TOKEN = re.compile(r"\s*(?:([0-9]+(?:\.[0-9]+)?)(\s*%)?|([a-z][a-z0-9_]*)|([-+*/(),]))")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_LITERAL = re.compile(r"[0-9]+(\.[0-9]+)?(\s*%)?")
_WORDS = frozenset({"x", "min", "max"})
Values = Mapping[str, Fraction]


class _Reader:
    """Reads one expression from left to right."""

    def __init__(self, text: str, values: Values) -> None:
        self.values = values
        self.tokens: list[str | Fraction] = []
        self.depth = 0
        if len(text) > MOST_CHARACTERS:
            raise ValueError(f"an expression has at most {MOST_CHARACTERS} characters")
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None:
                raise ValueError(f"{text[at:].strip()!r} is no part of an expression; it has numbers, names, + - x /")
            digits, percent, name, sign = found.groups()
            self.tokens.append(Fraction(digits) / (100 if percent else 1) if digits else name or sign)
            at = found.end()

    def next(self, *wanted: str) -> str | Fraction | None:
        """Take the next word if it is one of those wanted, or whatever it is if none are named."""
        if not self.tokens or (wanted and self.tokens[0] not in wanted):
            return None
        return self.tokens.pop(0)

    def whole(self) -> Fraction:
        """The whole expression."""
        value = self.sum()
        if self.tokens:
            raise ValueError(f"{self.tokens[0]} is not expected there")
        return value

    def sum(self) -> Fraction:
        """Products, added and taken off."""
        value = self.product()
        while sign := self.next("+", "-"):
            value = value + self.product() if sign == "+" else value - self.product()
        return value

    def product(self) -> Fraction:
        """Factors, multiplied and divided."""
        value = self.factor()
        while sign := self.next("x", "*", "/"):
            other = self.factor()
            if sign != "/":
                value *= other
            elif other == 0:
                raise ValueError("divides by 0")
            else:
                value = _rounded(value / other)
        return value

    def factor(self) -> Fraction:
        """A number, a parameter, a bracket, min or max."""
        word = self.next()
        if isinstance(word, Fraction):
            return word
        if word == "-":
            return -self.factor()
        if word == "(":
            inside = self.bracket()
            if len(inside) > 1:
                raise ValueError("a comma belongs to min and max")
            return inside[0]
        if word in {"min", "max"} and self.next("("):
            return (min if word == "min" else max)(self.bracket())
        if word is None or not _NAME.fullmatch(word) or word in _WORDS:
            raise ValueError(f"a number or a name is missing{'' if word is None else f' before {word}'}")
        if word not in self.values:
            known = ", ".join(sorted(self.values)) or "none"
            raise ValueError(f"{word} is no parameter that is written before; there are: {known}")
        return self.values[word]

    def bracket(self) -> list[Fraction]:
        """What stands in a bracket, up to its end."""
        self.depth += 1
        if self.depth > MOST_BRACKETS:
            raise ValueError(f"has more than {MOST_BRACKETS} brackets")
        found = [self.sum()]
        while self.next(","):
            found.append(self.sum())
        if not self.next(")"):
            raise ValueError("a bracket is not closed")
        return found


def _rounded(value: Fraction) -> Fraction:
    """A quotient to 12 decimals, half away from zero."""
    scaled = value * 10**RATIO_DECIMALS
    whole, rest = divmod(abs(scaled.numerator), scaled.denominator)
    up = 2 * rest >= scaled.denominator
    return Fraction((whole + up) * (1 if value >= 0 else -1), 10**RATIO_DECIMALS)


def _text(value: Fraction) -> str:
    """A number as plans write it.

    Raises:
        ValueError: more than 12 decimals.
    """
    with localcontext(prec=DIGITS):
        number = Decimal(value.numerator) / Decimal(value.denominator)
        kept = number.quantize(Decimal(1).scaleb(-RATIO_DECIMALS), ROUND_HALF_UP)
        if Fraction(kept) != value:
            raise ValueError(f"comes to {number:f}, which has more than {RATIO_DECIMALS} decimals")
        return written(kept) or "0"


def with_parameters(document: Document) -> tuple[Document, list[Fault]]:
    """A plan's document with each expression replaced by its number, and what is wrong with its parameters."""
    content = document.content
    if not isinstance(content, dict):
        return document, []
    faults: list[Fault] = []
    values: dict[str, Fraction] = {}
    used: set[str] = set()
    # A parameter that is one number stands where it is named as it was written: 80 % stays an attainment.
    literals: dict[str, str] = {}
    parameters = content.get("parameters", {})
    if not isinstance(parameters, dict):
        return document, [document.fault(("parameters",), "parameters are names with a number or an expression each")]
    for name, text in parameters.items():
        try:
            if not _NAME.fullmatch(str(name)) or name in _WORDS:
                raise ValueError("is no name; use small letters, digits and _, and not x, min or max")
            values[name] = _value(text, values, used)
            if _LITERAL.fullmatch(text.strip()):
                literals[name] = text.strip()
        except ValueError as error:
            faults.append(document.fault(("parameters", name), f"{name}: {error}"))

    def replaced(inner: Any, place: Place) -> Any:
        if isinstance(inner, dict):
            return {key: replaced(value, (*place, key)) for key, value in inner.items()}
        if isinstance(inner, list):
            return [replaced(value, (*place, at)) for at, value in enumerate(inner)]
        if not isinstance(inner, str) or not inner.startswith("="):
            return inner
        try:
            value = _value(inner[1:], values, used)
            as_written = literals.get(inner[1:].strip())
            if as_written is None and is_of_either_unit(place):
                raise ValueError(
                    "an amount or an attainment may stand here, and an expression does not say which; name a parameter "
                    "that is one number, such as 80 % or 1000"
                )
            return as_written or _text(value)
        except ValueError as error:
            faults.append(document.fault(place, f"{inner!r}: {error}"))
            return inner

    rest = {key: value for key, value in content.items() if key != "parameters"}
    resolved = replace(document, content=replaced(rest, ()))
    if not faults:
        faults = [
            document.fault(("parameters", name), f"{name} is used nowhere; take it out")
            for name in values
            if name not in used
        ]
    return resolved, faults


def is_of_either_unit(place: Place) -> bool:
    """Whether a percent sign decides between an attainment and an amount there: bounds of gates and multipliers."""
    return place[-1:] == ("at_least",) or ("multipliers" in place and place[-1:] == ("from",))


def _value(text: Any, values: Values, used: set[str]) -> Fraction:
    """The value of an expression; notes which parameters it reads."""
    if not isinstance(text, str):
        raise ValueError("is no number and no expression")
    used.update(word for word in re.findall(r"[a-z][a-z0-9_]*", text) if word in values)
    return _Reader(text.removeprefix("="), values).whole()
