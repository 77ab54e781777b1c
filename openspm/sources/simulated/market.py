"""The market of one chunk: leads, accounts, deals, contracts and lines.

Leads convert by their source, their size and how fast they were answered. New deals come from leads or from outbound
work; what follows from them is played by playing.py. Everything is an array of numbers; tables are written elsewhere.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from openspm.sources.simulated import names, people, timing
from openspm.sources.simulated.people import Roster
from openspm.sources.simulated.playing import MarketBuilder
from openspm.sources.simulated.records import Accounts, Leads, Market, reordered, stacked
from openspm.sources.simulated.settings import SimulationSettings
from openspm.sources.simulated.texts import SECONDS_A_DAY, Ints

LEAD_INTERCEPT = -0.55
LEAD_SOURCE_LOG_ODDS = (1.3, 0.7, 0.1, -0.1, -0.6, -1.5)
"""By the position in names.LEAD_SOURCES (planted truth)."""
LEAD_SOURCE_SHARES = (0.10, 0.12, 0.30, 0.16, 0.20, 0.12)
LEAD_RESPONSE_LOG_ODDS = -0.55
"""For each natural logarithm of (hours to the first answer + 1) above its mean (planted truth)."""
LEAD_RESPONSE_MEAN = 2.2
LEAD_SIZE_LOG_ODDS = 0.35
"""For each natural logarithm of the employees above 100 (planted truth)."""

NEW_SHARE = 0.55
LEADS_A_NEW_DEAL = 1.95
LEADS_CONVERTED_SHARE = 0.36
MOST_DAYS_TO_CONVERT = 12
LEGACY_SHARE = 0.10


def _segments(employees: Ints) -> Ints:
    return np.asarray(np.digitize(employees, [100, 450]), np.int64)


def _draw_leads(stream: Generator, settings: SimulationSettings, count: int) -> Leads:
    """Leads with what makes them convert; owners, days and deals come later."""
    employees = np.maximum(2, np.exp(stream.normal(4.6, 1.4, count))).astype(np.int64)
    source = stream.choice(len(names.LEAD_SOURCES), count, p=LEAD_SOURCE_SHARES).astype(np.int64)
    hours = np.exp(stream.normal(LEAD_RESPONSE_MEAN, 1.2, count))
    log_odds = (
        LEAD_INTERCEPT
        + np.array(LEAD_SOURCE_LOG_ODDS)[source]
        + LEAD_RESPONSE_LOG_ODDS * (np.log1p(hours) - LEAD_RESPONSE_MEAN)
        + LEAD_SIZE_LOG_ODDS * (np.log(employees) - np.log(100))
    )
    return Leads(
        region=_regions(stream, settings, count),
        industry=stream.integers(0, len(names.INDUSTRIES), count),
        employees=employees,
        source=source,
        created=np.zeros(count, np.int64),
        responded=(hours * 3600).astype(np.int64),
        is_converted=stream.random(count) < 1 / (1 + np.exp(-log_odds)),
        owner=np.full(count, -1, np.int64),
        deal=np.full(count, -1, np.int64),
    )


def _waited(stream: Generator, leads: Leads) -> Ints:
    """Seconds from the creation of leads to their conversion: some time after the first answer."""
    return leads.responded + stream.integers(4 * 3600, MOST_DAYS_TO_CONVERT * SECONDS_A_DAY, len(leads.region))


def _draw_ripening(stream: Generator, settings: SimulationSettings, converted_count: int) -> Leads:
    """Leads of the last days that will convert after the end of the data: nobody knows it yet.

    Without them no open lead would have a future, and every score of one would be wrong.
    """
    days = settings.end_day - settings.start_day + 60
    daily = converted_count / days * 2 / LEADS_CONVERTED_SHARE
    leads = _draw_leads(stream, settings, int(daily * MOST_DAYS_TO_CONVERT) + 1)
    end = (settings.end_day + 1) * SECONDS_A_DAY
    converts_at = end + stream.integers(0, MOST_DAYS_TO_CONVERT * SECONDS_A_DAY, len(leads.region))
    leads.created = converts_at - _waited(stream, leads)
    leads.responded = leads.created + leads.responded
    rows = np.flatnonzero(leads.is_converted & (leads.created < end))
    leads.is_converted = np.zeros(len(leads.region), np.bool_)
    return reordered(leads, rows)


def _regions(stream: Generator, settings: SimulationSettings, count: int) -> Ints:
    shares = np.array(names.REGION_SHARES[: settings.region_count])
    return stream.choice(len(shares), count, p=shares / shares.sum()).astype(np.int64)


def build_market(settings: SimulationSettings, roster: Roster, chunk: int, count: int) -> Market:
    """Play the market of a chunk with exactly `count` deals."""
    stream = settings.stream("market", chunk)
    new_count = int(count * NEW_SHARE * min(1.0, 30 / settings.months))
    legacy_count = int(count * LEGACY_SHARE)
    leads = _draw_leads(stream, settings, int(new_count * LEADS_A_NEW_DEAL))
    converted = np.flatnonzero(leads.is_converted)[:new_count]
    leads.is_converted = np.isin(np.arange(len(leads.region)), converted)
    ripening = _draw_ripening(stream, settings, len(converted))
    accounts = _draw_accounts(stream, settings, leads, converted, new_count, legacy_count)
    builder = MarketBuilder(settings, roster, accounts, stream)
    builder.play_new(new_count, converted)
    builder.add_legacy(new_count, legacy_count)
    while builder.play_renewals(count):
        pass
    builder.play_expansions(count)
    return _in_order(settings, roster, builder, leads, ripening, stream)


def _draw_accounts(
    stream: Generator, settings: SimulationSettings, leads: Leads, converted: Ints, new_count: int, legacy_count: int
) -> Accounts:
    """An account for every new deal, those of converted leads first, then the customers of before the history."""
    count = new_count + legacy_count
    employees = np.maximum(2, np.exp(stream.normal(4.6, 1.4, count))).astype(np.int64)
    region, industry = _regions(stream, settings, count), stream.integers(0, len(names.INDUSTRIES), count)
    employees[: len(converted)] = leads.employees[converted]
    region[: len(converted)] = leads.region[converted]
    industry[: len(converted)] = leads.industry[converted]
    foreign = stream.random(count) < 0.06
    currency = np.where(foreign, (region + stream.integers(1, 3, count)) % 3, region)
    return Accounts(
        region=region, segment=_segments(employees), industry=industry, employees=employees, currency=currency,
        created=np.full(count, settings.end_day), is_legacy=np.arange(count) >= new_count,
    )  # fmt: skip


def _in_order(
    settings: SimulationSettings,
    roster: Roster,
    builder: MarketBuilder,
    leads: Leads,
    ripening: Leads,
    stream: Generator,
) -> Market:
    """Put deals and leads in the order of their creation and tie the ends together."""
    deals, contracts, lines = builder.priced()
    accounts = builder.accounts
    order = np.argsort(deals.created, kind="stable")
    place = np.argsort(order, kind="stable")
    deals = reordered(deals, order)
    contracts.deal = np.where(contracts.deal >= 0, place[contracts.deal], -1)
    lines.deal = place[lines.deal]
    line_order = np.argsort(lines.deal, kind="stable")
    lines = reordered(lines, line_order)
    np.minimum.at(accounts.created, deals.account, deals.created)
    np.minimum.at(accounts.created, contracts.account, contracts.start)

    count = len(leads.region)
    from_deal = np.flatnonzero(deals.lead >= 0)
    leads.deal[deals.lead[from_deal]] = from_deal
    day = timing.even_days(stream, count, settings.start_day - 60, settings.end_day, settings.start_day)
    created = timing.working_seconds(stream, timing.weekdays(day))
    converted_at = deals.created[leads.deal] * SECONDS_A_DAY + 12 * 3600
    waited = _waited(stream, leads)
    leads.created = np.where(leads.is_converted, converted_at - waited, created)
    leads.responded = leads.created + leads.responded
    leads = stacked([leads, ripening])
    lead_order = np.argsort(leads.created, kind="stable")
    lead_place = np.argsort(lead_order, kind="stable")
    leads = reordered(leads, lead_order)
    deals.lead = np.where(deals.lead >= 0, lead_place[deals.lead], -1)
    months = timing.month_of(leads.created // SECONDS_A_DAY)
    leads.owner = roster.pick(stream, leads.region, np.full(len(months), people.SDR), months)
    return Market(accounts=accounts, leads=leads, deals=deals, contracts=contracts, lines=lines)
