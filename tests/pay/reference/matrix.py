"""Matrices: the cell that further measures stand in, and the plain curve that a credit is paid by there."""

from __future__ import annotations

from typing import Any

from tests.pay.reference.gates import Books, read
from tests.pay.reference.measures import is_mirror
from tests.pay.reference.numbers import number, rounded
from tests.pay.reference.parts import Credit

RATIO_EVENTS = ("ratio", "mbo")
Found = tuple[bool, int | None]


def settle_matrices(case: dict[str, Any], books: Books, switches: Any) -> None:
    """Give every credit of a matrix the curve of its cell, and hold those whose cell is unknown, and all after them."""
    for window in books.values():
        is_held = False
        for credit in window:
            axes = credit.component["curve"].get("matrix")
            if not axes or is_mirror(credit, switches):
                continue
            cell: int | None = 0
            for axis in axes:
                known, band = _band(case, books, credit, axis, switches)
                is_held = is_held or not known
                inside = cell is not None and band is not None
                cell = cell * len(axis["bounds"]) + band if inside else None  # type: ignore[operator]
            credit.held = credit.held or is_held
            credit.component = {**credit.component, "curve": _plain(credit.component["curve"], cell)}


def _plain(curve: dict[str, Any], cell: int | None) -> dict[str, Any]:
    """The curve of a cell; outside of all of them it earns nothing."""
    found = {key: value for key, value in curve.items() if key != "matrix"}
    for name in ("tiers", "steps"):
        rows = []
        for row in curve.get(name, ()):
            values = row.get("rates") or row["amounts"]
            value = "0" if cell is None else values[cell]
            word = "pays" if name == "steps" else "rate" if "rates" in row else "per_unit"
            rows.append({key: text for key, text in row.items() if key not in ("rates", "amounts")} | {word: value})
        if rows:
            found[name] = rows
    return found


def _band(case: dict[str, Any], books: Books, credit: Credit, axis: dict[str, Any], switches: Any) -> Found:
    """Whether a measure is known, and the place of its band among them, None where that earns nothing."""

    def word(name: str) -> Any:
        return axis.get(name, switches(credit.plan, credit.component, f"matrix_{name}"))

    measured = next(one for one in credit.plan["components"] if one["component_id"] == axis["measure"])
    unit = None
    if measured["event"] in RATIO_EVENTS:
        rows = [
            one
            for window in books.values()
            for one in window
            if (one.payee, one.plan["plan_id"]) == (credit.payee, credit.plan["plan_id"])
            and (one.component["component_id"], one.posted) == (axis["measure"], credit.posted)
        ]
        if not rows or any(row.held for row in rows):
            return False, None
        value = rows[-1].after
    else:
        found = read(case, books, credit, axis["measure"], word("reading"), switches)
        if found is None:
            return False, None
        _, value, unit = found
        if axis["bounds"][-1].endswith("%") and unit is None:
            return False, None
    texts = [*axis["bounds"], *([axis["to"]] if "to" in axis else [])]
    bounds = [
        rounded(number(text) * unit) if text.endswith("%") and unit is not None else number(text) for text in texts
    ]
    count = sum(value > bound or (value == bound and word("boundary") == "upper") for bound in bounds)
    outside = None
    if count == 0:
        outside, near = word("below_first"), 0
    elif count > len(axis["bounds"]):
        outside, near = word("above_last"), len(axis["bounds"]) - 1
    if outside is None:
        return True, count - 1
    return outside != "error", near if outside == "flat" else None
