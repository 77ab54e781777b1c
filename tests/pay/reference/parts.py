"""What the steps of the reference hand to each other: credits on their way, postings and lines."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.pay.reference.numbers import ZERO
from tests.pay.reference.terms import Measured, Terms

if TYPE_CHECKING:
    from tests.pay.reference.openings import Opening


@dataclass(frozen=True)
class Line:
    """One line: what a credit earns, or a re-rate. `event` is None for a period, `pay` for a held line.

    `counted` is what floors and linked components count of it, in the plan's currency.
    """

    event: str | None
    payee: str
    component: str | None
    credit: str | None
    kind: str
    cause: str | None
    period: str
    pay: Fraction | None
    date: datetime.date
    version: str
    counted: Fraction | None = None


@dataclass
class Credit:
    """A credit on its way: dX and dY, and where it counts."""

    event: dict[str, Any]
    payee: str
    kind: str
    plan: dict[str, Any]
    component: dict[str, Any]
    dx: Fraction | None
    dy: Fraction | None
    date: datetime.date
    window: str
    posted: str
    measured: Measured | None = None
    counted: datetime.date = datetime.date.min
    terms: Terms = field(default_factory=lambda: Terms(None, Fraction(1), Fraction(1), Fraction(1), ()))
    before: Fraction = ZERO
    after: Fraction = ZERO
    # What a window begins with, below zero, because earlier windows left it.
    start: Fraction = ZERO
    is_start_unknown: bool = False
    # What an earlier system made of the window, which counts in the pay period before its line's.
    opening: Opening | None = None
    read_in: str = ""
    # The last day of the pay period that it pays for, where it pays for one.
    pays_until: datetime.date | None = None
    held: bool = False
    is_unknown: bool = False
    is_true_up: bool = False
    released: set[tuple[Any, ...]] = field(default_factory=set)
    parts: list[Fraction] = field(default_factory=list)
    # What of these limits changed.
    limited: list[Fraction] = field(default_factory=list)
    # What limits add to its lines or take off, by the order of their cause; None for its own line.
    limits: dict[tuple[Any, ...] | None, list[Fraction]] = field(default_factory=dict)
    # What later credits re-rated this one by, and what gates released of it, with what rules changed of these lines:
    # whether it is held, all of it, and what of it limits after multipliers changed.
    rerates: list[tuple[Credit, Fraction]] = field(default_factory=list)
    caused: list[tuple[Credit, bool, list[Fraction], list[Fraction]]] = field(default_factory=list)

    @property
    def read_on(self) -> datetime.date:
        """The day on which gates and multipliers read it: that before an opening's day."""
        day: datetime.date = self.event["date"] if self.opening else self.date
        return day

    @property
    def period_read(self) -> str:
        """The pay period in which they do."""
        return self.read_in or self.posted

    @property
    def order(self) -> tuple[Any, ...]:
        """The declared order of credits; what pays for a period follows all events of it."""
        identity = ":".join(self.sale_key(self.event))
        declared = self.date, self.event["date"], self.counted_event["id"].encode(), identity.encode()
        return self.pays_until or self.date, self.pays_until is not None, *declared

    @property
    def counted_event(self) -> dict[str, Any]:
        """The event that the declared order goes by: of a SPIFF the one that it pays for."""
        found: dict[str, Any] = self.event.get("counted", self.event)
        return found

    def sale_key(self, event: dict[str, Any]) -> tuple[str, ...]:
        """What finds this payee's credit for an event."""
        return (event["type"], event["id"], self.payee, self.plan["plan_id"], self.component["component_id"], self.kind)


# A line before rounding: the credit that is paid, the one that caused a re-rate, and the pay, None while it is unknown.
Posting = tuple[Credit, Credit | None, Fraction | None]


def who(credit: Credit) -> tuple[str, str, str]:
    """Payee, plan and component."""
    return credit.payee, credit.plan["plan_id"], credit.component["component_id"]


@dataclass(frozen=True)
class DrawPeriod:
    """What a draw makes of a period; numbers are None while they are unknown."""

    paid: Fraction | None
    owed: Fraction | None
    advanced: Fraction | None
    recovered: Fraction | None
    guaranteed: Fraction | None
    forgiven: Fraction | None
    in_advance: Fraction | None
    carried: Fraction | None


@dataclass
class Result:
    """Lines, entries of lines that wait, measures of windows (None where held), draws and what is to be paid."""

    lines: list[Line] = field(default_factory=list)
    measures: dict[tuple[str, str, str], Fraction | None] = field(default_factory=dict)
    entries: list[tuple[Any, ...]] = field(default_factory=list)
    draws: dict[tuple[str, str, str], DrawPeriod] = field(default_factory=dict)
    to_pay: dict[tuple[str, str], Fraction | None] = field(default_factory=dict)
