"""Every row of docs/bad_input.md and docs/faults_of_sources.md has the test that it names.

Without this a page could promise what nothing checks any more.
"""

from __future__ import annotations

import re

import pytest

from openspm.plans.json_schema import CHECKOUT

PAGES = ("bad_input.md", "faults_of_sources.md")
ROW = re.compile(r"^\|.*\| `([\w./]+)`: (.+) \|$", re.MULTILINE)
SHOWN = [found for page in PAGES for found in ROW.findall((CHECKOUT / "docs" / page).read_text(encoding="utf-8"))]


def test_the_pages_have_rows() -> None:
    assert len(SHOWN) > 60


@pytest.mark.parametrize(("file", "name"), SHOWN)
def test_a_row_has_its_test(file: str, name: str) -> None:
    """A case by its name, or a function."""
    is_case = file.endswith(".cases.yml")
    text = (CHECKOUT / "examples" / "cases" / file if is_case else CHECKOUT / file).read_text(encoding="utf-8")
    assert (f"- case: {name}\n" if is_case else f"def {name}(") in text
