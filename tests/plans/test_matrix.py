"""What a matrix may not say is refused with the place and the reason, and its cells are the plan's own numbers.

Without this a rate of one cell could be paid in another, and a cell that nobody wrote would be paid as nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openspm.plans.compile import Surroundings, compile_rows
from openspm.plans.load import LoadedPlan, check_plans
from openspm.plans.reading import Document
from openspm.plans.switches import Conventions

CONVENTIONS = {
    "boundary": "upper", "rounding": "half_up", "rounding_scope": "each_line", "catch_up": "crossing_event",
    "reversal_window": "mirror", "negative_total": "first_tier", "split_tolerance": "0", "empty_ratio": "nothing",
    "below_first": "zero", "above_last": "extend", "matrix_reading": "event", "matrix_boundary": "upper",
    "matrix_below_first": "zero", "matrix_above_last": "flat",
}  # fmt: skip
TIERS = ({"from": "0", "rates": ["1 %", "2 %", "3 %", "4 %"]}, {"from": "100", "rates": ["5 %", "6 %", "7 %", "8 %"]})
AXES = ({"measure": "other", "bounds": ["0", "50"]}, {"measure": "mix", "bounds": ["0 %", "40 %"]})


def checked(
    curve: dict[str, Any] | None = None,
    axis: dict[str, Any] | None = None,
    component: dict[str, Any] | None = None,
    **switches: str | None,
) -> tuple[list[LoadedPlan], str]:
    """A plan with a matrix of two further measures, changed in some keys, and its faults."""
    sellers = [{"to": "seller"}]
    plain = {"style": "marginal", "over": "amount", "tiers": [{"from": "0", "rate": "0"}]}
    axes = [AXES[0] | (axis or {}), AXES[1] | {"reading": "period_end"}]
    matrix = {"style": "marginal", "over": "amount", "matrix": axes, "tiers": list(TIERS)}
    base = {"name": "Sales", "event": "booking", "window": "quarter", "credits": sellers}
    ratio = {"numerator": "other", "denominator": "sales"}
    content = {
        "plan_id": "p", "version": "1", "name": "P", "valid_from": "2020-01-01", "currency": "EUR",
        "components": [
            base | {"component_id": "sales", "curve": matrix | (curve or {})} | (component or {}),
            base | {"component_id": "other", "curve": plain},
            base | {"component_id": "single", "curve": plain, "window": "month"},
            {"component_id": "mix", "name": "Mix", "event": "ratio", "window": "month", "ratio": ratio,
             "curve": {"style": "marginal", "over": "attainment", "target": "1", "tiers": plain["tiers"]}},
        ],
    }  # fmt: skip
    plans, faults = check_plans(
        [Document(Path("p.yml"), content, {})], Conventions.model_validate(CONVENTIONS | switches)
    )
    return plans, "\n".join(str(fault) for fault in faults)


def test_cells_are_numbered_with_the_last_axis_changing_fastest() -> None:
    """And bands add up to the number of the cell."""
    plans, faults = checked()
    assert faults == ""
    rows = compile_rows(plans, Surroundings("c", "t", "spot"), "live")
    rates = {(row["cell_number"], row.get("lower_bound_amount")): row["rate_ratio"] for row in rows["tiers"]}
    assert [rates[str(cell), "100"] for cell in (1, 2, 3, 4)] == ["0.05", "0.06", "0.07", "0.08"]
    bands = {
        (row["axis_number"], row.get("lower_bound_amount") or row.get("lower_bound_ratio")): row["cell_offset"]
        for row in rows["matrix_bands"]
    }
    assert bands == {
        ("1", None): None,
        ("1", "0"): "0",
        ("1", "50"): "2",
        ("2", None): None,
        ("2", "0"): "0",
        ("2", "0.4"): "1",
    }
    styles = {row["component_id"]: row["style_code"] for row in rows["components"]}
    assert styles["sales"] == "matrix_marginal"
    assert styles["other"] == "marginal"


def test_outside_of_the_bands_the_nearest_or_none() -> None:
    """Flat goes with the neighbour; error and zero have no cell."""
    plans, _ = checked(axis={"to": "80", "below_first": "error"})
    rows = compile_rows(plans, Surroundings("c", "t", "spot"), "live")["matrix_bands"]
    found = [(row["cell_offset"], row["outside_code"]) for row in rows if row["axis_number"] == "1"]
    assert found == [(None, "error"), ("0", None), ("2", None), ("2", None)]


@pytest.mark.parametrize(
    ("curve", "message"),
    [
        ({"tiers": [{"from": "0", "rates": ["1 %"]}]}, "rates: 1 are written, and the axes have 4 cells"),
        ({"tiers": [{"from": "0", "rate": "1 %"}]}, "in a matrix a row takes rates, one for each of 4 cells"),
        ({"tiers": [{"from": "0", "amounts": ["1"] * 4}]}, "rates: 0 are written"),
        ({"matrix": []}, "a rate for each band belongs to a matrix"),
        ({"style": "interpolated"}, "interpolated in a matrix is not in this version"),
        ({"style": "period_to_date_tier"}, "period_to_date_tier in a matrix is not in this version"),
        ({"style": "retroactive"}, "a window needs one cell"),
        ({"intercept": "5"}, "intercept in a matrix is not in this version"),
        ({"excess_over": "50"}, "excess_over in a matrix is not in this version"),
    ],
)
def test_curves_that_are_no_matrix_are_refused(curve: dict[str, Any], message: str) -> None:
    """With what to write."""
    assert message in checked(curve)[1]


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ({"measure": "nothing"}, "nothing is no other component of the plan that adds up events"),
        ({"measure": "sales"}, "sales is no other component"),
        ({"measure": "mix", "bounds": ["0 %", "1 %"]}, "two axes read mix"),
        ({"measure": "single"}, "the window of single is month, shorter than that of sales"),
        ({"bounds": ["0 %", "50 %"]}, "attainment of other needs its quota"),
        ({"bounds": ["10", "50 %"]}, "bounds are all amounts or all shares"),
        ({"bounds": ["50", "50"]}, "bounds stand in rising order"),
        ({"to": "40"}, "bounds stand in rising order"),
        ({"above_last": "zero"}, "above_last belongs to an axis with a `to`"),
    ],
)
def test_axes_that_cannot_be_read_are_refused(axis: dict[str, Any], message: str) -> None:
    """With the choices."""
    assert message in checked(axis=axis)[1]


@pytest.mark.parametrize("name", ["matrix_reading", "matrix_boundary", "matrix_below_first"])
def test_a_switch_of_a_matrix_left_open_is_refused(name: str) -> None:
    """And it matters where an axis does not say it itself."""
    assert f"the switch {name} matters here" in checked(**{name: None})[1]


def test_a_reversal_takes_back_the_line_as_it_was() -> None:
    """A cell of another day would take back another amount."""
    invoices = {"event": "invoice"}
    assert "reversal_window must be mirror" in checked(component=invoices, reversal_window="origin")[1]
    assert "reversal_window must be mirror" not in checked(component=invoices)[1]


def test_a_ratio_is_read_at_the_end_of_a_period() -> None:
    """Before it is over nobody knows it."""
    assert (
        "mix is known at the end of a pay period"
        in checked(
            {
                "matrix": [{"measure": "mix", "bounds": ["0 %", "40 %"]}],
                "tiers": [{"from": "0", "rates": ["1 %", "2 %"]}],
            }
        )[1]
    )
