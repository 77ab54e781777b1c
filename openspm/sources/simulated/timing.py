"""When things happen: demand grows and has seasons, people work on weekdays and between nine and five."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from openspm.sources.simulated.texts import SECONDS_A_DAY, Floats, Ints

MONTHLY_GROWTH = 0.017
"""Growth of demand a month (planted truth)."""

SEASON_BY_MONTH = (0.82, 0.88, 1.22, 0.88, 0.95, 1.26, 0.78, 0.72, 1.16, 0.95, 1.04, 1.34)
"""Demand of January to December against an average month (planted truth): quarters end strong, summer is quiet."""


def month_of(days: Ints) -> Ints:
    """Months since 1970-01 of days since 1970-01-01."""
    return np.asarray(days, np.int64).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def demand(days: Ints, start_day: int) -> Floats:
    """Demand of each day against the first day of the history: trend times season."""
    months = month_of(days)
    since = (np.asarray(days) - start_day) / 30.4375
    return np.asarray(np.exp(MONTHLY_GROWTH * since) * np.array(SEASON_BY_MONTH)[months % 12])


def even_days(stream: Generator, count: int, first_day: int, last_day: int, start_day: int) -> Ints:
    """Days drawn in proportion to demand, spread evenly so that a month's count is no accident; in random order."""
    days = np.arange(first_day, last_day + 1)
    cumulated = np.cumsum(demand(days, start_day))
    points = (np.arange(count) + stream.random(count)) / max(count, 1) * cumulated[-1]
    drawn = days[np.minimum(np.searchsorted(cumulated, points), len(days) - 1)]
    return np.asarray(stream.permutation(drawn), np.int64)


def likely_days(stream: Generator, first_days: Ints, last_days: Ints, start_day: int) -> Ints:
    """A day between two days for each row, busy seasons preferred."""
    tries = 6
    spread = (last_days - first_days + 1)[:, None] * stream.random((len(first_days), tries))
    days = first_days[:, None] + spread.astype(np.int64)
    weights = demand(days.ravel(), start_day).reshape(days.shape)
    luck = np.log(weights) * 2 + stream.gumbel(size=days.shape) * 0.3
    return np.asarray(days[np.arange(len(days)), np.argmax(luck, axis=1)], np.int64)


def weekdays(days: Ints) -> Ints:
    """Saturdays and Sundays moved to the Friday before."""
    weekday = (days + 3) % 7
    return np.asarray(days - np.maximum(weekday - 4, 0), np.int64)


def working_seconds(stream: Generator, days: Ints) -> Ints:
    """Moments between 07:00 and 16:00 UTC of the days, seconds since 1970-01-01."""
    return np.asarray(days * SECONDS_A_DAY + stream.integers(7 * 3600, 16 * 3600, len(days)), np.int64)
