"""One company through two sources: what tests of every kind of source share to show that both give the same marts."""

from __future__ import annotations

import contextlib
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv

from ml.products import register_ml
from openspm.company import Company, load_company
from openspm.contract import load_contract
from openspm.landing import RunIdentity, land_all, register
from openspm.model_builder import NIGHT_COMMANDS, ModelBuilder
from openspm.settings import load_settings
from openspm.sources.simulated import SimulationSettings, generate
from tests.compiled import COMPILED
from tests.sources.sql.conftest import NOON

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


def build(company: Company, folder: Path) -> Path:
    """Land, and build every model; gives the candidate."""
    settings = load_settings(company.folder, {"OPENSPM_HOME": str(folder / "home"), **COMPILED})
    state = settings.state(company.id)
    state.claim()
    contract = company.extend(load_contract())
    land_all(settings, state, company, contract, NOON)
    state.builds.mkdir()
    register(state.candidate, state, contract, company, NOON, RunIdentity("run", "test"))
    register_ml(state.candidate, folder / "ml")
    with contextlib.closing(ModelBuilder(settings, state, NIGHT_COMMANDS)) as builder:
        for command in NIGHT_COMMANDS:
            result = builder.run(command)
            assert result.is_success, result.failed_nodes
    return state.candidate


def assert_same_marts(one: Path, other: Path) -> dict[str, int]:
    """Every mart of two candidates has the same rows, to the last digit; gives the number of rows of each.

    `fct_landed_rows` is compared without the name of the source, as a company may get its tables from several.
    """
    counts = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        marts = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'one' and schema_name = 'marts'"
        ).fetchall()
        for (mart,) in marts:
            columns = connection.execute(
                "select column_name from duckdb_columns() where database_name = 'one' and schema_name = 'marts' "
                "and table_name = ? order by column_index",
                [mart],
            ).fetchall()
            names = ", ".join(f'"{name}"' for (name,) in columns if (mart, name) != ("fct_landed_rows", "source_name"))
            for first, second in (("one", "other"), ("other", "one")):
                differing = connection.execute(
                    f"select {names} from {first}.marts.{mart} except all select {names} from {second}.marts.{mart} "
                    "limit 5"
                ).fetchall()
                assert differing == [], (mart, first)
            counts[mart] = connection.execute(f"select count(*) from other.marts.{mart}").fetchall()[0][0]
    return counts
