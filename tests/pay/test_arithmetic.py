"""The macros of pay multiply, divide and round exactly, far beyond what doubles hold.

Without this a product of three ordinary factors could overflow, and a quotient lose its last cents to floating point.
"""

from __future__ import annotations

import decimal
import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pyarrow as pa
import pytest

from tests.pay.reference import rounded

MACROS = Path(__file__).resolve().parents[2] / "dbt_project" / "macros" / "pay" / "exact_arithmetic.sql"
ROUNDINGS = {"half_up": decimal.ROUND_HALF_UP, "half_even": decimal.ROUND_HALF_EVEN, "down": decimal.ROUND_DOWN}


def macros() -> Any:
    """The macros as dbt would render them."""
    environment = jinja2.Environment(autoescape=False)
    environment.globals["pay_type"] = lambda: "decimal(38, 12)"
    return environment.from_string(MACROS.read_text()).module


def numbers(draw: random.Random, digits: int) -> Decimal:
    """A number of any size up to so many digits, 12 of them after the point."""
    return Decimal(draw.choice((-1, 1)) * draw.randrange(10 ** draw.randrange(1, digits))) / Decimal(10**12)


@pytest.fixture
def relation() -> duckdb.DuckDBPyConnection:
    """A table of numbers, those on a boundary among them."""
    draw = random.Random(7)
    with decimal.localcontext(prec=60):
        rows = [(numbers(draw, 26), numbers(draw, 17), numbers(draw, 24)) for _ in range(4000)]
        rows += [
            (Decimal(text), Decimal("0.05"), Decimal(7)) for text in ("0", "0.005", "0.015", "-2.5", "2.5", "0.0005")
        ]
        rows.append((Decimal(1), Decimal(1), Decimal(0)))
        columns = {name: pa.array([row[n] for row in rows], pa.decimal128(38, 12)) for n, name in enumerate("arc")}
    connection = duckdb.connect()
    connection.register("numbers", pa.table(columns))
    return connection


def test_products_and_quotients(relation: duckdb.DuckDBPyConnection) -> None:
    """To 12 decimals, half away from zero; a quotient by 0 is unknown."""
    macro = macros()
    parts = [
        macro.multiply_exact("a", "r"),
        macro.multiply_amounts("r * 1", "c"),
        macro.divide_once("a", "c"),
    ]
    result = relation.sql(f"select a, r, c, {', '.join(parts)} from numbers")
    assert {str(kind) for kind in result.types} == {"DECIMAL(38,12)"}
    for a, r, c, product, large, quotient in result.fetchall():
        assert Fraction(product) == rounded(Fraction(a) * Fraction(r))
        assert Fraction(large) == rounded(Fraction(r) * Fraction(c))
        assert (quotient is None) == (c == 0)
        if quotient is not None:
            assert Fraction(quotient) == rounded(Fraction(a) / Fraction(c))


@pytest.mark.parametrize("decimals", [0, 2, 6, 7, 12])
def test_quick_products(decimals: int) -> None:
    """In 64 bits or in 128 a product is the same, whatever its length, sign and side of a million.

    Without this an amount a little too long for 64 bits could be paid cut off.
    """
    draw = random.Random(decimals)
    with decimal.localcontext(prec=60):
        step = Decimal(1).scaleb(-decimals)
        amounts = [numbers(draw, 26).quantize(Decimal(1).scaleb(-draw.choice((4, 6, 12)))) for _ in range(3000)]
        amounts += [
            Decimal(sign) * Decimal(text) for sign in (-1, 1) for text in ("999999.999999999999", "1000000", "0")
        ]
        rates = [
            Decimal(draw.choice(("0", "0.999999999999", "1", "-0.05", "160.123456", str(draw.random()))))
            for _ in amounts
        ]
        columns = {
            "a": pa.array(amounts, pa.decimal128(38, 12)),
            "r": pa.array([rate.quantize(step, decimal.ROUND_DOWN) for rate in rates], pa.decimal128(18, 12)),
        }
    connection = duckdb.connect()
    connection.register("numbers", pa.table(columns))
    result = connection.sql(f"select a, r, {macros().multiply_quickly('a', 'r')} from numbers")
    assert str(result.types[2]) == "DECIMAL(38,12)"
    for a, r, product in result.fetchall():
        assert Fraction(product) == rounded(Fraction(a) * Fraction(r))


@pytest.mark.parametrize("decimals", [2, 4, 6, 12])
def test_differences_of_products(decimals: int) -> None:
    """A slice is the difference of two rounded products, however large both are and whatever lies between them."""
    draw = random.Random(decimals)
    with decimal.localcontext(prec=60):
        rows = []
        for _ in range(4000):
            start = numbers(draw, 26) if draw.random() < 0.3 else abs(numbers(draw, 20))
            length = numbers(draw, 20).quantize(Decimal(1).scaleb(-draw.choice((2, 8, 10, 12))))
            rate = Decimal(str(draw.random() * draw.choice((1, 1, 3)))).quantize(Decimal(1).scaleb(-decimals))
            rows.append((draw.choice((start, start, Decimal(0))), rate, length))
        # A tie on each side of 0: 0.5 and -0.5 of the twelfth decimal.
        rows.append((Decimal("-0.000000000001"), Decimal("0.5"), Decimal("0.000000000002")))
        columns = {
            "low": pa.array([row[0] for row in rows], pa.decimal128(38, 12)),
            "r": pa.array([row[1] for row in rows], pa.decimal128(18, 12)),
            "high": pa.array([row[0] + row[2] for row in rows], pa.decimal128(38, 12)),
        }
    connection = duckdb.connect()
    connection.register("numbers", pa.table(columns))
    result = connection.sql(f"select low, r, high, {macros().multiply_difference('low', 'high', 'r')} from numbers")
    assert str(result.types[3]) == "DECIMAL(38,12)"
    for low, r, high, product in result.fetchall():
        assert Fraction(product) == rounded(Fraction(high) * Fraction(r)) - rounded(Fraction(low) * Fraction(r))


def test_short_products() -> None:
    """An amount of four decimals times a ratio of eight has twelve: nothing is rounded."""
    macro = macros()
    query = f"select {macro.is_short_ratio('r')}, {macro.multiply_short('a', 'r')} from numbers"
    rows = "(99999999999999.9999, 0.33333333), (-0.0001, 0.00000001), (1.5, 0.333333333)"
    values = f"select cast(a as decimal(18, 4)) as a, cast(r as decimal(18, 12)) as r from (values {rows}) as v (a, r)"
    short, smallest, long = duckdb.sql(f"with numbers as ({values}) {query}").fetchall()
    assert short == (True, Decimal("99999999999999.9999") * Decimal("0.33333333"))
    assert smallest == (True, Decimal("-0.000000000001"))
    assert not long[0]


@pytest.mark.parametrize("method", sorted(ROUNDINGS))
@pytest.mark.parametrize("digits", [0, 2, 3])
def test_minor_units(relation: duckdb.DuckDBPyConnection, method: str, digits: int) -> None:
    """Each method in each kind of currency."""
    expression = macros().round_to_minor_unit("a", digits, f"'{method}'")
    for a, result in relation.sql(f"select a, {expression} from numbers").fetchall():
        with decimal.localcontext(prec=60):
            assert result == a.quantize(Decimal(1).scaleb(-digits), ROUNDINGS[method])
