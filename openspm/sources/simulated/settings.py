"""What a simulated company looks like from outside: its size, its dates and its seed.

Everything that the generator does is a function of this object, so equal settings give equal bytes. No clock is read:
`ends_on` is a setting.
"""

from __future__ import annotations

import dataclasses
import datetime

import numpy as np
from numpy.random import Generator

from openspm.errors import OpenspmError

CHUNK_OPPORTUNITIES = 50_000
"""Deals that are generated at a time. A chunk is a market of its own (accounts, leads, contracts), so memory does not
grow with the company."""

DAYS_BEFORE_START = 240
"""Deals that close in the first months were opened before them; records reach back this many days at most."""

DAYS_AFTER_END = 150
"""Open deals are expected to close within this many days of the last day."""


@dataclasses.dataclass(frozen=True)
class SimulationSettings:
    """Size, dates and seed of a simulated company."""

    seed: int = 7
    months: int = 24
    """Whole months of history, the last of which holds `ends_on`."""
    ends_on: datetime.date = datetime.date(2026, 5, 31)
    """Last day of the data."""
    opportunity_count: int = 6000
    payee_count: int | None = None
    """People with a plan at a time; about 60, and more from 20,000 deals on, where absent."""
    region_count: int = 3
    defects: bool = True
    """Whether the documented defects are planted."""
    headquarters: bool = False
    """Whether sales engineers and an executive are on the payroll beside the people who own deals."""

    def __post_init__(self) -> None:
        """Refuse sizes that make no company.

        Raises:
            OpenspmError: a size is too small or too large; the message names the setting.
        """
        for name, value, least, most in (
            ("months", self.months, 1, 120),
            ("opportunity_count", self.opportunity_count, 20, 100_000_000),
            ("payee_count", self.payees, 5, 20_000),
            ("region_count", self.region_count, 1, 3),
        ):
            if not least <= value <= most:
                raise OpenspmError(
                    f"a simulated company cannot have {name} = {value}",
                    where="the settings of the simulation",
                    next_step=f"choose a value from {least} to {most}",
                )

    @property
    def payees(self) -> int:
        """People with a plan at a time."""
        if self.payee_count is not None:
            return self.payee_count
        return max(60, min(20_000, self.opportunity_count // 250))

    @property
    def first_month(self) -> np.datetime64:
        """First month of the history, datetime64[M]."""
        return np.datetime64(self.ends_on, "M") - (self.months - 1)

    @property
    def start_day(self) -> int:
        """First day of the history, days since 1970-01-01."""
        return int(self.first_month.astype("datetime64[D]").astype(np.int64))

    @property
    def end_day(self) -> int:
        """Last day of the history, days since 1970-01-01."""
        return int(np.datetime64(self.ends_on, "D").astype(np.int64))

    @property
    def chunk_sizes(self) -> list[int]:
        """Deals of each chunk; together the deals of the company."""
        whole, rest = divmod(self.opportunity_count, CHUNK_OPPORTUNITIES)
        sizes = [CHUNK_OPPORTUNITIES] * whole
        if rest >= 20 or not sizes:
            return [*sizes, rest]
        return [*sizes[:-1], sizes[-1] + rest]

    def stream(self, purpose: str, chunk: int = 0) -> Generator:
        """A random stream of its own for each purpose and chunk, so that a change in one leaves the others alone."""
        return np.random.default_rng([self.seed, chunk, *purpose.encode()])
