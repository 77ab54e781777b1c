"""Which products a deal holds and what its lines cost. Industries prefer products, and some products go together."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from openspm.sources.simulated import names
from openspm.sources.simulated.records import Accounts, Lines
from openspm.sources.simulated.texts import Ints

PREFERRED_SHARE = 0.6
"""Share of first products that are among those that the industry prefers (planted truth)."""
COMPANION_SHARE = 0.5
"""Share of deals whose first product brings its companion along (planted truth)."""
DISCOUNTS = (0, 0, 0, 5, 10, 15)

LIST_PRICES = np.array([product[2] for product in names.PRODUCTS])
COSTS_PERCENT = np.array([product[3] for product in names.PRODUCTS])


def price_in(product: Ints, currency: Ints) -> Ints:
    """List prices in minor units of the currency, whole units of it."""
    return np.asarray(LIST_PRICES[product] * np.array(names.PRICE_PERCENT_BY_CURRENCY)[currency] // 100 * 100, np.int64)


def price(stream: Generator, deal: Ints, target: Ints, accounts: Accounts, account: Ints) -> Lines:
    """Lines for deals that come near the target amounts; a deal's amount is the sum of its lines.

    Args:
        stream: where chance comes from.
        deal: positions of the deals.
        target: amounts to come near, minor units of the account's currency.
        accounts: the accounts of the chunk.
        account: account of each deal.
    """
    count = len(deal)
    preferred = np.array(names.AFFINITY)[accounts.industry[account], stream.choice(3, count, p=(0.55, 0.27, 0.18))]
    anything = stream.integers(0, len(names.PRODUCTS), count)
    first = np.where(stream.random(count) < PREFERRED_SHARE, preferred, anything)
    companions = np.full(len(names.PRODUCTS), -1)
    companions[list(names.BOUGHT_TOGETHER)] = list(names.BOUGHT_TOGETHER.values())
    second = np.where(stream.random(count) < COMPANION_SHARE, companions[first], -1)
    third = np.where(stream.random(count) < 0.2, stream.integers(0, len(names.PRODUCTS), count), -1)
    products = np.column_stack([first, second, np.where((third == first) | (third == second), -1, third)])
    share = np.where(products >= 0, np.array([0.65, 0.25, 0.10]), 0.0)
    share = share / share.sum(axis=1, keepdims=True)
    row, slot = np.nonzero(products >= 0)
    product = products[row, slot]
    unit = price_in(product, accounts.currency[account[row]])
    discount = np.array(DISCOUNTS)[stream.integers(0, len(DISCOUNTS), len(row))]
    quantity = np.maximum(1, np.rint(target[row] * share[row, slot] / unit)).astype(np.int64)
    return Lines(
        deal=deal[row], product=product, quantity=quantity, price=unit, discount_percent=discount,
        amount=quantity * unit * (100 - discount) // 100,
    )  # fmt: skip
