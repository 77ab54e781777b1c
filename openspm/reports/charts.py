"""The report's charts as Vega-Lite specifications, built with Altair.

Colours are CSS variables of the template and not values: the charts are drawn as SVG, so they follow a light or a dark
page, and a printed one, without being drawn again. Widths follow the page. Every mark carries its numbers as text for
the tooltip, written by `number_format`, so that a chart and its table say the same.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

Values = Sequence[Mapping[str, Any]]

# Comparing a specification with the schema of Vega-Lite takes as long as making it: the tests do it, a night does not.
IS_VALIDATED = False

INK, SOFT, LINE = "var(--ink)", "var(--soft)", "var(--line)"
FIRST, SECOND, THIRD, FOURTH, QUIET = (
    "var(--series-1)",
    "var(--series-2)",
    "var(--series-3)",
    "var(--series-4)",
    "var(--quiet)",
)
# Mixed with the page's surface and not see-through, so that no grid line shows through a bar.
PALE = {FIRST: "var(--series-1-pale)", SECOND: "var(--series-2-pale)"}

_AMOUNT_LABEL = (
    "datum.value == 0 ? '0' : replace(replace(replace(format(datum.value, '~s'), 'k', '\u00a0k'), 'M', '\u00a0M'), "
    "'G', '\u00a0bn')"
)
_RATIO_LABEL = "format(datum.value * 100, '~f') + '\u00a0%'"
_MONTH_NAMES = (
    "{'01': 'Jan', '02': 'Feb', '03': 'Mar', '04': 'Apr', '05': 'May', '06': 'Jun', '07': 'Jul', '08': 'Aug', "
    "'09': 'Sep', '10': 'Oct', '11': 'Nov', '12': 'Dec'}[slice(datum.value, 5, 7)]"
)
_BAR_STEP = 34


def forecast_fan(months: Sequence[str], actuals: Values, forecasts: Values, goals: Values) -> dict[str, Any]:
    """Actual months as bars, the forecast as a line in its 80 % and 95 % bands, goals as ticks.

    Args:
        months: first days of all months (ISO), in order; the x axis.
        actuals: month, value, text, is_complete.
        forecasts: month, middle, lower_80, upper_80, lower_95, upper_95, text, range_80_text, range_95_text.
        goals: month, value, text.
    """
    x = _month_axis(months)
    y = _amount_axis("value")
    layers: list[alt.Chart] = []
    for lower, upper, opacity in (("lower_95", "upper_95", 0.16), ("lower_80", "upper_80", 0.28)):
        layers.append(
            _chart(forecasts)
            .mark_area(color=FIRST, opacity=opacity, line=False)
            .encode(x=x, y=_amount_axis(lower), y2=f"{upper}:Q")
        )
    layers.append(
        _chart(actuals)
        .mark_bar(cornerRadiusEnd=2, width=alt.RelativeBandSize(band=0.68))
        .encode(
            x=x,
            y=y,
            color=alt.condition("datum.is_complete", alt.value(QUIET), alt.value("var(--quiet-pale)")),
            tooltip=[_tip("month_text", "Month"), _tip("text", "Actual")],
        )
    )
    layers.append(_chart(forecasts).mark_line(color=FIRST, strokeWidth=2.5).encode(x=x, y=_amount_axis("middle")))
    layers.append(
        _chart(forecasts)
        .mark_circle(color=FIRST, size=55, opacity=1)
        .encode(
            x=x,
            y=_amount_axis("middle"),
            tooltip=[
                _tip("month_text", "Month"),
                _tip("text", "Forecast"),
                _tip("range_80_text", "80 % range"),
                _tip("range_95_text", "95 % range"),
            ],
        )
    )
    if goals:
        layers.append(
            _chart(goals)
            .mark_tick(color=SECOND, thickness=3, opacity=1, width=alt.RelativeBandSize(band=0.8))
            .encode(x=x, y=y, tooltip=[_tip("month_text", "Month"), _tip("text", "Goal")])
        )
    return _finished(alt.layer(*layers), height=300)


def amounts_by_category(values: Values, colour: str = FIRST) -> dict[str, Any]:
    """Horizontal bars in the order of the rows: `total` pale and, where rows have it, `part` dark on top of it.

    Rows: label, total, total_text, and part, part_text or neither.
    """
    values = _with_breaks(values)
    labels = [value["label"] for value in values]
    y = alt.Y("label:N", sort=labels, axis=_category_axis())
    has_parts = bool(values) and "part" in values[0]
    tips = [_tip("label", "Group"), _tip("total_text", "Total")]
    if has_parts:
        tips.append(_tip("part_text", "Expected"))
    layers = [
        _chart(values)
        .mark_bar(color=PALE[colour] if has_parts else colour, cornerRadiusEnd=2, height={"band": 0.62})
        .encode(x=_amount_axis("total", horizontal=True), y=y, tooltip=tips)
    ]
    if has_parts:
        layers.append(
            _chart(values)
            .mark_bar(color=colour, cornerRadiusEnd=2, height={"band": 0.62})
            .encode(x=_amount_axis("part", horizontal=True), y=y, tooltip=tips)
        )
    return _finished(alt.layer(*layers), height=_height_of_bars(values))


def amounts_by_month(values: Values) -> dict[str, Any]:
    """Vertical bars a month: `total` pale, `part` dark on it. Rows: label, total, total_text, part, part_text."""
    labels = [str(value["label"]) for value in values]
    x = alt.X("label:N", sort=labels, axis=alt.Axis(title=None, labelAngle=0, ticks=False, labelOverlap="greedy"))
    tips = [_tip("label", "Month"), _tip("total_text", "Total"), _tip("part_text", "Expected")]
    bars = [
        _chart(values)
        .mark_bar(color=colour, cornerRadiusEnd=2, width=alt.RelativeBandSize(band=0.66))
        .encode(x=x, y=_amount_axis(field), tooltip=tips)
        for field, colour in (("total", PALE[FIRST]), ("part", FIRST))
    ]
    return _finished(alt.layer(*bars), height=240)


def attainment_by_team(values: Values) -> dict[str, Any]:
    """A bar a team for attainment to date, a dot for the forecast at the end, a rule at quota.

    Rows: label, ratio, ratio_text, forecast (may be None), forecast_text.
    """
    values = _with_breaks(values)
    labels = [value["label"] for value in values]
    y = alt.Y("label:N", sort=labels, axis=_category_axis())
    tips = [_tip("label", "Team"), _tip("ratio_text", "To date"), _tip("forecast_text", "Forecast at the end")]
    ends = [value["forecast"] for value in values if value["forecast"] is not None]
    farthest = max([1.05, *[float(value["ratio"]) * 1.05 for value in values], *[float(end) * 1.05 for end in ends]])
    x = _ratio_scale(alt.X, "ratio", farthest)
    bars = _chart(values).mark_bar(color=QUIET, cornerRadiusEnd=2, height={"band": 0.58}).encode(x=x, y=y, tooltip=tips)
    rule = _chart([{"quota": 1.0}]).mark_rule(color=SECOND, strokeWidth=2).encode(x="quota:Q")
    dots = (
        _chart([value for value in values if value["forecast"] is not None])
        .mark_circle(color=FIRST, size=110, opacity=1)
        .encode(x=_ratio_scale(alt.X, "forecast", farthest), y=y, tooltip=tips)
    )
    paths = dots.mark_rule(color=FIRST, strokeWidth=1.5).encode(x2="ratio:Q")
    return _finished(alt.layer(bars, rule, paths, dots), height=_height_of_bars(values))


def rates_over_time(values: Values, periods: Sequence[str], series: Mapping[str, tuple[str, bool]]) -> dict[str, Any]:
    """A line a series over periods. Rows: series, period, ratio, text. `series`: name -> (colour, is_main)."""
    highest = max([0.1, *[float(value["ratio"]) for value in values]]) * 1.1
    x = alt.X(
        "period:N",
        sort=list(periods),
        scale=alt.Scale(domain=list(periods), padding=0.3),
        axis=alt.Axis(title=None, labelAngle=0, ticks=False, labelOverlap="parity"),
    )
    layers = []
    for name, (colour, is_main) in series.items():
        rows = [value for value in values if value["series"] == name]
        line = _chart(rows).encode(
            x=x,
            y=_ratio_scale(alt.Y, "ratio", highest),
            tooltip=[_tip("series", "Who"), _tip("period", "Quarter"), _tip("text", "Win rate")],
        )
        layers.append(line.mark_line(color=colour, strokeWidth=3.5 if is_main else 2))
        layers.append(line.mark_circle(color=colour, size=70 if is_main else 45, opacity=1))
    return _finished(alt.layer(*layers), height=260)


def error_by_horizon(values: Values) -> dict[str, Any]:
    """The error of the forecast and of its baseline by months ahead. Rows: horizon, model, baseline and their texts."""
    horizons = [str(value["horizon"]) for value in values]
    highest = max([float(value[key]) for value in values for key in ("model", "baseline")]) * 1.15
    x = alt.X(
        "horizon:N",
        sort=horizons,
        scale=alt.Scale(padding=0.3),
        axis=alt.Axis(title="months ahead", labelAngle=0, ticks=False),
    )
    tips = [_tip("horizon", "Months ahead"), _tip("model_text", "Forecast"), _tip("baseline_text", "Baseline")]
    layers = []
    for field, colour, shape in (("baseline", QUIET, "diamond"), ("model", FIRST, "circle")):
        line = _chart(values).encode(x=x, y=_ratio_scale(alt.Y, field, highest), tooltip=tips)
        layers.append(line.mark_line(color=colour, strokeWidth=2))
        layers.append(line.mark_point(color=colour, shape=shape, filled=True, size=65, opacity=1))
    return _finished(alt.layer(*layers), height=220)


def _chart(values: Values) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=[dict(value) for value in values]))


def _tip(field: str, title: str) -> alt.Tooltip:
    return alt.Tooltip(field, type="nominal", title=title)


def _month_axis(months: Sequence[str]) -> alt.X:
    """Months in order; above a year of them only the first month of a quarter is named, so that a phone has room."""
    is_long = len(months) > 12
    named = [month for month in months if not is_long or month[5:7] in ("01", "04", "07", "10")]
    first = named[0] if named else ""
    name = (
        f"slice(datum.value, 5, 7) == '01' || datum.value == '{first}' ? [{_MONTH_NAMES}, slice(datum.value, 0, 4)] "
        f": {_MONTH_NAMES}"
    )
    if is_long:
        name = f"indexof(['01', '04', '07', '10'], slice(datum.value, 5, 7)) < 0 ? '' : {name}"
    axis = alt.Axis(title=None, labelExpr=name, labelAngle=0, ticks=False, labelOverlap=False)
    return alt.X("month:O", sort=None, scale=alt.Scale(domain=list(months)), axis=axis)


def _amount_axis(field: str, horizontal: bool = False) -> Any:
    channel = alt.X if horizontal else alt.Y
    axis = alt.Axis(
        title=None, labelExpr=_AMOUNT_LABEL, tickCount=4 if horizontal else 5, grid=True, domain=False, ticks=False
    )
    return channel(f"{field}:Q", axis=axis, stack=None, scale=alt.Scale(zero=True, nice=True))


def _ratio_scale(channel: Any, field: str, highest: float) -> Any:
    axis = alt.Axis(title=None, labelExpr=_RATIO_LABEL, tickCount=5, grid=True, domain=False, ticks=False)
    return channel(f"{field}:Q", axis=axis, stack=None, scale=alt.Scale(domain=[0, highest], nice=True))


def _category_axis() -> alt.Axis:
    """Names on one line, or on two where a phone has no room."""
    is_narrow = "containerSize()[0] < 520"
    return alt.Axis(
        title=None,
        ticks=False,
        domain=False,
        labelExpr=f"{is_narrow} ? split(datum.value, '\\n') : replace(datum.value, '\\n', ' ')",
        labelLimit=alt.ExprRef(expr=f"{is_narrow} ? 130 : 240"),
        labelLineHeight=13,
        labelPadding=6,
    )


def _with_breaks(values: Values) -> list[dict[str, Any]]:
    """Rows whose long labels have the line break that `_category_axis` may use."""
    return [
        {**value, "label": "\n".join(textwrap.wrap(str(value["label"]), 19, max_lines=2, placeholder="\u2026"))}
        for value in values
    ]


def _height_of_bars(values: Values) -> int:
    return max(2, len(values)) * _BAR_STEP


def _finished(chart: alt.LayerChart | alt.FacetChart, height: int) -> dict[str, Any]:
    specification: dict[str, Any] = chart.properties(width="container", height=height).to_dict(validate=IS_VALIDATED)
    # The page names no address at all; Vega-Lite needs none.
    specification.pop("$schema", None)
    specification["autosize"] = {"type": "fit", "contains": "padding"}
    specification["config"] = _CONFIG
    return specification


_CONFIG: dict[str, Any] = {
    "background": "transparent",
    "font": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": SOFT,
        "labelFontSize": 12,
        "titleColor": SOFT,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": LINE,
        "domainColor": LINE,
        "tickColor": LINE,
    },
    "axisX": {"grid": False},
}
