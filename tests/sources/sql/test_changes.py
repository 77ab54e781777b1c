"""Which rows the next night reads. A value that is looked back from wrongly loses every record that was saved late."""

from __future__ import annotations

import pytest

from openspm.errors import OpenspmError
from openspm.sources.sql.changes import looked_back


@pytest.mark.parametrize(
    ("value", "look_back", "expected"),
    [
        ("1000", 10, "990"),
        ("5", 10, "-5"),
        ("2026-03-01", 3600, "2026-02-28"),
        ("2026-03-01", 0, "2026-03-01"),
        ("2026-03-01", 86401, "2026-02-27"),
        ("2026-03-01 00:00:00.5+00", 3600, "2026-02-28 23:00:00.500000+00:00"),
        ("2026-03-01 00:30:00", 3600, "2026-02-28 23:30:00"),
        ("2026-03-01T00:30:00Z", 3600, "2026-02-28T23:30:00Z"),
    ],
)
def test_a_value_is_looked_back_from_in_its_own_form(value: str, look_back: int, expected: str) -> None:
    assert looked_back(value, look_back, "here") == expected


@pytest.mark.parametrize("value", ["ab", "1.5", "2026", "infinity", "0001-01-01 00:00:00"])
def test_a_column_that_cannot_order_changes_is_refused(value: str) -> None:
    if value == "2026":
        assert looked_back(value, 1, "here") == "2025"
        return
    with pytest.raises(OpenspmError, match="Changes cannot be found"):
        looked_back(value, 3600, "table invoices, column write_date")
