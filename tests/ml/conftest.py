"""A company for the models' tests, and one planted candidate that is built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml.run import MlOutcome, build
from openspm.company import Company, load_company
from tests.ml.planted_candidate import write_candidate

COMPANY_YML = """
id: planted
name: Planted
currency_code: EUR
timezone_name: Europe/Berlin
calendar: {first_year: 2024, last_year: 2027}
extension_columns:
  - {table: leads, name: x_answer, type: text, known_at: creation, meaning: Said to be known at creation.}
  - {table: leads, name: x_note, type: text, known_at: outcome, meaning: Written when the lead was closed.}
"""


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("company")
    (folder / "company.yml").write_text(COMPANY_YML, encoding="utf-8")
    return load_company(folder)


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory, company: Company) -> tuple[Path, Path, MlOutcome]:
    """The folder of a planted candidate with its models and products, and the outcome of its first build."""
    folder = tmp_path_factory.mktemp("planted")
    candidate = write_candidate(folder / "builds" / "warehouse.duckdb")
    outcome = build(candidate, folder / "models", folder / "builds" / "ml", company, seed=5)
    return folder, candidate, outcome
