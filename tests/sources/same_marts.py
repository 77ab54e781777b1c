"""One company through two sources: what tests of every kind of source share to show that both give the same marts.

Every other model reads staged rows, the run and the forecasts' tables, never where a row came from. So the vendors'
tests build and compare what is staged, and the account of it, and every mart among the long tests; that of databases
builds and compares every mart.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv

from ml.products import register_ml
from openspm.company import Company, load_company
from openspm.contract import load_contract
from openspm.landing import RunIdentity, land_all, register
from openspm.model_builder import NIGHT_COMMANDS, STAGING_COMMAND, ModelBuilder
from openspm.settings import load_settings
from openspm.sources.simulated import SimulationSettings, generate
from tests.compiled import COMPILED
from tests.sources.sql.conftest import NOON

# What names a source.
OF_A_SOURCE = {("fct_landed_rows", "source_name"), ("fct_landed_rows", "landed_rows_id")}
# `stage` or `build`.
Made = Callable[[Company, Path], Path]
MICRO = Path(__file__).parents[2] / "examples" / "micro"


def company_with(folder: Path, *sources: str) -> Company:
    """The micro company with other sources, each a line of YAML: `{name: simulated, kind: files, path: ../data}`."""
    folder.mkdir()
    head, _, rest = (MICRO / "company.yml").read_text().partition("sources:\n")
    reporting = rest[rest.index("reporting:") :]
    lines = "".join(f"  - {source}\n" for source in sources)
    (folder / "company.yml").write_text(f"{head}sources:\n{lines}{reporting}")
    (folder / "plans").symlink_to(MICRO / "plans")
    return load_company(folder)


def simulated_tables() -> dict[str, pa.Table]:
    """What the micro company's systems have, as text."""
    company = load_company(MICRO)
    settings = SimulationSettings(**company.sources[0].model_dump(exclude={"name", "kind"}))
    return dict(generate(settings, company.id, company.calendar.id).tables)


def write_files(folder: Path, tables: dict[str, pa.Table]) -> None:
    """One CSV a table."""
    folder.mkdir()
    for name, table in tables.items():
        pa_csv.write_csv(table, folder / f"{name}.csv")


def stage(company: Company, folder: Path) -> Path:
    """Land, and build what reads landed tables; gives the candidate."""
    return build(company, folder, (STAGING_COMMAND,))


def build(company: Company, folder: Path, commands: Sequence[Sequence[str]] = NIGHT_COMMANDS) -> Path:
    """Land, and build every model, or those of some commands; gives the candidate."""
    settings = load_settings(company.folder, {"OPENSPM_HOME": str(folder / "home"), **COMPILED})
    state = settings.state(company.id)
    state.claim()
    contract = company.extend(load_contract())
    land_all(settings, state, company, contract, NOON)
    state.builds.mkdir()
    register(state.candidate, state, contract, company, NOON, RunIdentity("run", "test"))
    register_ml(state.candidate, folder / "ml")
    with contextlib.closing(ModelBuilder(settings, state, commands)) as builder:
        for command in commands:
            result = builder.run(command)
            assert result.is_success, result.failed_nodes
    return state.candidate


def assert_same_tables(one: Path, other: Path) -> dict[str, int]:
    """Every staged table and mart of two candidates has the same rows, to the last digit; gives the rows of each.

    They are compared without what says where a row came from, as a company may get its tables from several sources.
    """
    counts = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        columns: dict[tuple[str, str], list[str]] = {}
        for schema, table, column in connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where database_name = 'one' and schema_name in ('staging', 'marts') order by all"
        ).fetchall():
            names = columns.setdefault((schema, table), [])
            if not column.startswith("_") and (table, column) not in OF_A_SOURCE:
                names.append(f'"{column}"')
        for (schema, table), names in columns.items():
            listed = ", ".join(names)
            for first, second in (("one", "other"), ("other", "one")):
                differing = connection.execute(
                    f"select {listed} from {first}.{schema}.{table} except all "
                    f"select {listed} from {second}.{schema}.{table} limit 5"
                ).fetchall()
                assert differing == [], (table, first)
            counts[table] = connection.execute(f"select count(*) from other.{schema}.{table}").fetchall()[0][0]
    return counts
