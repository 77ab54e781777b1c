"""What a market is made of, as arrays of numbers: accounts, leads, deals, contracts, lines. No text here."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from openspm.sources.simulated import names
from openspm.sources.simulated.texts import Flags, Floats, Ints

Records = TypeVar("Records", "Accounts", "Leads", "Deals", "Contracts", "Lines")


@dataclasses.dataclass
class Accounts:
    """Companies of a chunk, one array element each."""

    region: Ints
    segment: Ints
    industry: Ints
    employees: Ints
    currency: Ints
    created: Ints
    is_legacy: Flags


@dataclasses.dataclass
class Leads:
    """Leads of a chunk in the order of their creation. Moments are seconds since 1970."""

    region: Ints
    industry: Ints
    employees: Ints
    source: Ints
    created: Ints
    responded: Ints
    is_converted: Flags
    owner: Ints
    deal: Ints
    """Deal that the lead became; -1."""


@dataclasses.dataclass
class Deals:
    """Deals of a chunk in the order of their creation. Days are days since 1970."""

    account: Ints
    kind: Ints
    owner: Ints
    created: Ints
    close: Ints
    stage: Ints
    """Position in names.STAGES at the end of the data."""
    passed: Ints
    """Open stages that were entered, 1 to 5."""
    entered: Ints
    """Deals x open stages: day on which the stage was entered, as far as it was."""
    engagement: Floats
    lead: Ints
    base_contract: Ints
    """Contract that is renewed or expanded; -1."""
    amount: Ints

    def __len__(self) -> int:
        """Number of deals."""
        return len(self.account)

    @property
    def is_won(self) -> Flags:
        """Deals that were won."""
        return np.asarray(self.stage == names.WON_STAGE)

    @property
    def is_open(self) -> Flags:
        """Deals that are open at the end of the data."""
        return np.asarray(self.stage < names.WON_STAGE)


@dataclasses.dataclass
class Contracts:
    """Contracts of a chunk; those of before the history have no deal."""

    account: Ints
    deal: Ints
    start: Ints
    end: Ints
    renewed_from: Ints
    cancelled: Ints
    """Day of the cancellation; -1."""
    amount: Ints


@dataclasses.dataclass
class Lines:
    """Product lines of deals, grouped by deal. Prices and amounts are minor units of the account's currency."""

    deal: Ints
    product: Ints
    quantity: Ints
    price: Ints
    discount_percent: Ints
    amount: Ints


@dataclasses.dataclass
class Market:
    """Everything of a chunk from which its tables are written."""

    accounts: Accounts
    leads: Leads
    deals: Deals
    contracts: Contracts
    lines: Lines


def stacked(parts: Sequence[Records]) -> Records:
    """Parts of one kind under one another."""
    kind = type(parts[0])
    return kind(**{
        field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in dataclasses.fields(kind)
    })  # fmt: skip


def reordered(records: Records, order: Ints) -> Records:
    """The records at the given positions."""
    kind = type(records)
    return kind(**{field.name: getattr(records, field.name)[order] for field in dataclasses.fields(kind)})


def replaced(records: Deals, positions: Ints, fresh: Deals) -> Deals:
    """The deals with others put at the given positions."""
    order = np.arange(len(records))
    order[positions] = len(order) + np.arange(len(positions))
    return reordered(stacked([records, fresh]), order)
