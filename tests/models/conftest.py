"""All models, built once from a company that landed and forecast nothing: where the tests of this folder start."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

import pytest

from ml.products import register_ml
from openspm.company import load_company
from openspm.contract import load_contract
from openspm.landing import RunIdentity, register
from openspm.settings import Settings, StatePaths, load_settings
from openspm.transform import DbtResult, run_dbt_in_process
from tests.compiled import copy_what_was_parsed

AS_OF = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class BuiltModels:
    """A candidate with every model, the forecasts of no model among them.

    Attributes:
        result: what dbt said when it built them.
        candidate: DuckDB file, named warehouse.duckdb.
    """

    result: DbtResult
    candidate: Path
    settings: Settings
    state: StatePaths

    def compiled_sql(self, model: str) -> str:
        """A model's SQL as dbt compiled it, for the catalog `warehouse`."""
        paths = (self.state.dbt / "target" / "compiled").rglob(f"{model}.sql")
        # Compiled fixtures of unit tests lie beside the models, in a folder named like their YAML file.
        return next(path for path in paths if path.parent.suffix != ".yml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def built_models(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> BuiltModels:
    """Every model, built on empty landed tables."""
    folder = tmp_path_factory.mktemp("models")
    company = load_company(checkout / "examples" / "micro")
    settings = load_settings(company.folder, {"OPENSPM_HOME": str(folder / "home")})
    state = settings.state(company.id)
    state.claim()
    copy_what_was_parsed(state.compiled)
    candidate = folder / "warehouse.duckdb"
    register(candidate, state, company.extend(load_contract()), company, AS_OF, RunIdentity("run", "test"))
    register_ml(candidate, folder / "ml")
    result = run_dbt_in_process(["run"], settings, state, candidate)
    return BuiltModels(result, candidate, settings, state)
