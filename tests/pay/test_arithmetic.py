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


@pytest.mark.parametrize("method", sorted(ROUNDINGS))
@pytest.mark.parametrize("digits", [0, 2, 3])
def test_minor_units(relation: duckdb.DuckDBPyConnection, method: str, digits: int) -> None:
    """Each method in each kind of currency."""
    expression = macros().round_to_minor_unit("a", digits, f"'{method}'")
    for a, result in relation.sql(f"select a, {expression} from numbers").fetchall():
        with decimal.localcontext(prec=60):
            assert result == a.quantize(Decimal(1).scaleb(-digits), ROUNDINGS[method])
