"""How good the forecasts of the company have been, beside those of the baseline: part of the chapter "Forecast"."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from openspm.reports import charts
from openspm.reports.number_format import GAP, percent
from openspm.reports.page import Figure, Legend, Table
from openspm.reports.published import PublishedFile, Row

BASELINE_NAMES = {"seasonal_naive": "the same month a year before", "last_value": "the last month"}


def baseline_name(code: str) -> str:
    """What a baseline forecasts, in words."""
    return BASELINE_NAMES.get(code, code.replace("_", " "))


def past_accuracy(published: PublishedFile) -> tuple[list[str], list[Figure | Table]]:
    """How good the last forecasts of the company were: error against the baseline, and how often ranges held."""
    rows = published.rows(
        """
        select metric_code, horizon_months as horizon, model_code, baseline_code,
            sum(model_value * sample_count) / sum(sample_count) as model,
            sum(baseline_value * sample_count) / sum(sample_count) as baseline,
            bool_or(is_model_published) as is_model_published
        from marts.fct_forecast_accuracy
        where target_code = 'revenue' and coalesce(subject_kind_code, 'company') = 'company'
            and subject_id is null and origin_date is null
            and metric_code in ('wape', 'coverage_80', 'coverage_95') and sample_count > 0
        group by all order by metric_code, horizon nulls first, model_code
        """
    )
    errors = [row for row in rows if row["metric_code"] == "wape" and row["model"] is not None]
    if not errors:
        return ["How good earlier forecasts were is not known yet: there were too few months to test on."], []
    overall, by_horizon = _overall(errors), [row for row in errors if row["horizon"] is not None]
    baseline = baseline_name(str(errors[0]["baseline_code"]))
    sentences = [_error_sentence(overall, errors[0], baseline), *_coverage_sentences(rows)]
    values = [
        {
            "horizon": int(row["horizon"]),
            "model": float(row["model"]),
            "baseline": float(row["baseline"]),
            "model_text": percent(_exact(row["model"])),
            "baseline_text": percent(_exact(row["baseline"])),
        }
        for row in by_horizon
        if row["baseline"] is not None
    ]
    if len(values) < 2:
        return sentences, []
    table = Table(
        "Error by months ahead",
        ["Months ahead", "Forecast", "Baseline"],
        [[str(value["horizon"]), str(value["model_text"]), str(value["baseline_text"])] for value in values],
    )
    figure = Figure(
        "chart-accuracy",
        "How far past forecasts were off, by months ahead",
        f"The forecast was off by {values[0]['model_text']} one month ahead and {values[-1]['model_text']} "
        f"{values[-1]['horizon']} months ahead.",
        charts.error_by_horizon(values),
        [Legend("forecast", "dot", "series-1"), Legend(f"baseline: {baseline}", "diamond", "quiet")],
        table,
    )
    return sentences, [figure]


def _exact(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _overall(rows: list[Row]) -> tuple[Decimal | None, Decimal | None]:
    """Model and baseline over all horizons: the row without a horizon where there is one, else the mean."""
    whole = [row for row in rows if row["horizon"] is None] or rows
    result: list[Decimal | None] = []
    for name in ("model", "baseline"):
        values = [Decimal(str(row[name])) for row in whole if row[name] is not None]
        result.append(sum(values, Decimal(0)) / len(values) if values else None)
    return result[0], result[1]


def _error_sentence(overall: tuple[Decimal | None, Decimal | None], row: Row, baseline_name: str) -> str:
    model, baseline = overall
    text = f"Tested on past months, the forecast was off by {percent(model)} on average"
    if baseline is not None:
        text += f"; the baseline ({baseline_name}) by {percent(baseline)}"
    if not row["is_model_published"]:
        text += ". No model did better than that, so the baseline itself is published"
    return text + "."


def _coverage_sentences(rows: list[Row]) -> list[str]:
    """How often the ranges of what is published, model or baseline, held the true value."""
    held = []
    for level in ("80", "95"):
        matching = [row for row in rows if row["metric_code"] == f"coverage_{level}" and row["model"] is not None]
        if matching:
            model, baseline = _overall(matching)
            coverage = model if matching[0]["is_model_published"] else baseline
            held.append(f"{percent(coverage)} of months for the {level}{GAP}% range")
    return [f"The true value lay inside the range in {' and in '.join(held)}."] if held else []
