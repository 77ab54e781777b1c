"""Protects how numbers read: a leader who sees 1000 k EUR, -0 or 0 for "unknown" stops trusting every other number."""

from datetime import date
from decimal import Decimal

import pytest

from openspm.reports.number_format import (
    GAP,
    MISSING,
    count,
    counted,
    day,
    money,
    month,
    percent,
    signed_money,
    signed_points,
)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0"), ("9900", "9,900"), ("9999.5", "10,000"), ("10000", "10.0 k"), ("45210.99", "45.2 k"),
        ("999499", "999 k"), ("999500", "1.00 M"), ("1240000", "1.24 M"), ("12400000", "12.4 M"),
        ("999999999", "1.00 bn"), ("-1240000", "−1.24 M"), ("-0.2", "0"), ("1234567890123", "1235 bn"),
    ],
)  # fmt: skip
def test_amounts_read_as_people_write_them(amount: str, text: str) -> None:
    assert money(Decimal(amount), "EUR").replace(GAP, " ") == f"{text} EUR"


def test_what_is_unknown_is_a_dash_and_never_zero() -> None:
    assert money(None, "EUR") == percent(None) == day(None) == count(None) == signed_points(None) == MISSING


def test_ratios_dates_and_counts() -> None:
    texts = [percent(Decimal("0.6315")), percent(Decimal("0.0625")), percent(Decimal("0.0999")), percent(0)]
    assert [text.replace(GAP, " ") for text in texts] == ["63 %", "6.3 %", "10 %", "0 %"]
    assert day(date(2026, 11, 4)).replace(GAP, " ") == "4 Nov 2026"
    assert month(date(2027, 1, 1)).replace(GAP, " ") == "Jan 2027"
    assert counted(1, "deal").replace(GAP, " ") == "1 deal"
    assert counted(12480, "deal").replace(GAP, " ") == "12,480 deals"
    assert signed_money(Decimal("210000"), "EUR").replace(GAP, " ") == "+210 k EUR"
    assert signed_points(Decimal("-0.04")).replace(GAP, " ") == "−4 points"
