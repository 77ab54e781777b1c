"""Numbers and dates as people write them: 1.24 M EUR, 63 %, 14 Nov 2026.

Amounts carry three significant digits above ten thousand and whole units below. A no-break space joins a number and
its unit. A missing value is an en dash, never 0.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

GAP = "\N{NO-BREAK SPACE}"
MISSING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"

Number = Decimal | int | float

_SCALES = ((Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k"))


def money(amount: Number | None, currency: str | None) -> str:
    """An amount with its currency: `1.24 M EUR`, `45.2 k EUR`, `9,900 EUR`."""
    if amount is None:
        return MISSING
    return f"{quantity(amount)}{GAP}{currency}" if currency else quantity(amount)


def quantity(amount: Number) -> str:
    """A large number in three significant digits, a small one in full."""
    value = _decimal(amount)
    sign, size = (MINUS if value < 0 else ""), abs(value)
    if size < 10_000:
        whole = _rounded(size, 0)
        return f"{sign if whole else ''}{whole:,}"
    for index, (scale, letter) in enumerate(_SCALES):
        if size < scale:
            continue
        scaled = size / scale
        digits = 2 if scaled < 10 else 1 if scaled < 100 else 0
        scaled = _rounded(scaled, digits)
        if scaled >= 1000 and index > 0:  # 999,999 is 1 M, not 1000 k
            return f"{sign}1.00{GAP}{_SCALES[index - 1][1]}"
        return f"{sign}{scaled:.{digits}f}{GAP}{letter}"
    raise AssertionError("every size of 10,000 and more has a scale")


def signed_money(amount: Number | None, currency: str | None) -> str:
    """A change of an amount: `+210 k EUR`."""
    if amount is None:
        return MISSING
    text = money(amount, currency)
    return f"+{text}" if _decimal(amount) > 0 else text


def percent(ratio: Number | None) -> str:
    """A ratio as a percentage: `63 %`; one decimal below ten per cent: `6.2 %`."""
    if ratio is None:
        return MISSING
    value = _decimal(ratio) * 100
    digits = 0 if value == 0 or abs(value) >= Decimal("9.95") else 1
    rounded = _rounded(abs(value), digits)
    return f"{MINUS if value < 0 and rounded else ''}{rounded:,.{digits}f}{GAP}%"


def signed_points(difference: Number | None) -> str:
    """A difference of two ratios in percentage points: `+4 points`."""
    if difference is None:
        return MISSING
    points = _rounded(_decimal(difference) * 100, 0)
    sign = "+" if points > 0 else MINUS if points < 0 else ""
    return f"{sign}{abs(points)}{GAP}{'point' if abs(points) == 1 else 'points'}"


def count(number: Number | None) -> str:
    """A whole number with thousands separated: `12,480`."""
    return MISSING if number is None else f"{_rounded(_decimal(number), 0):,}".replace("-", MINUS)


def counted(number: Number, singular: str, plural: str | None = None) -> str:
    """A count with its noun in the right number: `1 deal`, `340 deals`."""
    return f"{count(number)}{GAP}{singular if number == 1 else plural or singular + 's'}"


def day(value: date | None) -> str:
    """A date: `14 Nov 2026`."""
    return MISSING if value is None else f"{value.day}{GAP}{_MONTHS[value.month - 1]}{GAP}{value.year}"


def month(value: date | None) -> str:
    """A month by its first day: `Nov 2026`."""
    if value is None:
        return MISSING
    named = calendar_month(value)
    return f"{_MONTHS[named.month - 1]}{GAP}{named.year}"


def calendar_month(start: date) -> date:
    """The first day of the calendar month by which a month is named: of a month of weeks, that of its 15th day."""
    return (start + timedelta(days=14)).replace(day=1)


# Not strftime: its names follow the locale of the machine.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _decimal(number: Number) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(str(number))


def _rounded(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
