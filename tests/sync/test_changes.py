"""Protects a CRM from being written every night although nothing differs, and values from being lost on the way."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from openspm.sync.changes import is_same, wanted_values
from openspm.sync.settings import FieldSettings
from openspm.sync.writer import Value


@pytest.mark.parametrize(
    ("value", "shown", "same"),
    [
        (Decimal("12.50"), "12.5", True),
        (Decimal("12.50"), "12.51", False),
        (Decimal("12.50"), "n/a", False),
        (Decimal(0), None, False),
        (3, "3.0", True),
        (True, "True", True),
        (False, "true", False),
        (datetime.date(2026, 4, 1), "2026-04-01T00:00:00Z", True),
        (datetime.date(2026, 4, 1), "2026-04-02", False),
        ("high", "high ", True),
        ("high", "low", False),
        (None, "", True),
        (None, None, True),
        (None, "0", False),
        ("", None, True),
    ],
)
def test_values_are_compared_as_what_they_are(value: Value, shown: str | None, same: bool) -> None:
    assert is_same(value, shown) is same


def test_numbers_are_rounded_as_the_field_keeps_them_and_rows_that_are_gone_are_emptied() -> None:
    fields = {
        "ratio": FieldSettings(field="Percent", digits=1, factor=Decimal(100)),
        "flag": FieldSettings(field="Flag"),
        "count": FieldSettings(field="Count", digits=0),
    }
    wanted = wanted_values({"o1": {"ratio": Decimal("0.12345"), "flag": True, "count": 7}}, ["o1", "o2"], fields)
    assert wanted == {
        "o1": {"Percent": Decimal("12.3"), "Flag": True, "Count": Decimal(7)},
        "o2": {"Percent": None, "Flag": None, "Count": None},
    }
