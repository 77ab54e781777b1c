"""The finance system's tables: customers, invoices and their lines, payments, credit notes, contracts, exchange rates.

In a clean company the invoices of a won deal less their credit notes add up to the deal, to the cent, in its currency.
Deals won in the last days have no invoice yet. A credit note takes back what an invoice charged too much.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from openspm.sources.simulated import names, people, texts, timing
from openspm.sources.simulated.crm_tables import Chunk, company_names
from openspm.sources.simulated.pricing import COSTS_PERCENT
from openspm.sources.simulated.settings import SimulationSettings
from openspm.sources.simulated.texts import SECONDS_A_DAY, Ints

INVOICE_WITHIN_DAYS = 9
SECOND_INVOICE_DAYS = 30
FIRST_SHARE_PERCENT = 60


def exchange_rates(settings: SimulationSettings) -> pa.Table:
    """Daily spot and monthly average rates to EUR, from a year before the history on."""
    stream = settings.stream("rates")
    first = int((settings.first_month - 12).astype("datetime64[D]").astype(np.int64))
    days = np.arange(first, settings.end_day + 1)
    months = timing.month_of(days)
    columns: list[tuple[str, str, Ints, Ints]] = []
    for code, usual in (("GBP", 1.17), ("USD", 0.91)):
        walk = np.cumsum(stream.normal(0, 0.0025, len(days)))
        walk -= np.linspace(0, walk[-1], len(days))
        spot = np.rint(usual * np.exp(walk) * 1e6).astype(np.int64)
        columns.append((code, "spot", days, spot))
        change = np.flatnonzero(np.r_[True, np.diff(months) != 0])
        average = np.add.reduceat(spot, change) // np.diff(np.r_[change, len(days)])
        columns.append((code, "average", days[change], average))
    size = [len(part[2]) for part in columns]
    return texts.table({
        "rate_table_id": ["main"] * sum(size),
        "rate_kind_code": [part[1] for part in columns for _ in range(len(part[2]))],
        "from_currency_code": [part[0] for part in columns for _ in range(len(part[2]))],
        "to_currency_code": ["EUR"] * sum(size),
        "rate_date": texts.dates(np.concatenate([part[2] for part in columns])),
        "exchange_rate": texts.decimals(np.concatenate([part[3] for part in columns]), 6),
    })  # fmt: skip


def _contracts_and_customers(chunk: Chunk) -> dict[str, pa.Table]:
    market = chunk.market
    contracts, accounts = market.contracts, market.accounts
    first_start = np.full(len(accounts.region), np.iinfo(np.int64).max)
    np.minimum.at(first_start, contracts.account, contracts.start)
    customer = np.flatnonzero(first_start < np.iinfo(np.int64).max)
    currency = texts.choices(names.CURRENCIES, accounts.currency)
    customers = texts.table({
        "customer_id": chunk.ids("CUS", customer), "account_id": chunk.ids("ACC", customer),
        "customer_name": company_names(customer + chunk.offset), "currency_code": currency.take(pa.array(customer)),
        "created_at": texts.stamps((first_start[customer] - 1) * SECONDS_A_DAY + 15 * 3600),
    })  # fmt: skip
    table = texts.table({
        "contract_id": chunk.ids("CTR", np.arange(len(contracts.start))),
        "customer_id": chunk.ids("CUS", contracts.account), "account_id": chunk.ids("ACC", contracts.account),
        "opportunity_id": chunk.ids("OPP", contracts.deal), "start_date": texts.dates(contracts.start),
        "end_date": texts.dates(contracts.end), "annual_value_amount": texts.cents(contracts.amount),
        "currency_code": currency.take(pa.array(contracts.account)),
        "renewed_from_contract_id": chunk.ids("CTR", contracts.renewed_from),
        "cancelled_date": texts.dates(contracts.cancelled, contracts.cancelled >= 0),
    })  # fmt: skip
    return {"customers": customers, "contracts": table}


def finance_tables(chunk: Chunk) -> dict[str, pa.Table]:
    """Customers, contracts, invoices, lines, payments and credit notes of a chunk."""
    market, end = chunk.market, chunk.settings.end_day
    deals, accounts = market.deals, market.accounts
    stream = chunk.settings.stream("finance", chunk.number)
    sent = np.where(deals.is_won, deals.close + stream.integers(0, INVOICE_WITHIN_DAYS, len(deals)), end + 1)
    billed = np.flatnonzero(sent <= end)
    in_two = (stream.random(len(billed)) < 0.15) & (sent[billed] + SECOND_INVOICE_DAYS <= end)
    deal = np.repeat(billed, 1 + in_two)
    is_second = np.r_[False, deal[1:] == deal[:-1]] if len(deal) else np.zeros(0, np.bool_)
    percent = np.where(
        np.repeat(in_two, 1 + in_two), np.where(is_second, 100 - FIRST_SHARE_PERCENT, FIRST_SHARE_PERCENT), 100
    )
    day = sent[deal] + SECOND_INVOICE_DAYS * is_second

    first_invoice = np.full(len(deals), -1, np.int64)
    first_invoice[deal[~is_second]] = np.flatnonzero(~is_second)
    own = np.flatnonzero(first_invoice[market.lines.deal] >= 0)
    pieces = np.repeat(own, 1 + np.isin(market.lines.deal[own], billed[in_two]))
    line_second = np.r_[False, pieces[1:] == pieces[:-1]] if len(pieces) else np.zeros(0, np.bool_)
    invoice = first_invoice[market.lines.deal[pieces]] + line_second
    whole_amount = market.lines.amount[pieces]
    first_part = whole_amount * FIRST_SHARE_PERCENT // 100
    line_amount = np.where(
        percent[invoice] == 100, whole_amount, np.where(line_second, whole_amount - first_part, first_part)
    )
    cost = line_amount * COSTS_PERCENT[market.lines.product[pieces]] // 100

    # Some invoices charge too much on their first line; a credit note takes exactly that back.
    noticed = day + stream.integers(8, 28, len(deal))
    is_wrong = (stream.random(len(deal)) < 0.025) & (noticed <= end)
    extra = np.where(is_wrong, deals.amount[deal] * stream.integers(4, 15, len(deal)) // 100, 0)
    order = np.lexsort((np.arange(len(invoice)), invoice))
    pieces, invoice, line_amount, cost = pieces[order], invoice[order], line_amount[order], cost[order]
    opens = np.r_[True, np.diff(invoice) != 0] if len(invoice) else np.zeros(0, np.bool_)
    line_amount = line_amount + np.where(opens, extra[invoice], 0)
    net = np.bincount(invoice, line_amount, len(deal)).astype(np.int64)

    currency = accounts.currency[deals.account[deal]]
    rate = np.array(names.TAX_PERCENT)[currency]
    tax, credit_tax = net * rate // 100, extra * rate // 100
    # An expansion is part of the contract that it expands.
    contract_of = np.where(deals.kind == names.EXPANSION, deals.base_contract, -1)
    with_deal = np.flatnonzero(market.contracts.deal >= 0)
    contract_of[market.contracts.deal[with_deal]] = with_deal
    codes = texts.choices(names.CURRENCIES, currency)
    invoice_ids, customer_ids = chunk.ids("INV", np.arange(len(deal))), chunk.ids("CUS", deals.account[deal])
    invoices = texts.table({
        "invoice_id": invoice_ids, "customer_id": customer_ids, "opportunity_id": chunk.ids("OPP", deal),
        "contract_id": chunk.ids("CTR", contract_of[deal]), "salesperson_user_id": people.user_ids(deals.owner[deal]),
        "invoice_date": texts.dates(day), "due_date": texts.dates(day + 30), "net_amount": texts.cents(net),
        "tax_amount": texts.cents(tax), "currency_code": codes, "is_void": ["false"] * len(deal),
    })  # fmt: skip
    lines = texts.table({
        "invoice_line_id": chunk.ids("INL", np.arange(len(invoice))), "invoice_id": chunk.ids("INV", invoice),
        "product_id": texts.ids("PRD", market.lines.product[pieces], 3),
        "quantity": texts.whole(market.lines.quantity[pieces]), "line_amount": texts.cents(line_amount),
        "cost_amount": texts.cents(cost),
    })  # fmt: skip
    wrong = np.flatnonzero(is_wrong)
    picked = pa.array(wrong)
    credit_notes = texts.table({
        "credit_note_id": chunk.ids("CRN", np.arange(len(wrong))), "invoice_id": invoice_ids.take(picked),
        "customer_id": customer_ids.take(picked), "credit_note_date": texts.dates(noticed[wrong]),
        "net_amount": texts.cents(extra[wrong]), "tax_amount": texts.cents(credit_tax[wrong]),
        "currency_code": codes.take(picked),
        "reason_name": texts.choices(names.CREDIT_REASONS, wrong % len(names.CREDIT_REASONS)),
    })  # fmt: skip
    payments = _payments(chunk, day, net + tax - extra - credit_tax, invoice_ids, customer_ids, codes)
    return {
        **_contracts_and_customers(chunk), "invoices": invoices, "invoice_lines": lines, "payments": payments,
        "credit_notes": credit_notes,
    }  # fmt: skip


def _payments(
    chunk: Chunk, day: Ints, gross: Ints, invoice_ids: pa.Array, customer_ids: pa.Array, codes: pa.Array
) -> pa.Table:
    """Most invoices are paid at once, some in two parts, some in part, a few not at all."""
    stream = chunk.settings.stream("payments", chunk.number)
    luck = stream.random(len(day))
    in_parts, never = luck < 0.22, luck > 0.96
    first = np.where(in_parts, gross * 40 // 100, gross)
    first_day = timing.weekdays(day + 30 + np.rint(stream.normal(2, 7, len(day))).astype(np.int64))
    second_day = first_day + stream.integers(15, 45, len(day))
    invoice = np.r_[np.flatnonzero(~never), np.flatnonzero(in_parts & (luck < 0.15))]
    is_second = np.arange(len(invoice)) >= int((~never).sum())
    paid_day = np.where(is_second, second_day[invoice], first_day[invoice])
    amount = np.where(is_second, (gross - first)[invoice], first[invoice])
    rows = np.flatnonzero((paid_day <= chunk.settings.end_day) & (amount > 0))
    rows = rows[np.argsort(paid_day[rows], kind="stable")]
    picked = pa.array(invoice[rows])
    return texts.table({
        "payment_id": chunk.ids("PAY", np.arange(len(rows))), "invoice_id": invoice_ids.take(picked),
        "customer_id": customer_ids.take(picked), "payment_date": texts.dates(paid_day[rows]),
        "payment_amount": texts.cents(amount[rows]), "currency_code": codes.take(picked),
    })  # fmt: skip
