"""Backtests of the revenue forecast: errors, intervals as they would have been drawn then, and the accuracy rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ml.evaluation import AccuracyRow, coverage, mae, pinball, wape
from ml.intervals import LEVELS, correction, half_width
from ml.learning import note_row
from ml.revenue_history import HORIZONS, History

TARGET = "revenue"


@dataclass(frozen=True)
class Looks:
    """Past origins, and what was forecast at each.

    Attributes:
        origins: positions of months.
        forecasts: model or baseline code -> origins x subjects x horizons.
        actuals: the same shape; NaN where the month has not come yet.
        scales: origins x subjects: the usual month then, which errors are divided by.
    """

    origins: tuple[int, ...]
    forecasts: Mapping[str, np.ndarray]
    actuals: np.ndarray
    scales: np.ndarray

    def errors(self, code: str, chosen: np.ndarray, known_by: int | None = None) -> np.ndarray:
        """Relative errors of the chosen subjects' forecasts, of those months that had come by a position."""
        if code not in self.forecasts or not self.origins:
            return np.empty(0)
        return self._known(self._relative(code, chosen), known_by)

    def widths(self, code: str, chosen: np.ndarray, level: float) -> tuple[np.ndarray, float | None]:
        """Half widths of the chosen subjects' intervals, over their usual month.

        Returns:
            One for each origin, as it would have been drawn then, NaN where too little was known; and the one to draw
            now, None where too little is known.
        """
        if code not in self.forecasts or not self.origins:
            return np.empty(0), None
        drawn = [half_width(self.errors(code, chosen, origin), level) for origin in self.origins]
        raw = np.array([np.nan if width is None else width for width in drawn])
        safe = np.where(raw > 0, raw, np.nan)
        ratios = np.abs(self._relative(code, chosen)) / safe[:, None, None]
        corrected = [
            width * correction(self._known(ratios, origin), level)
            for origin, width in zip(self.origins, raw, strict=True)
        ]
        now = half_width(self.errors(code, chosen), level)
        return np.array(corrected), None if now is None else now * correction(self._known(ratios, None), level)

    def _relative(self, code: str, chosen: np.ndarray) -> np.ndarray:
        """Errors over the usual month: origins x chosen subjects x horizons; NaN where unknown."""
        scales = np.where(self.scales > 0, self.scales, np.nan)[:, chosen, None]
        return np.asarray((self.actuals[:, chosen] - self.forecasts[code][:, chosen]) / scales)

    def _known(self, values: np.ndarray, known_by: int | None) -> np.ndarray:
        """The values of months that had come by a position, flat."""
        if known_by is not None:
            target = np.array(self.origins)[:, None] + np.array(HORIZONS)[None, :]
            values = np.where((target <= known_by)[:, None, :], values, np.nan)
        return np.asarray(values[np.isfinite(values)])


@dataclass(frozen=True)
class Pairs:
    """Forecasts beside actual values, flat; bounds by level, NaN where none could have been drawn then."""

    actual: np.ndarray
    forecast: np.ndarray
    lower: Mapping[float, np.ndarray]
    upper: Mapping[float, np.ndarray]


def wape_of(looks: Looks, code: str, chosen: np.ndarray) -> float:
    """Sum of absolute errors over the sum of what came, over all origins and horizons; infinite where unmeasured."""
    if code not in looks.forecasts or not looks.origins:
        return float("inf")
    actual, forecast = looks.actuals[:, chosen], looks.forecasts[code][:, chosen]
    known = np.isfinite(actual)
    measured = wape(actual[known], forecast[known]) if known.any() else None
    return float("inf") if measured is None else measured


def better_baseline(looks: Looks, kinds: np.ndarray, month_count: int, seasonal: str, last: str) -> str:
    """The naive forecast that was less wrong about the company; unmeasured, the season from twelve months on."""
    company = kinds == "company"
    if not looks.origins:
        return seasonal if month_count >= 12 else last
    return seasonal if wape_of(looks, seasonal, company) < wape_of(looks, last, company) else last


