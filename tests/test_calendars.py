"""Periods of a calendar lie side by side without gap or overlap, whether they are made of months or of weeks.

Without it a day would belong to no pay period or to two, and a sale of that day to nobody or twice.
"""

from __future__ import annotations

import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openspm.calendars import PATTERNS, WEEKDAYS, Weeks, periods_of
from openspm.company import load_company
from openspm.plans.load import load_plans
from openspm.plans.reading import PlanRefused
from openspm.reports.number_format import calendar_month

Row = dict[str, str | None]
DAY = datetime.timedelta(days=1)


def span(row: Row) -> tuple[datetime.date, datetime.date]:
    """First and last day."""
    return datetime.date.fromisoformat(str(row["start_date"])), datetime.date.fromisoformat(str(row["end_date"]))


weeks = st.builds(Weeks, st.sampled_from(PATTERNS), st.sampled_from(WEEKDAYS), st.sampled_from(("last", "nearest")))


@given(weeks=st.none() | weeks, start_month=st.integers(1, 12), first_year=st.integers(1990, 2060))
def test_periods_of_each_kind_tile_the_years(weeks: Weeks | None, start_month: int, first_year: int) -> None:
    rows = periods_of("c", start_month, first_year, first_year + 6, weeks)
    by_id = {row["period_id"]: row for row in rows}
    assert len(by_id) == len(rows) == 7 * (12 + 4 + 2 + 1)
    for kind in ("month", "quarter", "half", "year"):
        of_kind = [row for row in rows if row["period_kind_code"] == kind]
        assert all(span(one)[1] + DAY == span(other)[0] for one, other in pairwise(of_kind))
        assert [row["period_sequence"] for row in of_kind] == [str(number + 1) for number in range(len(of_kind))]
        for row in of_kind:
            for longer in ("quarter_period_id", "half_period_id", "year_period_id"):
                if row[longer] is not None:
                    start, end = span(by_id[row[longer]])
                    assert start <= span(row)[0] <= span(row)[1] <= end


@given(weeks=weeks, start_month=st.integers(1, 12), first_year=st.integers(1990, 2060))
def test_years_of_weeks_end_on_their_weekday_by_their_rule(weeks: Weeks, start_month: int, first_year: int) -> None:
    rows = periods_of("c", start_month, first_year, first_year, weeks)
    start, end = span(rows[-1])
    assert (end - start + DAY).days in (52 * 7, 53 * 7)
    assert WEEKDAYS[end.weekday()] == weeks.year_ends_on
    after = datetime.date(first_year + 1, start_month, 1)
    if weeks.year_end == "last":
        assert after - datetime.timedelta(days=7) <= end < after
    else:
        assert abs((end - (after - DAY)).days) <= 3
    lengths = [(span(row)[1] - span(row)[0] + DAY).days // 7 for row in rows if row["period_kind_code"] == "month"]
    assert lengths[:11] == [int(count) for count in weeks.pattern.split("-")] * 3 + [
        int(count) for count in weeks.pattern.split("-")[:2]
    ]


PLAN = """
plan_id: {plan_id}
version: 1
name: Sales
valid_from: 2020-01-01
currency: EUR
calendar: {{id: {calendar_id}, fiscal_year_start_month: {month}, first_year: 2025, last_year: 2026}}
components:
  - component_id: deals
    name: Deals
    event: booking
    window: month
    credits: [{{to: seller}}]
    curve: {{style: marginal, over: amount, tiers: [{{from: 0, rate: 5 %}}]}}
"""
COMPANY = """
id: acme
name: Acme
currency_code: EUR
timezone_name: Europe/Berlin
calendar: {id: company, first_year: 2025, last_year: 2026}
sources: []
conventions: {boundary: upper, rounding: half_up, rounding_scope: each_line, reversal_window: origin,
  negative_total: first_tier, below_first: zero, above_last: extend, plan_version_change: continue, split_tolerance: 0}
"""


@pytest.mark.parametrize(
    ("plans", "said"),
    [
        ([("one", "retail", 2), ("two", "retail", 10)], "the calendar retail is another one at one.yml:7"),
        ([("one", "company", 2)], "company is the company's calendar"),
    ],
)
def test_one_name_for_two_calendars_is_refused(tmp_path, plans: list[tuple[str, str, int]], said: str) -> None:
    """The plan that came second would be paid by the periods of the first."""
    (tmp_path / "company.yml").write_text(COMPANY, encoding="utf-8")
    (tmp_path / "plans").mkdir()
    for plan_id, calendar_id, month in plans:
        text = PLAN.format(plan_id=plan_id, calendar_id=calendar_id, month=month)
        (tmp_path / "plans" / f"{plan_id}.yml").write_text(text, encoding="utf-8")
    with pytest.raises(PlanRefused, match=said):
        load_plans(load_company(tmp_path))


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("year_end", ["last", "nearest"])
def test_each_month_of_weeks_is_named_by_a_calendar_month_of_its_own(pattern: str, year_end: str) -> None:
    """Else two months of a report would have one name, and forecasts would add two months into one."""
    for first_month in range(1, 13):
        for weekday in WEEKDAYS:
            rows = periods_of("company", first_month, 2015, 2030, Weeks(pattern, weekday, year_end))
            starts = [
                datetime.date.fromisoformat(str(row["start_date"]))
                for row in rows
                if row["period_kind_code"] == "month"
            ]
            named = [calendar_month(start) for start in starts]
            numbers = [day.year * 12 + day.month for day in named]
            assert numbers == list(range(2015 * 12 + first_month, 2015 * 12 + first_month + 16 * 12))
