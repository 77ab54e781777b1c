"""Protects the definitions of the KPIs: one for each, and a glossary that says the same.

Without it a KPI could be published that nobody can look up, or the glossary could describe last year's.
"""

import re
from pathlib import Path

from docs.generate import glossary, kpi_definitions


def test_every_kpi_is_defined_once(checkout: Path) -> None:
    listed = (checkout / "dbt_project" / "macros" / "kpi" / "kpi_list.sql").read_text(encoding="utf-8")
    assert re.findall(r"'code': '(\w+)'", listed) == list(kpi_definitions())


def test_every_definition_says_what_counts_and_when_it_changes() -> None:
    for code, definition in kpi_definitions().items():
        assert "changes" in definition.lower(), code


def test_the_glossary_is_up_to_date(checkout: Path) -> None:
    assert (checkout / "docs" / "glossary.md").read_text(encoding="utf-8") == glossary(), "run: make docs"
