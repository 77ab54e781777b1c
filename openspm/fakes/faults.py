"""Which request to a fake server fails, and how: the faults that these interfaces are known for.

Faults of the transport are carried out by the server, whatever it serves. Faults of paging change what a page says and
are carried out by the vendor's module, which finds the kind in `FakeRequest.fault`.
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

TRANSPORT_FAULTS = (
    "too_many_requests_seconds",
    "too_many_requests_date",
    "status_500",
    "status_502",
    "status_503",
    "status_504",
    "reset",
    "slow",
    "drip",
    "html",
    "truncated_json",
    "invalid_json",
    "cut_gzip",
    "expired_token",
)
PAGE_FAULTS = ("duplicated_page", "skipped_page", "cursor_loop")
# Those after which the same request, sent again, is answered; the others must end the extraction.
PASSING_FAULTS = tuple(fault for fault in TRANSPORT_FAULTS if fault not in {"drip", "slow"})


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        kind: one of TRANSPORT_FAULTS or PAGE_FAULTS.
        path: a regular expression that the path and query of the request have to match.
        skip: how many matching requests are answered first.
        times: how many matching requests it befalls then.
    """

    kind: str
    path: str = ""
    skip: int = 0
    times: int = 1


@dataclass
class FaultSchedule:
    """Faults by the requests that they befall, and faults by the number of the request, from 1."""

    faults: Collection[Fault] = ()
    by_number: Mapping[int, str] = field(default_factory=dict)
    _matched: dict[Fault, int] = field(default_factory=dict)
    _count: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def drawn(cls, seed: int, fault_count: int, among: int, kinds: Collection[str] = PASSING_FAULTS) -> FaultSchedule:
        """Faults drawn by a seed over the first requests.

        A token expires once at most: whose token expires twice in a row is refused, and which request a number befalls
        is up to the threads that ask.

        Args:
            seed: equal seeds give equal schedules.
            fault_count: how many faults.
            among: the number of requests that they are spread over.
            kinds: what may be drawn.
        """
        draw = random.Random(seed)  # noqa: S311 - it draws faults, and no secret
        numbers = draw.sample(range(1, among + 1), min(fault_count, among))
        ordered = sorted(kinds)
        by_number = {}
        for number in numbers:
            by_number[number] = draw.choice(ordered)
            if by_number[number] == "expired_token":
                ordered.remove("expired_token")
        return cls(by_number=by_number)

    def next_fault(self, path: str) -> str | None:
        """The fault that befalls the next request; counts it."""
        with self._counting:
            self._count += 1
            if self._count in self.by_number:
                return self.by_number[self._count]
            for fault in self.faults:
                if re.search(fault.path, path):
                    matched = self._matched[fault] = self._matched.get(fault, 0) + 1
                    if fault.skip < matched <= fault.skip + fault.times:
                        return fault.kind
        return None
