"""Matrices as curves: every combination of bands of the axes, a cell, has the curve's tiers with rates of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from math import prod
from typing import Any

from openspm.plans.curves import CompiledTier, CurveFault, compile_curve, with_offset
from openspm.plans.numbers import parse_amount, parse_ratio
from openspm.plans.schema import Component, Curve, MatrixAxis, Step, Tier


def compile_cells(component: Component, switches: Mapping[str, Any]) -> list[CompiledTier]:
    """The tiers of a component's curve, for every cell if it is a matrix.

    Raises:
        CurveFault: the first thing that is wrong with the curve.
    """
    curve = component.curve
    rows: Sequence[Tier | Step] = curve.steps if curve.style == "step" else curve.tiers
    name = "steps" if curve.style == "step" else "tiers"
    if not curve.matrix:
        for at, row in enumerate(rows):
            if row.amounts or getattr(row, "rates", ()):
                raise CurveFault((name, at), "a rate for each band belongs to a matrix, and the curve has none")
        return with_offset(compile_curve(component, switches), curve)
    for number, axis in enumerate(curve.matrix):
        axis_bounds(axis, ("matrix", number))
    count = cell_count(curve)
    written = _word(component, rows)
    for at, row in enumerate(rows):
        _check_row(row, written, count, (name, at))
    found: list[CompiledTier] = []
    for cell in range(count):
        cells = tuple(row.model_copy(update=_plain(row, written, cell)) for row in rows)
        plain = curve.model_copy(update={name: cells, "matrix": ()})
        tiers = compile_curve(component.model_copy(update={"curve": plain}), switches)
        found += [replace(tier, cell=cell + 1) for tier in tiers]
    return found


def cell_count(curve: Curve) -> int:
    """How many combinations of bands there are."""
    return prod(len(axis.bounds) for axis in curve.matrix)


def axis_bounds(axis: MatrixAxis, key: tuple[str | int, ...] = ()) -> tuple[list[Decimal], bool]:
    """The bounds of an axis with its end, and whether they are shares.

    Raises:
        CurveFault: no number, several units, or bounds that do not rise.
    """
    texts = [*axis.bounds, *(() if axis.to is None else (axis.to,))]
    shares = {text.strip().endswith("%") for text in texts if text.strip(" %0.") != ""} or {
        text.strip().endswith("%") for text in texts
    }
    if len(shares) > 1:
        raise CurveFault((*key, "bounds"), "bounds are all amounts or all shares like 40 %")
    is_share = True in shares
    try:
        values = [parse_ratio(text) if is_share else parse_amount(text.strip().rstrip(" %")) for text in texts]
    except ValueError as error:
        raise CurveFault((*key, "bounds"), str(error)) from None
    if any(low >= high for low, high in pairwise(values)):
        raise CurveFault((*key, "bounds"), "bounds stand in rising order, and `to` above them")
    return values, is_share


def _word(component: Component, rows: Sequence[Tier | Step]) -> str:
    """Which word the rows of a matrix take."""
    counts = (component.base or component.measure) == "count"
    return "amounts" if counts or any(isinstance(row, Step) for row in rows) else "rates"


def _check_row(row: Tier | Step, written: str, count: int, key: tuple[str | int, ...]) -> None:
    """Refuse a row that lacks a rate for a cell, or says one for all."""
    for name in ("rate", "per_unit", "pays", "pays_share"):
        if getattr(row, name, None) is not None:
            raise CurveFault((*key, name), f"in a matrix a row takes {written}, one for each of {count} cells")
    for name in ("rates", "amounts"):
        values = getattr(row, name, ())
        if name == written and len(values) != count:
            raise CurveFault(key, f"{written}: {len(values)} are written, and the axes have {count} cells")
        if name != written and values:
            raise CurveFault((*key, name), f"this matrix takes {written}, one for each of {count} cells")


def _plain(row: Tier | Step, written: str, cell: int) -> dict[str, Any]:
    """What a row of one cell says as a row of a plain curve."""
    word = "pays" if isinstance(row, Step) else "rate" if written == "rates" else "per_unit"
    return {"rates": (), "amounts": (), word: getattr(row, written)[cell]}
