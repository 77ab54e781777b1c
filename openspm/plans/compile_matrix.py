"""The bands of a matrix as rows of the planning table matrix_bands; its cells are tiers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import prod
from typing import Any

from openspm.plans.curves import pays_shares
from openspm.plans.matrix import axis_bounds
from openspm.plans.numbers import written
from openspm.plans.refusals_matrix import reading_of
from openspm.plans.schema import RATIO_EVENTS, Component, MatrixAxis, Plan

MATRIX_TABLES = ("matrix_bands",)
Row = dict[str, str | None]
Rows = dict[str, list[Row]]


def style_of(component: Component) -> str:
    """The style by which the engine computes: shares in tiers are straight lines; a matrix has a room of its own."""
    style = "interpolated" if pays_shares(component.curve) else component.curve.style
    return f"matrix_{style}" if component.curve.matrix else style


def add_matrix(rows: Rows, key: Row, plan: Plan, component: Component, switches: Mapping[str, Any]) -> None:
    """Add the bands of every axis, from minus to plus infinity without a gap."""
    axes = component.curve.matrix
    for number, axis in enumerate(axes, start=1):
        measured = next(one for one in plan.components if one.component_id == axis.measure)
        is_ratio = measured.event in RATIO_EVENTS
        stride = prod(len(other.bounds) for other in axes[number:])
        bounds, is_share = axis_bounds(axis)
        unit = "ratio" if is_share else "amount"
        for band, (lower, upper, offset, outside) in enumerate(_bands(axis, bounds, switches), start=1):
            rows["matrix_bands"].append(
                key
                | {
                    "axis_number": str(number),
                    "band_number": str(band),
                    "measured_component_id": axis.measure,
                    "reading_code": reading_of(axis, switches),
                    "boundary_code": axis.boundary or switches.get("matrix_boundary"),
                    # A ratio is compared as it is.
                    "unit_code": "measure" if is_ratio else unit,
                    f"lower_bound_{unit}": written(lower),
                    f"upper_bound_{unit}": written(upper),
                    "cell_offset": None if offset is None else str(offset * stride),
                    "outside_code": outside,
                }
            )


def _bands(
    axis: MatrixAxis, bounds: list[Decimal], switches: Mapping[str, Any]
) -> list[tuple[Decimal | None, Decimal | None, int | None, str | None]]:
    """Lower and upper bound, place among the bands, and what lies outside, of every band and of what lies outside."""
    count = len(axis.bounds)
    uppers = [*bounds[1:count], bounds[count] if axis.to is not None else None]
    found: list[tuple[Decimal | None, Decimal | None, int | None, str | None]] = [
        (bounds[at], uppers[at], at, None) for at in range(count)
    ]
    below = axis.below_first or switches.get("matrix_below_first")
    found.insert(0, (None, bounds[0], 0 if below == "flat" else None, None if below == "flat" else below))
    if axis.to is not None:
        above = axis.above_last or switches.get("matrix_above_last")
        is_flat = above == "flat"
        found.append((bounds[count], None, count - 1 if is_flat else None, None if is_flat else above))
    return found
