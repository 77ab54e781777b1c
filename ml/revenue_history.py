"""Monthly revenue of each team as a matrix, and what was known of a future month at the end of an earlier one.

A series is a team within a region, including the one of nobody's deals, so that sums over series are the company's.
Only whole months count: a month that has not ended when the numbers are made is forecast, not learned from. Months are
those of the company's calendar. One of weeks is counted as the calendar month of its 15th day, another one for each.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from ml.candidate import Candidate, Context, days

HORIZONS = (1, 2, 3, 4, 5, 6)
SCALE_MONTHS = 12
DAYS_TO_THE_MIDDLE = pd.Timedelta(days=14)
FEWEST_SCALE_MONTHS = 3
MEASURES = ("won_value", "invoiced_value")
CATEGORIES = ("calendar_month", "horizon", "quarter_month")
# Few on purpose: tried on simulated companies, the last months' own ratios made forecasts worse, not better.
NUMBERS = ("year_ago_ratio", "pipeline_near_ratio", "pipeline_middle_ratio", "pipeline_far_ratio")


class Span(NamedTuple):
    """A month of the company's calendar."""

    period_id: str
    start_date: datetime.date
    end_date: datetime.date


@dataclass(frozen=True)
class History:
    """Revenue by month and series.

    Attributes:
        measure_code: won_value, or invoiced_value for a company without won deals.
        first_month: start of the first month.
        series: one row a series with region_id and team_id, missing where revenue has none.
        amounts: months x series, company currency.
        pipeline: origins (as months) x series x horizons: deals open at a month's end, by expected month of close.
        unconverted_count: records without an exchange rate, which no sum holds.
        periods: the months that the company's calendar has.
    """

    measure_code: str
    first_month: pd.Period
    series: pd.DataFrame
    amounts: np.ndarray
    pipeline: np.ndarray
    unconverted_count: int
    periods: Mapping[pd.Period, Span] = field(default_factory=dict)

    @property
    def month_count(self) -> int:
        """Whole months known."""
        return int(self.amounts.shape[0])

    def month(self, position: int) -> pd.Period:
        """The month at a position; positions past the end are the future."""
        return self.first_month + position

    def span(self, position: int) -> Span | None:
        """The month of the company's calendar at a position; None after the last of a calendar of weeks."""
        month = self.month(position)
        if month in self.periods:
            return self.periods[month]
        if any(span.start_date.day != 1 for span in self.periods.values()):
            return None
        return Span(f"{month.year:04d}-{month.month:02d}", month.start_time.date(), month.end_time.date())

    def scale(self, origin: int) -> np.ndarray:
        """The usual month of each series at an origin: mean of the last twelve, or of those since its first sale."""
        recent = self.amounts[max(0, origin + 1 - SCALE_MONTHS) : origin + 1]
        has_begun = np.cumsum(self.amounts[: origin + 1] != 0, axis=0)[-len(recent) :] > 0
        counted = np.maximum(has_begun.sum(axis=0), min(len(recent), FEWEST_SCALE_MONTHS))
        return np.asarray(recent.sum(axis=0) / counted)


def read_history(candidate: Candidate, context: Context) -> History | None:
    """Revenue up to the last whole month; None where there is none."""
    rows = candidate.frame(
        "select measure_code, region_id, team_id, start_date, company_amount, record_count, unconverted_count "
        "from intermediate.int_revenue_by_month_summed order by measure_code, region_id, team_id, start_date"
    )
    periods = _read_periods(candidate)
    end = max(
        (month for month, span in periods.items() if span.end_date <= context.as_of_date),
        default=_last_whole_month(context.as_of_date),
    )
    rows["month"] = _months(rows["start_date"])
    rows = rows[rows["month"] <= end]
    measure_code = next((code for code in MEASURES if (rows["measure_code"] == code).any()), None)
    if measure_code is None:
        return None
    rows = rows[rows["measure_code"] == measure_code]
    series = rows[["region_id", "team_id"]].drop_duplicates(ignore_index=True)
    first = rows["month"].min()
    amounts = np.zeros((_months_between(first, end) + 1, len(series)))
    _add(amounts, rows, series, first, "company_amount")
    pipeline = _read_pipeline(candidate, series, first, len(amounts), periods)
    unconverted_count = int(rows["unconverted_count"].fillna(0).sum())
    return History(measure_code, first, series, amounts, pipeline, unconverted_count, periods)


def known_at(history: History, origin: int, fiscal_start_month: int) -> pd.DataFrame:
    """What was known at the end of month `origin` about each series and each of the next six months.

    Returns:
        One row a series and horizon: series, horizon_months, scale, and the features. Amounts are divided by the
        series' usual month, so that large and small teams learn from each other.
    """
    scale = history.scale(origin)
    safe = np.where(scale > 0, scale, 1.0)
    count = len(scale)
    months = [history.month(origin + horizon) for horizon in HORIZONS]
    unknown = np.full(count, np.nan)
    year_ago = [
        history.amounts[origin + horizon - 12] / safe if origin + horizon >= 12 else unknown for horizon in HORIZONS
    ]
    pipeline = (history.pipeline[origin] / safe[:, None]).T.ravel()
    horizon_months = np.repeat(HORIZONS, count)
    return pd.DataFrame(
        {
            "series": np.tile(np.arange(count), len(HORIZONS)),
            "horizon_months": horizon_months,
            "scale": np.tile(scale, len(HORIZONS)),
            "calendar_month": np.repeat([str(month.month) for month in months], count),
            "horizon": np.repeat([str(horizon) for horizon in HORIZONS], count),
            "quarter_month": np.repeat([str((month.month - fiscal_start_month) % 3) for month in months], count),
            "year_ago_ratio": np.concatenate(year_ago),
            "pipeline_near_ratio": np.where(horizon_months == 1, pipeline, 0.0),
            "pipeline_middle_ratio": np.where((horizon_months > 1) & (horizon_months <= 3), pipeline, 0.0),
            "pipeline_far_ratio": np.where(horizon_months > 3, pipeline, 0.0),
        }
    )


