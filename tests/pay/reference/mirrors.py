"""What a reversal that mirrors its sale takes back of the sale's lines."""

from __future__ import annotations

from fractions import Fraction

from tests.pay.reference.events import counts_as
from tests.pay.reference.gates import event_order
from tests.pay.reference.limits import Taken, who
from tests.pay.reference.numbers import ZERO, rounded
from tests.pay.reference.parts import Credit, Posting


def mirrored(reversal: Credit, sale: Credit, window: list[Credit], taken: Taken) -> list[Posting]:
    """What a mirror takes back: each part of the sale's lines in proportion to what is reversed.

    A re-rate of the sale, or what a gate releases of it, that comes after the reversal is taken back when it comes, by
    a line of its own. What limits had taken off is noted in `taken`, as part of what they left.
    """
    place = {id(credit): at for at, credit in enumerate(window)}

    def is_later(cause: Credit) -> bool:
        if id(sale) in place and id(cause) in place:
            return place[id(cause)] > place[id(reversal)]
        return event_order(cause) > event_order(reversal)

    def back(amounts: list[Fraction]) -> Fraction:
        return taken_back(reversal, amounts)

    taken.by_limits[*who(reversal), reversal.posted] -= back(sale.limited)
    own: Fraction | None = None if sale.held else back(sale.parts)
    if not sale.held:
        reversal.limits[None] = [back([amount]) for amount in sale.limits.get(None, ())]
    later: dict[int, tuple[Credit, Fraction | None]] = {}
    # The curve's part of a re-rate has no limits; they are those of the whole line.
    curve_parts: list[tuple[Credit, bool, list[Fraction], list[Fraction]]] = [
        (cause, False, [amount], []) for cause, amount in sale.rerates
    ]
    for cause, is_held, amounts, limited in [*curve_parts, *sale.caused]:
        amount = None if is_held or sale.held else back(amounts)
        if is_later(cause):
            before = later.get(id(cause), (cause, ZERO))[1]
            later[id(cause)] = cause, None if amount is None or before is None else before + amount
            at = cause
        else:
            own = None if amount is None or own is None else own + amount
            at = reversal
        taken.by_limits[*who(reversal), at.posted] -= back(limited)
    for cause, _, _, _ in sale.caused:
        limits = [back([amount]) for amount in sale.limits.get(cause.order, ())]
        reversal.limits.setdefault(cause.order if is_later(cause) else None, []).extend(limits)
        if all(cause is not one for one, _ in sale.rerates):
            cause.released.add(reversal.order)
    return [(reversal, None, own), *((reversal, cause, amount) for cause, amount in later.values())]


def taken_back(reversal: Credit, amounts: list[Fraction]) -> Fraction:
    """What a mirror takes back of parts of the sale's line, each in proportion."""
    part, whole = Fraction(reversal.event["amount"]), Fraction(reversal.event["origin"]["amount"])
    if reversal.component.get("base", reversal.component.get("measure", "amount")) == "count":
        part, whole = Fraction(counts_as(reversal.event)), Fraction(1)
    # Of a margin of 0 every part is 0.
    return sum((rounded(rounded(amount * part) / (whole or 1)) for amount in amounts), ZERO)
