"""What a reversal that mirrors its sale takes back of the sale's lines."""

from __future__ import annotations

from fractions import Fraction

from tests.pay.reference.events import counts_as
from tests.pay.reference.gates import event_order
from tests.pay.reference.numbers import ZERO, rounded
from tests.pay.reference.parts import Credit, Posting


def mirrored(reversal: Credit, sale: Credit, window: list[Credit]) -> list[Posting]:
    """What a mirror takes back: each part of the sale's lines in proportion to what is reversed.

    A re-rate of the sale, or what a gate releases of it, that comes after the reversal is taken back when it comes, by
    a line of its own.
    """
    own: Fraction | None = ZERO
    later: dict[int, tuple[Credit, Fraction | None]] = {}
    for at, amount, _ in parts_taken_back(reversal, sale, window):
        if at is reversal:
            own = None if amount is None or own is None else own + amount
        else:
            before = later.get(id(at), (at, ZERO))[1]
            later[id(at)] = at, None if amount is None or before is None else before + amount
    if not sale.held:
        reversal.limits[None] = [taken_back(reversal, [amount]) for amount in sale.limits.get(None, ())]
    for cause in {id(cause): cause for cause, _, _, _ in sale.caused}.values():
        limits = [taken_back(reversal, [amount]) for amount in sale.limits.get(cause.order, ())]
        reversal.limits.setdefault(cause.order if id(cause) in later else None, []).extend(limits)
        if all(cause is not one for one, _ in sale.rerates):
            cause.released.add(reversal.order)
    return [(reversal, None, own), *((reversal, cause, amount) for cause, amount in later.values())]


def parts_taken_back(
    reversal: Credit, sale: Credit, window: list[Credit]
) -> list[tuple[Credit, Fraction | None, Fraction]]:
    """What a mirror takes back, part by part: when it does, how much, None while it is unknown, and of it what limits
    of the component had changed.
    """
    place = {id(credit): at for at, credit in enumerate(window)}

    def is_later(cause: Credit) -> bool:
        if id(sale) in place and id(cause) in place:
            return place[id(cause)] > place[id(reversal)]
        return event_order(cause) > event_order(reversal)

    def back(amounts: list[Fraction]) -> Fraction:
        return taken_back(reversal, amounts)

    # The curve's part of a re-rate has no limits; they are those of the whole line.
    curve_parts: list[tuple[Credit, bool, list[Fraction], list[Fraction]]] = [
        (cause, False, [amount], []) for cause, amount in sale.rerates
    ]
    found = [(reversal, None if sale.held else back(sale.parts), back(sale.limited))]
    for cause, is_held, amounts, limited in [*curve_parts, *sale.caused]:
        amount = None if is_held or sale.held else back(amounts)
        found.append((cause if is_later(cause) else reversal, amount, back(limited)))
    return found


def taken_back(reversal: Credit, amounts: list[Fraction]) -> Fraction:
    """What a mirror takes back of parts of the sale's line, each in proportion."""
    part, whole = Fraction(reversal.event["amount"]), Fraction(reversal.event["origin"]["amount"])
    if reversal.component.get("base", reversal.component.get("measure", "amount")) == "count":
        part, whole = Fraction(counts_as(reversal.event)), Fraction(1)
    # Of a margin of 0 every part is 0.
    return sum((rounded(rounded(amount * part) / (whole or 1)) for amount in amounts), ZERO)