def learnable(history: History, origin: int, first_origin: int, fiscal_start_month: int) -> pd.DataFrame:
    """What could be learned at the end of month `origin`: earlier origins, with targets that had come by then.

    Returns:
        Rows of `known_at` with `target_ratio`, the amount that came over the series' usual month; series that had sold
        nothing are left out.
    """
    frames: list[pd.DataFrame] = []
    for earlier in range(first_origin, origin):
        rows = known_at(history, earlier, fiscal_start_month)
        rows = rows[(rows["horizon_months"] <= origin - earlier) & (rows["scale"] > 0)]
        came = history.amounts[earlier + rows["horizon_months"].to_numpy(), rows["series"].to_numpy()]
        frames.append(rows.assign(target_ratio=came / rows["scale"].to_numpy(), weight=_weights(rows["scale"])))
    if not frames:
        return pd.DataFrame(columns=[*CATEGORIES, *NUMBERS, "scale", "target_ratio", "weight"])
    return pd.concat(frames, ignore_index=True)


def _weights(scale: pd.Series) -> np.ndarray:
    """Large teams count for more: their errors are what the company's forecast is made of."""
    return np.asarray(scale / scale.mean())


def _last_whole_month(as_of_date: datetime.date) -> pd.Period:
    """The last month that has ended by a day."""
    tomorrow = as_of_date + datetime.timedelta(days=1)
    return pd.Period(tomorrow, freq="M") - 1


def _months(starts: pd.Series) -> pd.Series:
    """The calendar months by which months are counted, by their first days."""
    return (days(starts) + DAYS_TO_THE_MIDDLE).dt.to_period("M")


def _read_periods(candidate: Candidate) -> dict[pd.Period, Span]:
    """The months of the company's calendar."""
    rows = candidate.frame(
        "select period_id, start_date, end_date from marts.dim_periods "
        "where is_company_calendar and period_kind_code = 'month' order by start_date"
    )
    spans = zip(rows["period_id"], days(rows["start_date"]).dt.date, days(rows["end_date"]).dt.date, strict=True)
    return dict(zip(_months(rows["start_date"]), (Span(*span) for span in spans), strict=True))


def _months_between(first: pd.Period, last: pd.Period) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def _positions(rows: pd.DataFrame, series: pd.DataFrame) -> np.ndarray:
    """The position of each row's series; -1 for one that has no revenue."""
    keys = {(_text(region), _text(team)): i for i, (region, team) in enumerate(series.itertuples(index=False))}
    pairs = zip(rows["region_id"], rows["team_id"], strict=True)
    return np.array([keys.get((_text(region), _text(team)), -1) for region, team in pairs], dtype=int)


def _text(value: object) -> str:
    """An id, or an empty text where it is missing: missing values do not equal each other."""
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _add(matrix: np.ndarray, rows: pd.DataFrame, series: pd.DataFrame, first: pd.Period, column: str) -> None:
    """Add each row's amount to its month and series."""
    months = np.array([_months_between(first, month) for month in rows["month"]], dtype=int)
    np.add.at(matrix, (months, _positions(rows, series)), rows[column].fillna(0).to_numpy(dtype=float))


def _read_pipeline(
    candidate: Candidate, series: pd.DataFrame, first: pd.Period, month_count: int, periods: Mapping[pd.Period, Span]
) -> np.ndarray:
    """Deals open at each month's end, by horizon of the month in which they were expected to close then."""
    rows = candidate.frame(
        "select origin_date, region_id, team_id, expected_month_date, sum(pipeline_company_amount) as company_amount "
        "from intermediate.int_pipeline_by_month_summed group by all "
        "order by origin_date, region_id, team_id, expected_month_date"
    )
    pipeline = np.zeros((month_count, len(series), len(HORIZONS)))
    if rows.empty:
        return pipeline
    month_by_end = {span.end_date: month for month, span in periods.items()}
    origins = [month_by_end.get(day) for day in days(rows["origin_date"]).dt.date]
    expected = _months(rows["expected_month_date"])
    origin = np.array([-1 if month is None else _months_between(first, month) for month in origins], dtype=int)
    horizon = np.array([_months_between(first, month) for month in expected], dtype=int) - origin
    position = _positions(rows, series)
    kept = (origin >= 0) & (origin < month_count) & (position >= 0) & (horizon >= 1) & (horizon <= len(HORIZONS))
    amounts = rows["company_amount"].fillna(0).to_numpy(dtype=float)
    np.add.at(pipeline, (origin[kept], position[kept], horizon[kept] - 1), amounts[kept])
    return pipeline
