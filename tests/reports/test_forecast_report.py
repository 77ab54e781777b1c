"""Protects what the leaders' report says: the answer on top, words where a mart is empty, no pay, the same bytes twice.

Without it a company without finance data sees empty charts, a name from the CRM becomes markup, and a figure of pay
reaches an audience that must not see it.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import duckdb
import pytest

from openspm.errors import OpenspmError
from openspm.reports import charts, write_forecast_report

from .mart_columns import MARTS
from .published_warehouse import PLANTED_PAY, Changes, write_warehouse

GENERATION = "published/generations/{}/warehouse.duckdb"


def words(html: str) -> str:
    """The text that a reader sees, with plain spaces."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body).replace("\N{NO-BREAK SPACE}", " ").replace("&nbsp;", " "))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    write_warehouse(folder / GENERATION.format(11), changes=Changes(date(2026, 8, 19), 11, forecast_factor=0.97))
    changes = Changes(more_wins=3, more_mismatches=2, more_quarantined=3)
    current = write_warehouse(folder / GENERATION.format(12), changes=changes)
    return write_forecast_report(current, folder / "reports" / "forecast.html").read_text(encoding="utf-8")


def test_every_chart_keeps_to_the_schema_of_vega_lite(
    report: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "IS_VALIDATED", True)
    changes = Changes(more_wins=3, more_mismatches=2, more_quarantined=3)
    current = write_warehouse(tmp_path / "w.duckdb", changes=changes)
    validated = write_forecast_report(current, tmp_path / "r.html").read_text(encoding="utf-8")
    figures = re.findall(r'class="chart" id="([^"]*)"', report)
    assert len(figures) >= 5
    assert set(re.findall(r'class="chart" id="([^"]*)"', validated)) <= set(figures)


def test_the_answer_comes_first(report: str) -> None:
    text = words(report)
    assert re.search(r"Q3 2026 is heading for 2\.\d\d M EUR, \d\d % of its goal of 2\.30 M EUR", text)
    assert "Halden Instruments · numbers for 20 Aug 2026" in text.replace("&middot;", "·")


def test_the_quarter_is_its_won_months_plus_the_forecast_of_the_others(tmp_path: Path) -> None:
    current = write_warehouse(tmp_path / "w.duckdb")
    report = write_forecast_report(current, tmp_path / "r.html").read_text()
    with duckdb.connect(str(current), read_only=True) as connection:
        won, forecast = (
            connection.execute(query).fetchone()[0]  # type: ignore[index]
            for query in (
                "select sum(kpi_value) from marts.fct_kpis where subject_kind_code = 'company' "
                "and kpi_code = 'won_value' and period_kind_code = 'month' and period_id = '2026-07'",
                "select sum(forecast_company_amount) from marts.fct_revenue_forecasts "
                "where subject_kind_code = 'company' and period_id in ('2026-08', '2026-09')",
            )
        )
    expected = (float(won) + float(forecast)) / 1e6
    assert f"is heading for {expected:.2f} M EUR" in words(report)


def test_how_good_forecasts_were_is_the_overall_row_and_no_mean_of_parts(report: str) -> None:
    text = words(report)
    assert "the forecast was off by 10 % on average; the baseline (the same month a year before) by 15 %" in text
    assert "in 77 % of months for the 80 % range and in 95 % of months for the 95 % range" in text


def test_on_the_last_day_of_a_quarter_the_next_one_is_forecast(tmp_path: Path) -> None:
    current = write_warehouse(tmp_path / "w.duckdb", changes=Changes(date(2026, 6, 30)))
    text = words(write_forecast_report(current, tmp_path / "r.html").read_text())
    assert re.search(
        r"Q2 2026 ended with [\d.]+ M EUR, \d+ % of its goal of [\d.]+ M EUR\. Q3 2026 is heading for", text
    )


def test_deals_of_unknown_value_are_counted_and_never_worth_zero(tmp_path: Path) -> None:
    current = write_warehouse(tmp_path / "w.duckdb")
    with duckdb.connect(str(current)) as connection:
        connection.execute("update marts.fct_opportunities set deal_company_amount = null where is_open")
        connection.execute("update marts.fct_opportunity_scores set expected_company_amount = null")
    text = words(write_forecast_report(current, tmp_path / "r.html").read_text())
    assert "120 deals are open; none has a known value, so deals are counted." in text
    assert "Open deals by stage, number" in text
    assert " 0 EUR" not in text.split("Win rates In")[0].split("Pipeline 120")[-1]


def test_a_company_without_deals_is_forecast_by_what_it_invoiced(tmp_path: Path) -> None:
    current = write_warehouse(tmp_path / "w.duckdb")
    with duckdb.connect(str(current)) as connection:
        connection.execute("update marts.fct_kpis set kpi_code = 'invoiced_value' where kpi_code = 'won_value'")
        connection.execute("update marts.fct_goals set kpi_code = 'invoiced_value'")
    text = words(write_forecast_report(current, tmp_path / "r.html").read_text())
    assert "Invoiced value by month, EUR" in text
    assert "EUR is invoiced in Q3 2026 so far" in text


