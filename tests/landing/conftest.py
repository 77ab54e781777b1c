"""Compiled staging for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.landing.staging_sql import StagingSql, compile_staging, empty_warehouse


@pytest.fixture(scope="session")
def staging(tmp_path_factory: pytest.TempPathFactory) -> dict[str, StagingSql]:
    """Staging of a table with one key column, of one with every type, and of one with a key of five parts."""
    return compile_staging(tmp_path_factory.mktemp("staging"), ["opportunities", "leads", "invoices", "fx_rates"])


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database in memory with a landing schema."""
    connection = empty_warehouse()
    yield connection
    connection.close()