def accuracy_rows(
    looks: Looks,
    kinds: np.ndarray,
    ids: Sequence[str],
    history: History,
    published: Mapping[str, bool],
    codes: tuple[str, str],
    notes: Sequence[str],
) -> list[AccuracyRow]:
    """Rows of fct_forecast_accuracy: a kind's overall metrics, then by horizon, by origin and by subject.

    Args:
        published: kind -> whether the model is published for it.
        codes: model and baseline.
        notes: sentences; the first ones belong to the kinds in their order.
    """
    rows = [note_row(TARGET, codes[1], any(published.values()), len(looks.origins), note, codes[0]) for note in notes]
    if codes[0] not in looks.forecasts:
        return rows
    for kind, is_model in published.items():
        chosen = kinds == kind
        every = np.ones((len(looks.origins), len(HORIZONS)), dtype=bool)
        rows += _rows(looks, codes, kind, chosen, None, every, None, None, history, is_model, ("all",))
        for position, horizon in enumerate(HORIZONS):
            only = np.zeros_like(every)
            only[:, position] = True
            rows += _rows(looks, codes, kind, chosen, None, only, horizon, None, history, is_model, ("mae", "wape"))
        for position, origin in enumerate(looks.origins):
            only = np.zeros_like(every)
            only[position] = True
            rows += _rows(looks, codes, kind, chosen, None, only, None, origin, history, is_model, ("mae", "wape"))
        for subject in np.flatnonzero(chosen).tolist():
            one = np.zeros_like(chosen)
            one[subject] = True
            rows += _rows(looks, codes, kind, one, ids[subject], every, None, None, history, is_model, ("mae", "wape"))
    return rows


def _rows(
    looks: Looks,
    codes: tuple[str, str],
    kind: str,
    chosen: np.ndarray,
    subject_id: str | None,
    cells: np.ndarray,
    horizon: int | None,
    origin: int | None,
    history: History,
    is_model: bool,
    metrics: tuple[str, ...],
) -> list[AccuracyRow]:
    """The metrics of model and baseline over some origins and horizons of some subjects."""
    by_code = [
        _measure(_pairs(looks, code, chosen, cells, LEVELS if metrics == ("all",) else ()), metrics) for code in codes
    ]
    count = int(np.isfinite(looks.actuals[:, chosen][_cells(cells, chosen)]).sum())
    return [
        AccuracyRow(
            target_code=TARGET,
            model_code=codes[0],
            baseline_code=codes[1],
            subject_kind_code=kind,
            subject_id=subject_id,
            metric_code=metric_code,
            horizon_months=horizon,
            origin_date=None if origin is None or (known := history.span(origin)) is None else known.end_date,
            model_value=value,
            baseline_value=by_code[1][metric_code],
            is_model_published=is_model,
            sample_count=count,
        )
        for metric_code, value in by_code[0].items()
        if count
    ]


def _cells(cells: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Origins x horizons spread over the chosen subjects."""
    return np.broadcast_to(cells[:, None, :], (cells.shape[0], int(chosen.sum()), cells.shape[1]))


def _pairs(looks: Looks, code: str, chosen: np.ndarray, cells: np.ndarray, levels: tuple[float, ...]) -> Pairs:
    """Forecasts of a code beside what came, with the interval that earlier errors would have drawn at that origin."""
    actual, forecast = looks.actuals[:, chosen], looks.forecasts[code][:, chosen]
    kept = _cells(cells, chosen) & np.isfinite(actual)
    lower: dict[float, np.ndarray] = {}
    upper: dict[float, np.ndarray] = {}
    for level in levels:
        widths, _ = looks.widths(code, chosen, level)
        half = widths[:, None] * looks.scales[:, chosen]
        lower[level] = np.maximum(0.0, forecast - half[:, :, None])[kept]
        upper[level] = (forecast + half[:, :, None])[kept]
    return Pairs(actual[kept], forecast[kept], lower, upper)


def _measure(pairs: Pairs, metrics: tuple[str, ...]) -> dict[str, float | None]:
    """Metric -> value; interval metrics only over the forecasts that could have had an interval."""
    if len(pairs.actual) == 0:
        return {}
    measured: dict[str, float | None] = {
        "mae": mae(pairs.actual, pairs.forecast),
        "wape": wape(pairs.actual, pairs.forecast),
    }
    losses: list[float] = []
    for level in pairs.lower:
        drawn = np.isfinite(pairs.lower[level])
        code = f"coverage_{level * 100:.0f}"
        if not drawn.any():
            measured[code] = None
            continue
        actual, lower, upper = pairs.actual[drawn], pairs.lower[level][drawn], pairs.upper[level][drawn]
        measured[code] = coverage(actual, lower, upper)
        losses.append(pinball(actual, lower, upper, level))
    if metrics != ("all",):
        return {code: measured[code] for code in metrics}
    measured["pinball"] = float(np.mean(losses)) if losses else None
    return measured
