"""The CRM's tables of a chunk, but for activities: accounts, contacts, leads, deals, their stages, splits and lines.

Also the tables that the whole company has once: products and campaigns. Numbers of a chunk start at `Chunk.offset`, so
ids are unique over chunks.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openspm.sources.simulated import names, people, texts, timing
from openspm.sources.simulated.people import Roster
from openspm.sources.simulated.pricing import price_in
from openspm.sources.simulated.records import Market
from openspm.sources.simulated.settings import SimulationSettings
from openspm.sources.simulated.texts import SECONDS_A_DAY, Flags, Ints

IDS_A_CHUNK = 1_000_000
CAMPAIGN_KINDS = ("Webinar", "Trade fair", "Newsletter", "Advertisement")


@dataclasses.dataclass(frozen=True)
class Chunk:
    """A chunk on its way to tables."""

    number: int
    settings: SimulationSettings
    roster: Roster
    market: Market

    @property
    def offset(self) -> int:
        """What is added to a position in the chunk to make its number in the company."""
        return self.number * IDS_A_CHUNK

    def ids(self, prefix: str, positions: Ints) -> pa.Array:
        """Ids of positions in the chunk; -1 gives an absent id."""
        return texts.ids(prefix, np.where(positions < 0, -1, positions + self.offset))


def company_tables(settings: SimulationSettings) -> dict[str, pa.Table]:
    """Products and campaigns."""
    numbers = np.arange(len(names.PRODUCTS))
    prices = price_in(numbers, np.zeros(len(numbers), np.int64))
    costs = prices * np.array([product[3] for product in names.PRODUCTS]) // 100
    products = texts.table({
        "product_id": texts.ids("PRD", numbers, 3), "product_name": [product[0] for product in names.PRODUCTS],
        "product_family_name": [product[1] for product in names.PRODUCTS], "list_price_amount": texts.cents(prices),
        "unit_cost_amount": texts.cents(costs), "currency_code": ["EUR"] * len(numbers),
        "is_active": ["true"] * len(numbers),
    })  # fmt: skip
    months = np.arange(settings.months)
    first = (settings.first_month + months).astype("datetime64[D]").astype(np.int64)
    kind = months % len(CAMPAIGN_KINDS)
    campaigns = texts.table({
        "campaign_id": texts.ids("CMP", months, 3),
        "campaign_name": texts.joined(texts.choices(CAMPAIGN_KINDS, kind), texts.whole(months + 1), separator=" "),
        "campaign_kind_name": texts.choices(CAMPAIGN_KINDS, kind), "start_date": texts.dates(first),
        "end_date": texts.dates(first + 27), "budget_amount": texts.cents((kind + 1) * 400_000),
        "currency_code": ["EUR"] * len(months),
    })  # fmt: skip
    return {"products": products, "campaigns": campaigns}


def company_names(numbers: Ints) -> pa.Array:
    """Names of companies by their numbers."""
    begin, end = len(names.COMPANY_BEGINNINGS), len(names.COMPANY_ENDINGS)
    stem = texts.joined(
        texts.choices(names.COMPANY_BEGINNINGS, numbers % begin),
        texts.choices(names.COMPANY_ENDINGS, numbers // begin % end),
    )
    form = texts.choices(names.LEGAL_FORMS, numbers * 5 % len(names.LEGAL_FORMS))
    return texts.joined(stem, texts.whole(numbers + 1), form, separator=" ")


def person_names(numbers: Ints) -> pa.Array:
    """Names of people at companies by their numbers."""
    first, last = numbers * 3 % len(names.FIRST_NAMES), numbers * 11 % len(names.LAST_NAMES)
    return texts.joined(texts.choices(names.FIRST_NAMES, first), texts.choices(names.LAST_NAMES, last), separator=" ")


def _countries(regions: Ints, numbers: Ints) -> pa.Array:
    codes = [code for group in names.REGION_COUNTRIES for code in group]
    return texts.choices(codes, regions * 3 + np.where(numbers % 7 < 5, 0, numbers % 7 - 4))


def owners_of_accounts(chunk: Chunk) -> Ints:
    """Who owns each account: the owner of its latest deal; -1 where it has none."""
    deals = chunk.market.deals
    owner = np.full(len(chunk.market.accounts.region), -1, np.int64)
    owner[deals.account] = deals.owner
    return owner


def account_tables(chunk: Chunk) -> dict[str, pa.Table]:
    """Accounts and their contacts."""
    accounts = chunk.market.accounts
    count = len(accounts.region)
    position = np.arange(count)
    number = position + chunk.offset
    stream = chunk.settings.stream("accounts", chunk.number)
    created = timing.working_seconds(stream, timing.weekdays(accounts.created - 1))
    parent = np.where(stream.random(count) < 0.03, stream.integers(0, count, count), -1)
    table = texts.table({
        "account_id": chunk.ids("ACC", position), "account_name": company_names(number),
        "industry_name": texts.choices(names.INDUSTRIES, accounts.industry),
        "segment_name": texts.choices(names.SEGMENTS, accounts.segment),
        "country_code": _countries(accounts.region, number), "employee_count": texts.whole(accounts.employees),
        "annual_revenue_amount": texts.cents(accounts.employees * 15_000_000),
        "currency_code": texts.choices(names.CURRENCIES, accounts.currency),
        "parent_account_id": chunk.ids("ACC", np.where(parent < position, parent, -1)),
        "owner_user_id": people.user_ids(owners_of_accounts(chunk)), "created_at": texts.stamps(created),
    })  # fmt: skip
    home = np.sort(np.r_[position, np.flatnonzero(stream.random(count) < 0.4)])
    row = np.arange(len(home))
    contacts = texts.table({
        "contact_id": chunk.ids("CON", row), "account_id": chunk.ids("ACC", home),
        "full_name": person_names(row + chunk.offset),
        "email": texts.joined("contact", texts.whole(row + chunk.offset), "@company", texts.whole(home), ".example"),
        "phone": texts.joined("+49 30 555 ", pc.utf8_lpad(texts.whole(row % 100_000), 5, "0")),
        "job_title": texts.choices(names.JOB_TITLES, row % len(names.JOB_TITLES)),
        "created_at": texts.stamps(created[home]),
    })  # fmt: skip
    return {"accounts": table, "contacts": contacts}


def lead_table(chunk: Chunk) -> pa.Table:
    """Leads; those whose answer lies after the end of the data have none yet."""
    leads, settings = chunk.market.leads, chunk.settings
    position = np.arange(len(leads.region))
    number = position + chunk.offset
    end = (settings.end_day + 1) * SECONDS_A_DAY
    young = leads.created > end - 30 * SECONDS_A_DAY
    status = np.where(leads.is_converted, 0, np.where(young, np.where(leads.responded < end, 2, 1), 3))
    account = np.where(leads.is_converted, chunk.market.deals.account[leads.deal], -1)
    # A lead's name is the name of the company that it became.
    company = np.where(leads.is_converted, account + chunk.offset, number + 37 * IDS_A_CHUNK)
    stream = settings.stream("leads", chunk.number)
    day = leads.created // SECONDS_A_DAY
    campaign = np.clip(timing.month_of(day) - int(settings.first_month.astype(np.int64)), 0, settings.months - 1)
    from_campaign = np.isin(leads.source, (2, 3, 4)) & (stream.random(len(day)) < 0.5)
    converted_at = chunk.market.deals.created[leads.deal] * SECONDS_A_DAY + 12 * 3600
    return texts.table({
        "lead_id": chunk.ids("LED", position), "created_at": texts.stamps(leads.created),
        "full_name": person_names(number * 7 + 3), "company_name": company_names(company),
        "email": texts.joined("lead", texts.whole(number), "@prospect.example"),
        "phone": texts.joined("+49 40 555 ", pc.utf8_lpad(texts.whole(number % 100_000), 5, "0")),
        "country_code": _countries(leads.region, number),
        "industry_name": texts.choices(names.INDUSTRIES, leads.industry),
        "employee_count": texts.whole(leads.employees),
        "lead_source_name": texts.choices(names.LEAD_SOURCES, leads.source),
        "campaign_id": texts.ids("CMP", np.where(from_campaign, campaign, -1), 3),
        "owner_user_id": people.user_ids(leads.owner),
        "lead_status_name": texts.choices(("Converted", "New", "Working", "Disqualified"), status),
        "first_responded_at": texts.stamps(leads.responded, leads.responded < end),
        "is_converted": texts.flags(leads.is_converted),
        "converted_at": texts.stamps(converted_at, leads.is_converted),
        "converted_opportunity_id": chunk.ids("OPP", leads.deal), "converted_account_id": chunk.ids("ACC", account),
    })  # fmt: skip


def opportunity_table(chunk: Chunk) -> pa.Table:
    """Deals as they stand at the end of the data."""
    market = chunk.market
    deals, leads = market.deals, market.leads
    position = np.arange(len(deals))
    account_number = deals.account + chunk.offset
    stream = chunk.settings.stream("opportunities", chunk.number)
    reason = stream.integers(0, len(names.LOST_REASONS), len(deals))
    source = np.where(deals.lead >= 0, leads.source[deals.lead], -1)
    source_names = (*names.LEAD_SOURCES, "Outbound", "Customer")
    outbound = np.where(deals.kind == names.NEW, len(names.LEAD_SOURCES), len(names.LEAD_SOURCES) + 1)
    kind_titles = texts.choices([kind.capitalize() for kind in names.KINDS], deals.kind)
    return texts.table({
        "opportunity_id": chunk.ids("OPP", position), "account_id": chunk.ids("ACC", deals.account),
        "opportunity_name": texts.joined(kind_titles, company_names(account_number), separator=" - "),
        "opportunity_kind_code": texts.choices(names.KINDS, deals.kind), "owner_user_id": people.user_ids(deals.owner),
        "stage_name": texts.choices(names.STAGES, deals.stage), "deal_amount": texts.cents(deals.amount),
        "currency_code": texts.choices(names.CURRENCIES, market.accounts.currency[deals.account]),
        "created_at": texts.stamps(deals.created * SECONDS_A_DAY + 12 * 3600), "close_date": texts.dates(deals.close),
        "lead_source_name": texts.choices(source_names, np.where(source >= 0, source, outbound)),
        "lead_id": chunk.ids("LED", deals.lead), "campaign_id": texts.empty(len(deals)),
        "lost_reason_name": texts.choices(names.LOST_REASONS, np.where(deals.stage == names.LOST_STAGE, reason, -1)),
        "term_months": texts.empty(len(deals)),
    })  # fmt: skip


def stage_table(chunk: Chunk) -> pa.Table:
    """The stages that deals entered, with what the deal was thought to be worth then."""
    deals, market = chunk.market.deals, chunk.market
    closed = (~deals.is_open).astype(np.int64)
    count = deals.passed + closed
    deal = np.repeat(np.arange(len(deals)), count)
    step = np.arange(len(deal)) - np.repeat(np.cumsum(count) - count, count)
    is_closing = step == deals.passed[deal]
    day = np.where(is_closing, deals.close[deal], deals.entered[deal, np.minimum(step, 4)])
    stream = chunk.settings.stream("stages", chunk.number)
    guess = np.exp(stream.normal(0, 0.2, len(deal)))
    amount = np.where(step < 3, (deals.amount[deal] * guess).astype(np.int64) // 10_000 * 10_000, deals.amount[deal])
    hoped = np.maximum(day, deals.close[deal] + np.where(step < 3, stream.integers(-20, 21, len(deal)), 0))
    owner = deals.owner[deal]
    hired = day >= chunk.roster.hire_days[owner]
    return texts.table({
        "stage_change_id": chunk.ids("STG", np.arange(len(deal))), "opportunity_id": chunk.ids("OPP", deal),
        "stage_name": texts.choices(names.STAGES, np.where(is_closing, deals.stage[deal], step)),
        "entered_at": texts.stamps(day * SECONDS_A_DAY + (12 + np.minimum(step, 5)) * 3600 - 1800 * (step > 0)),
        "deal_amount": texts.cents(amount),
        "currency_code": texts.choices(names.CURRENCIES, market.accounts.currency[deals.account[deal]]),
        "close_date": texts.dates(hoped), "changed_by_user_id": people.user_ids(np.where(hired, owner, -1)),
    })  # fmt: skip


def split_table(chunk: Chunk) -> pa.Table:
    """Shared deals: two revenue shares that add to 1, or an overlay beside the owner's whole."""
    deals, roster = chunk.market.deals, chunk.roster
    stream = chunk.settings.stream("splits", chunk.number)
    luck = stream.random(len(deals))
    sells = deals.kind != names.RENEWAL
    months = timing.month_of(np.minimum(deals.close, chunk.settings.end_day))
    regions = chunk.market.accounts.region[deals.account]
    partner = roster.pick(stream, regions, np.full(len(deals), people.ACCOUNT_EXECUTIVE), months)
    apart: Flags = sells & (partner != deals.owner)
    shared, overlaid = np.flatnonzero(apart & (luck < 0.08)), np.flatnonzero(apart & (luck > 0.97))
    owner_percent = np.array((50, 60, 70, 80))[stream.integers(0, 4, len(shared))]
    deal = np.r_[shared, shared, overlaid]
    user = np.r_[deals.owner[shared], partner[shared], partner[overlaid]]
    percent = np.r_[owner_percent, 100 - owner_percent, np.full(len(overlaid), 20)]
    kind = np.r_[np.zeros(2 * len(shared), np.int64), np.ones(len(overlaid), np.int64)]
    order = np.lexsort((user, deal))
    return texts.table({
        "split_id": chunk.ids("SPL", np.arange(len(deal))), "opportunity_id": chunk.ids("OPP", deal[order]),
        "user_id": people.user_ids(user[order]),
        "split_kind_code": texts.choices(("revenue", "overlay"), kind[order]),
        "split_ratio": texts.decimals(percent[order], 2),
    })  # fmt: skip


def line_table(chunk: Chunk) -> pa.Table:
    """Products on deals."""
    lines, market = chunk.market.lines, chunk.market
    return texts.table({
        "opportunity_line_id": chunk.ids("OLI", np.arange(len(lines.deal))),
        "opportunity_id": chunk.ids("OPP", lines.deal), "product_id": texts.ids("PRD", lines.product, 3),
        "quantity": texts.whole(lines.quantity), "unit_price_amount": texts.cents(lines.price),
        "discount_ratio": texts.decimals(lines.discount_percent, 2), "line_amount": texts.cents(lines.amount),
        "currency_code": texts.choices(names.CURRENCIES, market.accounts.currency[market.deals.account[lines.deal]]),
    })  # fmt: skip
