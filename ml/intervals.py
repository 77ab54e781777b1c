"""Intervals around a forecast from how far earlier forecasts of the same kind were off.

An error is divided by the size of its series first, so that series share their errors. With few errors the interval
uses Student's t; with many it uses the split-conformal quantile, which holds whatever the errors' distribution is.

Both believe that the next error is like the earlier ones. Where it was not, `correction` makes the next interval wider,
or narrower: by as much as the intervals of earlier origins would have had to be to hold what they said.
"""

from __future__ import annotations

import math

import numpy as np

LEVELS = (0.80, 0.95)
FEWEST_RATIOS = 20
NARROWEST, WIDEST = 0.75, 3.0
FEWEST_ERRORS = 6
FEWEST_ERRORS_FOR_QUANTILES = 60


def half_width(errors: np.ndarray, level: float) -> float | None:
    """Half the width of a central interval, in units of the series' size.

    Args:
        errors: (actual - forecast) / size of earlier forecasts.
        level: share of actual values that the interval is to hold, such as 0.8.

    Returns:
        None with fewer than `FEWEST_ERRORS` errors: no interval is better than an invented one.
    """
    count = len(errors)
    if count < FEWEST_ERRORS:
        return None
    absolute = np.sort(np.abs(errors))
    if count >= FEWEST_ERRORS_FOR_QUANTILES:
        position = min(count, math.ceil((count + 1) * level)) - 1
        return float(absolute[position])
    from scipy.stats import t as student

    spread = math.sqrt(float(np.mean(np.square(errors))))
    return float(student.ppf(0.5 + level / 2, df=count - 1)) * spread * math.sqrt(1 + 1 / count)


def correction(ratios: np.ndarray, level: float) -> float:
    """By how much intervals drawn so far should have been wider to hold their share of what came.

    Args:
        ratios: |error| over the half width of the interval that was drawn for it.
        level: the share that they were to hold.

    Returns:
        1 with fewer than `FEWEST_RATIOS` ratios; never outside `NARROWEST` to `WIDEST`.
    """
    if len(ratios) < FEWEST_RATIOS:
        return 1.0
    position = min(len(ratios), math.ceil((len(ratios) + 1) * level)) - 1
    return float(np.clip(np.sort(ratios)[position], NARROWEST, WIDEST))
