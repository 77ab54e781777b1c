"""Run an example company once and query what it published."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from openspm.company import load_company
from openspm.nightly import RunOutcome, run_night
from openspm.settings import load_settings
from tests.compiled import COMPILED


class Example:
    """A published example: how its run ended, and its warehouse."""

    def __init__(self, outcome: RunOutcome) -> None:
        self.outcome = outcome

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(self.outcome.paths["warehouse"], read_only=True) as connection:
            yield connection

    def rows(self, query: str) -> list[tuple]:
        with self.connection() as connection:
            return connection.sql(query).fetchall()

    def value(self, query: str) -> object:
        return self.rows(query)[0][0]


def run_example(folder: Path, home: Path) -> Example:
    """Run the main job of a company folder, with its state in `home`, and demand that it published.

    Args:
        folder: the company folder.
        home: an empty folder.
    """
    settings = load_settings(folder, {"OPENSPM_HOME": str(home), **COMPILED})
    company = load_company(folder)
    outcome = run_night(settings, company)
    assert outcome.status == "published", (outcome.message, outcome.failures)
    return Example(outcome)
