"""Intervals around a forecast from how far earlier forecasts of the same kind were off.

An error is divided by the size of its series first, so that series share their errors. With few errors the interval
uses Student's t; with many it uses the split-conformal quantile, which holds whatever the errors' distribution is.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import t as student

LEVELS = (0.80, 0.95)
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
    spread = math.sqrt(float(np.mean(np.square(errors))))
    return float(student.ppf(0.5 + level / 2, df=count - 1)) * spread * math.sqrt(1 + 1 / count)
