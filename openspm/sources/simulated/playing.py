"""How deals are played: who owns them, how far they get, what they are worth, and the contracts that they open.

A new deal that is won opens a contract of a year; its end brings a renewal, and while it lasts it may bring expansions,
which the renewal takes over. Customers from before the history bring renewals too. A deal passes five stages; each has
its odds, moved by the owner's skill at that stage and by how well the account is engaged.
Amounts are minor units of the account's currency.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from openspm.sources.simulated import names, people, timing
from openspm.sources.simulated.people import Roster
from openspm.sources.simulated.pricing import price
from openspm.sources.simulated.records import Accounts, Contracts, Deals, Lines, replaced, stacked
from openspm.sources.simulated.settings import DAYS_AFTER_END, DAYS_BEFORE_START, SimulationSettings
from openspm.sources.simulated.texts import Flags, Ints

STAGE_LOG_ODDS = np.array([1.6, 1.0, 1.3, 0.9, 1.1])
KIND_LOG_ODDS = np.array([0.0, 0.75, 2.1])
ENGAGEMENT_LOG_ODDS = 0.35
STAGE_SHARES = np.array([0.16, 0.20, 0.20, 0.25, 0.19])
"""Share of the sales cycle that a stage takes."""
CYCLE_DAYS = np.array([[34, 62, 98], [24, 34, 46], [45, 55, 70]])
"""Usual days from opening to close, by kind and segment."""
TARGET_AMOUNTS = np.array([9_000, 27_000, 82_000])
"""Usual yearly value in EUR, by segment."""
EXPANSION_PERCENT = 30
EXPANSION_DAYS_AHEAD = 20
"""Open expansions are expected to close within this many days; nobody opens them earlier."""
CANCELLED_SHARE = 0.03
CONTRACT_DAYS = 365


class MarketBuilder:
    """Deals and contracts of a chunk while they grow. Rows are appended; amounts are filled in as they become known."""

    def __init__(self, settings: SimulationSettings, roster: Roster, accounts: Accounts, stream: Generator) -> None:
        self.settings, self.roster, self.accounts, self.stream = settings, roster, accounts, stream
        self.deal_parts: list[Deals] = []
        self.contract_parts: list[Contracts] = []
        self.deal_count = 0
        self.contract_count = 0
        self.level_starts = [0]
        """First contract of each generation: new and old customers, then their renewals, then the renewals of those."""

    def play_new(self, count: int, converted: Ints) -> None:
        """New deals, one an account; the first of them come from the converted leads."""
        start, end = self.settings.start_day, self.settings.end_day
        close = timing.even_days(self.stream, count, start, end + DAYS_AFTER_END, start)
        lead = np.full(count, -1, np.int64)
        lead[: len(converted)] = converted
        deals = self._add_deals(names.NEW, np.arange(count), close, lead, np.full(count, -1))
        won = np.flatnonzero(deals.is_won)
        begins = deals.close[won] + 1
        self._add_contracts(deals.account[won], won, begins, begins + CONTRACT_DAYS - 1, np.full(len(won), -1))

    def add_legacy(self, first_account: int, count: int) -> None:
        """Contracts of customers from the year before the history."""
        start = self.settings.start_day
        begins = timing.even_days(self.stream, count, start - CONTRACT_DAYS, start - 1, start)
        account = np.arange(first_account, first_account + count)
        none = np.full(count, -1)
        self._add_contracts(account, none, begins, begins + CONTRACT_DAYS - 1, none)

    def play_renewals(self, most_deals: int) -> bool:
        """Renewals of the newest generation of contracts; false when there are none or the chunk is full."""
        first, contracts = self.level_starts[-1], self.contracts()
        end = self.settings.end_day
        due = np.arange(first, len(contracts.end))
        close = contracts.end[due] - self.stream.integers(-4, 16, len(due))
        announced = contracts.end[due] - self.stream.integers(40, 90, len(due)) <= end
        wanted = np.flatnonzero((contracts.cancelled[due] < 0) & announced & (close >= self.settings.start_day))
        wanted = wanted[: most_deals - self.deal_count]
        self.level_starts.append(self.contract_count)
        if not len(wanted):
            return False
        base, first_deal = due[wanted], self.deal_count
        none = np.full(len(base), -1)
        deals = self._add_deals(names.RENEWAL, contracts.account[base], close[wanted], none, base)
        won = np.flatnonzero(deals.is_won)
        begins = contracts.end[base[won]] + 1
        self._add_contracts(deals.account[won], won + first_deal, begins, begins + CONTRACT_DAYS - 1, base[won])
        return True

    def play_expansions(self, most_deals: int) -> None:
        """Expansions of contracts in force, as many as the chunk still lacks."""
        count, contracts = most_deals - self.deal_count, self.contracts()
        end = self.settings.end_day
        opens = np.maximum(contracts.start + 45, self.settings.start_day)
        shuts = np.where(contracts.cancelled >= 0, contracts.cancelled - 1, contracts.end - 30)
        shuts = np.minimum(shuts, end + EXPANSION_DAYS_AHEAD)
        fit = np.flatnonzero((shuts >= opens) & (opens <= end))
        # Longer windows in the history bring more expansions; without the weight the newest contracts get too many.
        weight = (shuts - opens + 1)[fit].astype(np.float64)
        base = np.sort(self.stream.choice(fit, count, p=weight / weight.sum()))
        close = timing.likely_days(self.stream, opens[base], shuts[base], self.settings.start_day)
        self._add_deals(names.EXPANSION, contracts.account[base], close, np.full(count, -1), base)

    def priced(self) -> tuple[Deals, Contracts, Lines]:
        """All deals and contracts with their amounts, generation by generation, and the lines that make the amounts."""
        deals, contracts, lines = self.deals(), self.contracts(), []
        is_base = contracts.deal < 0
        targets = self._usual(contracts.account)
        contracts.amount[is_base] = targets[is_base] // 100 * 100
        base = np.maximum(deals.base_contract, 0)
        level = np.searchsorted(np.array(self.level_starts), base, side="right")
        deal_level = np.where(deals.kind == names.NEW, 0, level * 2 - (deals.kind == names.EXPANSION))
        for step in range(int(deal_level.max()) + 1):
            rows = np.flatnonzero(deal_level == step)
            if not len(rows):
                continue
            target = self._targets(deals, contracts, rows, step)
            part = price(self.stream, rows, target, self.accounts, deals.account[rows])
            deals.amount[rows] = np.bincount(part.deal, part.amount, len(deals))[rows].astype(np.int64)
            lines.append(part)
            opened = np.flatnonzero((contracts.deal >= 0) & (deal_level[contracts.deal] == step))
            contracts.amount[opened] = deals.amount[contracts.deal[opened]]
        return deals, contracts, stacked(lines)

    def _usual(self, account: Ints) -> Ints:
        """Usual yearly values of accounts with their scatter, in minor units of their currencies."""
        percent = np.array(names.PRICE_PERCENT_BY_CURRENCY)[self.accounts.currency[account]]
        scatter = np.exp(self.stream.normal(-0.1, 0.45, len(account)))
        return np.asarray(TARGET_AMOUNTS[self.accounts.segment[account]] * percent * scatter, np.int64)

    def _targets(self, deals: Deals, contracts: Contracts, rows: Ints, step: int) -> Ints:
        if step == 0:
            return self._usual(deals.account[rows])
        base = deals.base_contract[rows]
        if step % 2:
            scatter = np.exp(self.stream.normal(0, 0.4, len(rows)))
            return np.asarray(contracts.amount[base] * EXPANSION_PERCENT / 100 * scatter, np.int64)
        grown = deals.is_won & (deals.kind == names.EXPANSION)
        added = np.bincount(deals.base_contract[grown], deals.amount[grown], len(contracts.amount))
        return np.asarray((contracts.amount + added)[base] * self.stream.uniform(1.0, 1.07, len(rows)), np.int64)

    def deals(self) -> Deals:
        """All deals so far."""
        return stacked(self.deal_parts)

    def contracts(self) -> Contracts:
        """All contracts so far."""
        return stacked(self.contract_parts)

    def _add_deals(self, kind: int, account: Ints, close: Ints, lead: Ints, base: Ints) -> Deals:
        """Play deals that end on the given days; those that end after the data are open.

        A new deal that would begin after the data is drawn again for another day: it does not exist yet.
        """
        deals = self._played(kind, account, close, lead, base)
        end = self.settings.end_day
        if kind == names.NEW:
            start = self.settings.start_day
            while len(again := np.flatnonzero(deals.created > end)):
                days = timing.even_days(self.stream, len(again), start, end + DAYS_AFTER_END, start)
                fresh = self._played(kind, account[again], days, lead[again], base[again])
                deals = replaced(deals, again, fresh)
        else:
            deals.created = np.minimum(deals.created, end)
            deals.entered[:, 0] = deals.created
        self.deal_parts.append(deals)
        self.deal_count += len(deals)
        return deals

    def _played(self, kind: int, account: Ints, close: Ints, lead: Ints, base: Ints) -> Deals:
        stream, count, end = self.stream, len(account), self.settings.end_day
        close = timing.weekdays(close)
        close = np.where(close < self.settings.start_day, close + 3, close)
        segment, region = self.accounts.segment[account], self.accounts.region[account]
        executive = np.where(segment == 2, people.SENIOR, people.ACCOUNT_EXECUTIVE)
        role = np.full(count, people.SUCCESS) if kind == names.RENEWAL else executive
        owner = self.roster.pick(stream, region, role, timing.month_of(np.minimum(close, end)))
        engagement = stream.normal(0, 1, count)
        log_odds = STAGE_LOG_ODDS + KIND_LOG_ODDS[kind] + self.roster.skills[owner]
        log_odds = log_odds + ENGAGEMENT_LOG_ODDS * engagement[:, None]
        passes: Flags = stream.random((count, 5)) < 1 / (1 + np.exp(-log_odds))
        failed = np.where(passes.all(axis=1), 5, np.argmin(passes, axis=1))
        cycle = CYCLE_DAYS[kind][segment] * np.exp(stream.normal(0, 0.3, count))
        shares = STAGE_SHARES * np.exp(stream.normal(0, 0.25, (count, 5)))
        left = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1) * cycle[:, None]
        left = np.ceil(left).astype(np.int64)
        lasted = left[np.arange(count), np.minimum(failed, 4)]
        earliest = self.settings.start_day - DAYS_BEFORE_START
        closed = close <= end
        created = np.maximum(earliest, timing.weekdays(close - lasted))
        entered = np.column_stack([created, created[:, None] + left[:, :4]])
        entered = np.where(closed[:, None], np.minimum(entered, close[:, None]), entered)
        reached = np.minimum(failed + 1, 5)
        seen = np.clip((entered <= end).sum(axis=1), 1, reached)
        stage = np.where(closed, np.where(failed == 5, names.WON_STAGE, names.LOST_STAGE), seen - 1)
        hoped = np.maximum(created + left[:, 4], end + stream.integers(2, 45, count))
        return Deals(
            account=account, kind=np.full(count, kind), owner=owner, created=created,
            close=np.where(closed, close, hoped), stage=stage, passed=np.where(closed, reached, seen),
            entered=entered, engagement=engagement, lead=lead, base_contract=base, amount=np.zeros(count, np.int64),
        )  # fmt: skip

    def _add_contracts(self, account: Ints, deal: Ints, start: Ints, end: Ints, renewed_from: Ints) -> None:
        """Contracts, a few of which are cancelled inside their term."""
        cancelled = start + self.stream.integers(60, 300, len(account))
        known = np.minimum(end, self.settings.end_day)
        is_cancelled = (self.stream.random(len(account)) < CANCELLED_SHARE) & (cancelled < known)
        day = np.where(is_cancelled, cancelled, -1)
        self.contract_parts.append(Contracts(
            account=account, deal=deal, start=start, end=end, renewed_from=renewed_from, cancelled=day,
            amount=np.zeros(len(account), np.int64),
        ))  # fmt: skip
        self.contract_count += len(account)