def test_what_changed_is_counted_against_the_generation_before(report: str) -> None:
    text = words(report)
    assert "Since the publication of 19 Aug 2026 (number 11)" in text
    assert "3 deals worth" in text
    assert "2 new mismatches between CRM and finance" in text
    assert "(3.1 % up)" in text
    assert "3 more rows in quarantine: opportunities +3." in text


def test_the_first_publication_has_nothing_to_compare_with(tmp_path: Path) -> None:
    current = write_warehouse(tmp_path / GENERATION.format(1))
    report = write_forecast_report(current, tmp_path / "r.html")
    assert "nothing to compare with" in words(report.read_text())


def test_a_link_to_the_current_generation_is_followed(tmp_path: Path) -> None:
    write_warehouse(tmp_path / GENERATION.format(9), changes=Changes(date(2026, 8, 19), 9))
    write_warehouse(tmp_path / GENERATION.format(10), changes=Changes(generation_number=10, more_wins=1))
    link = tmp_path / "published" / "current"
    link.symlink_to("generations/10")
    report = write_forecast_report(link / "warehouse.duckdb", tmp_path / "r.html")
    assert "1 deal worth" in words(report.read_text()), "generation 9 comes before 10, though '9' sorts after '10'"


@pytest.mark.parametrize(
    ("absent", "sentence"),
    [
        ({"fct_crm_finance_matches", "fct_invoices"}, "No finance data was delivered"),
        ({"fct_attainment"}, "No quotas or no deals were delivered"),
        ({"fct_attainment_forecasts"}, "nobody is named as at risk"),
        ({"fct_revenue_forecasts"}, "No forecast was published"),
        ({"fct_goals"}, "no goal is set for it"),
        ({"fct_opportunities", "fct_opportunity_scores"}, "No deals were delivered, so there is no pipeline"),
        ({"fct_opportunity_scores"}, "No chances of winning were published"),
        ({"fct_kpis"}, "No deals were delivered, so there are no win rates"),
        ({"fct_validation_results"}, "No checks are on record"),
        ({"fct_landed_rows"}, "No rows came in"),
        ({"fct_forecast_accuracy"}, "How good earlier forecasts were is not known yet"),
        (set(MARTS), "Neither deals nor invoices were delivered, so there is nothing to forecast"),
    ],
)
def test_an_empty_mart_is_said_in_words_and_draws_no_chart(absent: set[str], sentence: str, tmp_path: Path) -> None:
    current = write_warehouse(tmp_path / "w.duckdb", without=frozenset(absent))
    html = write_forecast_report(current, tmp_path / "r.html").read_text()
    assert sentence in words(html)
    assert '"values":[]' not in re.sub(r"\s", "", html.split('id="chart-specifications"')[-1].split("</script>")[0])
    if absent == set(MARTS):
        assert "<svg" not in html
        assert len(html) < 40_000, "without a chart the libraries stay out"


def test_no_pay_and_no_address(report: str) -> None:
    assert "987" + "654" not in report, f"a figure of fct_payouts ({PLANTED_PAY}) is in the report"
    outside_libraries = re.sub(r"<script>.*?</script>", "", report, flags=re.DOTALL)
    assert not re.findall(r"(?:https?:)?//[a-z]", outside_libraries)
    assert "connect-src" not in report, "default-src 'none' forbids every request; nothing may loosen it"


def test_names_from_the_crm_stay_text(report: str) -> None:
    assert "<b>Ltd" not in report
    assert "&lt;b&gt;Ltd" in report


def test_the_libraries_are_there_once(report: str) -> None:
    assert report.count("vegaEmbed=") <= 2
    assert len(report) < 1_400_000


def test_the_same_warehouse_gives_the_same_bytes(tmp_path: Path) -> None:
    current = write_warehouse(tmp_path / "w.duckdb")
    first = write_forecast_report(current, tmp_path / "a.html").read_bytes()
    assert write_forecast_report(current, tmp_path / "b.html").read_bytes() == first
    assert (tmp_path / "a.html").stat().st_mode & 0o777 == 0o600


def test_the_charts_script_is_kept_and_made_anew_when_it_is_damaged(tmp_path: Path) -> None:
    current = write_warehouse(tmp_path / "w.duckdb")
    cache = tmp_path / "cache"
    first = write_forecast_report(current, tmp_path / "a.html").read_bytes()
    for _ in range(2):
        assert write_forecast_report(current, tmp_path / "b.html", cache).read_bytes() == first
    (kept,) = cache.iterdir()
    kept.write_text("window.stranger = 1", encoding="utf-8")
    assert write_forecast_report(current, tmp_path / "c.html", cache).read_bytes() == first
    (kept,) = cache.iterdir()
    assert "stranger" not in kept.read_text(encoding="utf-8")


def test_what_is_no_published_warehouse_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OpenspmError, match="no published warehouse"):
        write_forecast_report(tmp_path / "absent.duckdb", tmp_path / "r.html")
    duckdb.connect(str(tmp_path / "other.duckdb")).close()
    with pytest.raises(OpenspmError, match="not a published warehouse of this version"):
        write_forecast_report(tmp_path / "other.duckdb", tmp_path / "r.html")
    assert not (tmp_path / "r.html").exists()
