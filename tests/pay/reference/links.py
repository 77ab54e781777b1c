"""Components that pay a rate of what another one earns in a pay period, before the rules of the plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from tests.pay.reference.gates import Books, Ruled
from tests.pay.reference.measures import is_mirror
from tests.pay.reference.mirrors import parts_taken_back
from tests.pay.reference.numbers import ZERO, number, rounded
from tests.pay.reference.parts import Credit, Posting, who


def is_linked(postings: list[Posting]) -> bool:
    """Whether the lines of a window are a rate of other ones."""
    return any(credit.component["event"] == "linked" for credit, _, _ in postings[:1])


def linked_lines(
    books: Books, posted: list[list[Posting]], windows: Sequence[list[Ruled] | None], switches: Any
) -> list[list[Ruled] | None]:
    """The lines of linked components, by the places of their windows; None at those of others.

    Args:
        books: the credits of all windows.
        posted: what curves pay, by window.
        windows: lines after the rules of their components, None where these have none.
        switches: the choice for (plan, component, switch).
    """
    found: list[list[Ruled] | None] = [None] * len(posted)
    if not any(is_linked(postings) for postings in posted):
        return found
    waiting = [(at, credit) for at, postings in enumerate(posted) if is_linked(postings) for credit, _, _ in postings]
    pays: dict[tuple[Any, ...], Fraction | None] = {}
    while waiting:
        at, credit = waiting.pop(0)
        linked = credit.component["linked"]
        of = (credit.payee, credit.plan["plan_id"], linked["of"])
        if any((*who(other), other.posted) == (*of, credit.posted) for _, other in waiting):
            # What is read comes first.
            waiting.append((at, credit))
            continue
        read: Fraction | None = pays.get((*of, credit.posted), ZERO)
        for posting, pay, limited in earned_by(of, books, posted, windows, switches):
            if posting.posted == credit.posted:
                after = linked.get("reads") == "after_limits"
                read = None if read is None or pay is None else read + pay - (ZERO if after else limited)
        pay = None if credit.held or read is None else rounded(number(linked["rate"]) * read)
        pays[*who(credit), credit.posted] = pay
        found[at] = [*(found[at] or []), Ruled(credit, None, pay)]
    return found


def earned_by(
    of: tuple[str, str, str],
    books: Books,
    posted: list[list[Posting]],
    windows: Sequence[list[Ruled] | None],
    switches: Any,
) -> Iterator[tuple[Credit, Fraction | None, Fraction]]:
    """What a payee's component earns: the credit that posts it, the pay, and what of it limits changed.

    An opening is not here: it was earned before.
    """
    sales = {credit.sale_key(credit.event): credit for booked in books.values() for credit in booked}
    for postings, lines, booked in zip(posted, windows, books.values(), strict=True):
        for credit, cause, pay in postings:
            if who(credit) != of or is_linked(postings):
                continue
            if is_mirror(credit, switches):
                if credit.held:
                    yield credit, None, ZERO
                    continue
                yield from parts_taken_back(credit, sales[credit.sale_key(credit.event["origin"])], booked)
            elif lines is None and (credit.opening is None or cause is not None):
                yield cause or credit, pay, ZERO
        for line in lines or ():
            if who(line.credit) == of and (line.credit.opening is None or line.cause is not None):
                yield line.posting, line.pay, changed_by_limits(line)


def changed_by_limits(line: Ruled) -> Fraction:
    """What limits of its component changed of a line, as its credit has noted it."""
    noted = [line.credit.limited] if line.cause is None else []
    noted += [limited for cause, _, _, limited in line.credit.caused if cause is line.cause]
    return sum((amount for amounts in noted for amount in amounts), ZERO)
