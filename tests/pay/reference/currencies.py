"""Exchange rates and the currency of payout: one rate for a sale and what follows from it, and one last division."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from tests.pay.reference.numbers import number, rounded
from tests.pay.reference.parts import Credit
from tests.pay.reference.people import assignment
from tests.pay.reference.periods import span_of

# What is multiplied by, and what is divided by.
Rate = tuple[Fraction, Fraction]
NO_CONVERSION = Fraction(1), Fraction(1)
DAY = datetime.timedelta(days=1)


def convert(amount: Fraction, rate: Rate) -> Fraction:
    """An amount in another currency: a product of 12 decimals, divided once."""
    return rounded(rounded(amount * rate[0]) / rate[1])


def credit_rate(case: dict[str, Any], plan: dict[str, Any], currency: str, sold: datetime.date) -> Rate | None:
    """The rate from a currency into the plan's, for a sale of a day."""
    day = _rate_day(case["conventions"].get("credit_rate_day", "sale_date"), case, plan, sold)
    return rate_of(case, plan.get("rates", {}), currency, plan["currency"], day)


def payout_currency(case: dict[str, Any], plan: dict[str, Any], payee: str, day: datetime.date) -> str:
    """The currency in which a payee is paid by a plan."""
    currency = plan.get("payout", {}).get("currency", plan["currency"])
    if currency == "payee":
        person = assignment(case, payee, day) or next(one for one in case["people"] if one["id"] == payee)
        currency = person["pay_currency"]
    return str(currency)


def payout_digits(case: dict[str, Any], credit: Credit) -> int:
    """Digits of the minor unit in which a credit is paid."""
    return digits_of(payout_currency(case, credit.plan, credit.payee, _sold(credit)))


def payout_rate(case: dict[str, Any], credit: Credit) -> Rate | None:
    """The rate at which what a credit earns goes out: that of its sale, whatever it earns and when."""
    return rate_out(case, credit.plan, credit.payee, _sold(credit))


def rate_out(case: dict[str, Any], plan: dict[str, Any], payee: str, sold: datetime.date) -> Rate | None:
    """The rate of a day from a plan's currency into the one in which a payee is paid."""
    to = payout_currency(case, plan, payee, sold)
    if to == plan["currency"]:
        return NO_CONVERSION
    day = _rate_day(case["conventions"]["payout_rate_day"], case, plan, sold)
    return rate_of(case, plan["payout"].get("rates", plan.get("rates", {})), plan["currency"], to, day)


def pay_of_period(
    case: dict[str, Any], plan: dict[str, Any], payee: str, day: datetime.date, amount: Fraction | None, method: str
) -> tuple[Fraction | None, Fraction | None]:
    """What the line of a period pays, and what is counted of it: whole in the plan's currency, else as it is there."""
    to = payout_currency(case, plan, payee, day)
    if amount is None:
        return None, None
    if to == plan["currency"]:
        whole = rounded(amount, digits_of(to), method)
        return whole, whole
    rate = rate_out(case, plan, payee, day)
    return None if rate is None else rounded(convert(amount, rate), digits_of(to), method), amount


def digits_of(currency: str) -> int:
    """Digits of a currency's minor unit."""
    return {"JPY": 0, "KWD": 3}.get(currency, 2)


def rate_of(case: dict[str, Any], words: dict[str, Any], of: str, to: str, day: datetime.date) -> Rate | None:
    """A rate of a day: as it stands, turned round, or through the pivot."""
    if of == to:
        return NO_CONVERSION
    whole = _leg(case, words, of, to, day)
    pivot = words.get("pivot")
    if whole is not None or pivot is None or pivot in (of, to):
        return whole
    first, second = _leg(case, words, of, pivot, day), _leg(case, words, pivot, to, day)
    if first is None or second is None:
        return None
    return rounded(first[0] * second[0]), rounded(first[1] * second[1])


def _leg(case: dict[str, Any], words: dict[str, Any], of: str, to: str, day: datetime.date) -> Rate | None:
    """A rate without a pivot."""
    direct = _quoted(case, words, of, to, day)
    if direct is not None:
        return direct, Fraction(1)
    inverse = _quoted(case, words, to, of, day) if words.get("inverse") in (True, "true") else None
    return None if inverse is None else (Fraction(1), inverse)


class Quotes:
    """The rates of a case, found by kind and pair: a large company has thousands."""

    def __init__(self, rates: Iterable[dict[str, Any]]) -> None:
        """Sort them into their pairs."""
        self._rates: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
        for row in rates:
            self._rates[row.get("kind", "spot"), row["from"], row["to"]].append(row)

    def of(self, kind: str, of: str, to: str) -> list[dict[str, Any]]:
        """The rates of a pair, in no order."""
        return self._rates.get((kind, of, to), [])


def _quoted(case: dict[str, Any], words: dict[str, Any], of: str, to: str, day: datetime.date) -> Fraction | None:
    """The newest rate of a table on a day, unless it is too old."""
    known = [row for row in case["rates"].of(words.get("kind", "spot"), of, to) if row["date"] <= day]
    if not known:
        return None
    newest = max(known, key=lambda row: row["date"])
    if "valid_days" in words and day >= newest["date"] + int(words["valid_days"]) * DAY:
        return None
    return number(newest["rate"])


def _rate_day(choice: str, case: dict[str, Any], plan: dict[str, Any], sold: datetime.date) -> datetime.date:
    """The day whose rate a sale has."""
    if choice == "sale_date":
        return sold
    period = span_of(case, plan.get("pay_every", "month"), sold)
    return period.first if choice == "period_start" else period.last


def _sold(credit: Credit) -> datetime.date:
    """The day of the sale."""
    day: datetime.date = credit.event["origin"]["date"]
    return day
