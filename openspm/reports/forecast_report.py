"""Writes the leaders' forecast report: gathers the chapters from one publication and renders them as one HTML file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from openspm.durable_files import write_durably
from openspm.reports.chart_libraries import chart_libraries
from openspm.reports.number_format import day
from openspm.reports.page import Card, Figure, Section
from openspm.reports.published import PublishedFile
from openspm.reports.sections.attainment import attainment_section
from openspm.reports.sections.changes import changes_section
from openspm.reports.sections.data_quality import data_quality_section
from openspm.reports.sections.finance_match import finance_section
from openspm.reports.sections.forecast import forecast_section
from openspm.reports.sections.outlook import company_name
from openspm.reports.sections.pipeline import pipeline_section
from openspm.reports.sections.win_rates import win_rate_section

CHAPTERS = (
    changes_section,
    forecast_section,
    attainment_section,
    pipeline_section,
    win_rate_section,
    finance_section,
    data_quality_section,
)


def write(published_warehouse: Path, out: Path, charts: Path | None) -> Path:
    """Write the report; see `openspm.reports.write_forecast_report`."""
    with PublishedFile(published_warehouse) as published:
        sections = [chapter(published) for chapter in CHAPTERS]
        html = _render(published, sections, charts)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_durably(out, html)
    return out


def _render(published: PublishedFile, sections: list[Section], charts: Path | None) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    publication = published.publication
    figures = [part for section in sections for part in section.parts if isinstance(part, Figure)]
    cards: list[Card] = [card for section in sections for card in section.cards]
    return environment.get_template("forecast_report.html.j2").render(
        company=company_name(published) or "",
        as_of=day(publication.as_of_date),
        published_at=f"{day(publication.published_at.date())}, {publication.published_at:%H:%M} UTC"
        if publication.published_at
        else "",
        generation=publication.generation_number,
        run_id=publication.run_id,
        headlines=[section.headline for section in sections if section.headline],
        cards=cards,
        sections=sections,
        is_figure=lambda part: isinstance(part, Figure),
        specifications=_script({figure.figure_id: _with_words(figure) for figure in figures}),
        has_figures=bool(figures),
        libraries=Markup(chart_libraries(charts)) if figures else "",  # noqa: S704 - the libraries that we ship
    )


def _with_words(figure: Figure) -> dict[str, Any]:
    """The specification with its description: Vega makes it the chart's accessible name in place of the template's."""
    return {**figure.spec, "description": f"{figure.title}. {figure.description}"}


def _script(value: dict[str, Any]) -> Markup:
    """JSON that cannot end its script element, whatever names a CRM holds."""
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - every character that HTML gives a meaning is escaped
