"""Protects the report as it is seen: every chart draws, nothing is requested, no page scrolls sideways, it prints.

Without it a chart library's new version, a colour that a browser does not know or a wide table leaves a leader with an
empty page on a phone, and no other test notices.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from openspm.reports import write_forecast_report

from .browser import Browser, find_chromium
from .published_warehouse import Changes, write_warehouse

pytestmark = pytest.mark.browser

WIDTHS = {"phone": 360, "tablet": 768, "desktop": 1280}
# Each chart: its marks drawn, its box not empty, and the colour of its first axis label.
CHARTS = """
Array.from(document.querySelectorAll('.chart')).map(place => {
  const svg = place.querySelector('svg');
  const box = svg ? svg.getBoundingClientRect() : {width: 0, height: 0};
  const marks = place.querySelectorAll('.mark-rect path, .mark-line path, .mark-area path, .mark-symbol path');
  const drawn = Array.from(marks).filter(mark => mark.getBBox().width + mark.getBBox().height > 0);
  return {id: place.id, width: box.width, height: box.height, marks: drawn.length,
          colours: Array.from(new Set(Array.from(marks).flatMap(
            mark => [getComputedStyle(mark).fill, getComputedStyle(mark).stroke])))};
})
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser_report")
    write_warehouse(folder / "generations/1/warehouse.duckdb", changes=Changes(date(2026, 8, 19), 1))
    current = write_warehouse(
        folder / "generations/2/warehouse.duckdb", changes=Changes(generation_number=2, more_wins=12)
    )
    return write_forecast_report(current, folder / "report.html")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    executable = find_chromium()
    if executable is None:
        pytest.skip("Chromium is not installed: as root, `bash tests/set_up_programs.sh` installs it")
    with Browser(executable, tmp_path_factory.mktemp("browser") / "profile") as opened:
        yield opened


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
def test_every_chart_draws_and_nothing_is_requested(browser: Browser, report: Path, width: int, dark: bool) -> None:
    browser.requests.clear()
    browser.complaints.clear()
    browser.open(report, width, dark)
    charts = browser.evaluate(CHARTS)
    assert {chart["id"] for chart in charts} >= {
        "chart-forecast", "chart-accuracy", "chart-attainment", "chart-stages", "chart-close-months", "chart-win-rates",
        "chart-mismatches", "chart-quarantine",
    }  # fmt: skip
    for chart in charts:
        assert chart["marks"] > 0, f"{chart['id']} is empty at {width} pixels"
        assert chart["width"] > 0.75 * min(width, 900) - 60, f"{chart['id']} does not use the width"
    assert browser.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
    assert browser.requests == [report.as_uri()], "the report asked for more than itself"
    assert browser.complaints == []


def test_nothing_is_cut_off_at_any_width(browser: Browser, report: Path) -> None:
    """Between two layouts a row of cards can be wider than the page, where nobody looks."""
    wide = {}
    for width in (440, 490, 540, 600, 641, 700, 959):
        browser.open(report, width)
        wide[width] = browser.evaluate("document.documentElement.scrollWidth")
    assert {width: pixels for width, pixels in wide.items() if pixels > width} == {}


def test_charts_follow_a_change_between_light_and_dark(browser: Browser, report: Path) -> None:
    browser.open(report, WIDTHS["desktop"])
    light = {chart["id"]: chart["colours"] for chart in browser.evaluate(CHARTS)}
    browser.show_as(dark=True)
    dark = {chart["id"]: chart["colours"] for chart in browser.evaluate(CHARTS)}
    assert all(light[chart] != dark[chart] for chart in light), "a chart keeps the colours of the other page"
    colours = {colour for chart in (*light.values(), *dark.values()) for colour in chart}
    assert not [colour for colour in colours if "var(" in colour or colour == "rgb(0, 0, 0)"], "a colour is not known"


def test_every_chart_has_words_and_numbers_beside_it(browser: Browser, report: Path) -> None:
    browser.open(report, WIDTHS["phone"])
    bare = browser.evaluate(
        "Array.from(document.querySelectorAll('.chart')).filter("
        "place => (place.getAttribute('aria-label') || '').length < 30"
        " || !place.closest('figure').querySelector('details table tbody tr')).map(place => place.id)"
    )
    assert bare == []


def test_text_is_readable_against_its_ground(browser: Browser, report: Path) -> None:
    """WCAG AA: 4.5 to 1 for text, in both schemes."""
    for dark in (False, True):
        browser.open(report, WIDTHS["desktop"], dark)
        ratios = browser.evaluate(
            """(() => {
              const style = getComputedStyle(document.documentElement);
              const light = name => {
                const hex = style.getPropertyValue(name).trim().slice(1);
                const [r, g, b] = [0, 2, 4].map(i => parseInt(hex.slice(i, i + 2), 16) / 255)
                  .map(c => c <= 0.03928 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4));
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
              return ['--ink', '--soft', '--series-1', '--attention', '--good'].map(
                name => [name, contrast(light(name), light('--surface')), contrast(light(name), light('--page'))]);
            })()"""
        )
        assert [entry for entry in ratios if min(entry[1:]) < 4.5] == []


def test_it_prints_on_white_paper_even_from_a_dark_page(browser: Browser, report: Path) -> None:
    browser.open(report, WIDTHS["desktop"], dark=True)
    browser.show_as(dark=True, media="print")
    assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    pdf = browser.pdf()
    assert pdf.startswith(b"%PDF-")
    assert 2 <= pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") <= 12
