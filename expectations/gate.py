"""One gate on one candidate, in this process.

Great Expectations runs by its SQL engine on the DuckDB file, through the dialect in `dialect`; the rules come from
`suites/`. Importing this module imports Great Expectations, which takes seconds: a run uses `worker_client` instead.
"""

import os
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Literal

# Read when Great Expectations is imported, so it stands above the import.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
import sqlalchemy
from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from sqlalchemy.exc import DatabaseError

from expectations.checks import RESULT_FORMAT, SAMPLE_SIZE, build_expectation, make_result, read_outcome
from expectations.data_docs import write_data_docs
from expectations.dialect import connection_url, engine_options, open_engine
from expectations.presence import Presence
from expectations.results import ExpectationResult, GateCode, GateResult
from expectations.suites import SUITES_FOLDER, Rule, Suite, fill_limits, load_suites
from openspm.errors import OpenspmError
from openspm.gate_settings import GateSettings

DocsWhen = Literal["failure", "always"]


def run_gate(
    gate: GateCode,
    candidate: Path,
    *,
    settings: GateSettings | None = None,
    previous: Path | None = None,
    data_docs: Path | None = None,
    docs: DocsWhen = "failure",
    duckdb_config: Mapping[str, str | int] | None = None,
    only_suites: Collection[str] | None = None,
    suites_folder: Path = SUITES_FOLDER,
) -> GateResult:
    """Judge a candidate; nothing keeps its file open afterwards.

    Args:
        gate: `sources` after staging, `published` before publishing.
        candidate: the DuckDB file; no other process may write to it.
        settings: the `gates` block of company.yml; its defaults when None.
        previous: warehouse of the last publication, to compare volumes with; None on the first run.
        data_docs: folder for the report for auditors; None writes none.
        docs: write that report when something failed, or always.
        duckdb_config: DuckDB settings, such as threads and memory_limit.
        only_suites: names of the suites to run, to look at one closely; None runs all.
        suites_folder: where the suites stand; tests give their own.

    Raises:
        OpenspmError: the candidate is not there, or a suite cannot be read.
    """
    if not candidate.is_file():
        raise OpenspmError(
            f"the gate {gate!r} has no candidate to judge", where=str(candidate), next_step="build the candidate first"
        )
    suites = [suite for suite in load_suites(gate, suites_folder) if only_suites is None or suite.suite in only_suites]
    limits = (settings or GateSettings()).model_dump()
    options = engine_options(previous, duckdb_config or {})
    started = time.perf_counter()
    engine = open_engine(candidate, options)
    context = _open_context()
    # Its type stubs leave out `kwargs`, which its documentation has.
    add_sql: Callable[..., SQLDatasource] = context.data_sources.add_sql
    try:
        # This connection opens the file, so that those of Great Expectations, made and closed meanwhile, cost nothing.
        with engine.connect() as connection:
            source = add_sql("candidate", connection_string=connection_url(candidate), kwargs=options)
            try:
                presence = Presence.read(connection)
                results = [
                    result
                    for suite in suites
                    for result in _judge(gate, suite, presence, context, source, connection, limits)
                ]
            finally:
                source.get_execution_engine().close()
                source.get_engine().dispose()
    finally:
        engine.dispose()
    seconds = time.perf_counter() - started
    wanted = data_docs is not None and (docs == "always" or any(not result.is_success for result in results))
    index = write_data_docs(context, data_docs / gate) if wanted and data_docs is not None else None
    return GateResult(gate, tuple(results), seconds, index)


def _open_context() -> EphemeralDataContext:
    """Return a context that keeps everything in memory, shows no progress bars and makes no folder."""
    defaults = InMemoryStoreBackendDefaults()
    context = gx.get_context(
        mode="ephemeral", project_config=DataContextConfig(store_backend_defaults=defaults, analytics_enabled=False)
    )
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    # It would write its configuration as YAML into its own memory with every suite, and nobody reads it.
    context._save_project_config = lambda: None  # type: ignore[method-assign]
    return context


def _judge(
    gate: GateCode,
    suite: Suite,
    presence: Presence,
    context: EphemeralDataContext,
    source: SQLDatasource,
    connection: sqlalchemy.Connection,
    limits: Mapping[str, object],
) -> list[ExpectationResult]:
    """Evaluate one suite; what the company has no data for is skipped."""
    results: list[ExpectationResult] = []
    to_run: dict[str, Rule] = {}
    for rule in suite.expectations:
        missing = presence.missing(suite.needs + rule.needs)
        present = presence.present(rule.unless)
        if missing or present:
            observed = f"skipped: there is no {', '.join(missing)}" if missing else f"skipped: there is {present[0]}"
            results.append(make_result(gate, suite, rule, "skipped", observed=observed))
        elif suite.table not in presence.relations:
            observed = "the table is not in the candidate"
            results.append(make_result(gate, suite, rule, "errored", observed=observed))
        else:
            unfit = _judge_condition(gate, suite, rule, connection, limits)
            if unfit is None:
                to_run[rule.id] = rule
            else:
                results.append(unfit)
    if to_run:
        schema, table = suite.table.split(".")
        asset = source.add_table_asset(suite.suite, table_name=table, schema_name=schema)
        batch = asset.add_batch_definition_whole_table("all rows")
        expectations = [build_expectation(rule, limits) for rule in to_run.values()]
        definition = gx.ValidationDefinition(
            name=suite.suite,
            data=batch,
            suite=context.suites.add(gx.ExpectationSuite(name=suite.suite, expectations=expectations)),
        )
        outcome = context.validation_definitions.add(definition).run(
            result_format={
                "result_format": RESULT_FORMAT,
                "partial_unexpected_count": SAMPLE_SIZE,
                "unexpected_index_column_names": list(suite.key),
            }
        )
        for entry in outcome.results:
            configuration: Any = entry.expectation_config
            rule = to_run[configuration.meta["id"]]
            results.append(read_outcome(gate, suite, rule, entry, connection, limits))
    return sorted(results, key=lambda result: result.expectation_id)


def _judge_condition(
    gate: GateCode, suite: Suite, rule: Rule, connection: sqlalchemy.Connection, limits: Mapping[str, object]
) -> ExpectationResult | None:
    """Return the result of a rule whose condition does not hold or cannot be evaluated; None when it is to be run."""
    if rule.only_if is None:
        return None
    condition = sqlalchemy.text(f"select {fill_limits(rule.only_if, limits)}")
    try:
        applies = connection.execute(condition).scalar_one()
    except DatabaseError as error:
        connection.rollback()
        cause = str(error.orig).splitlines()[0]
        return make_result(gate, suite, rule, "errored", observed=f"its condition cannot be evaluated: {cause}")
    if applies:
        return None
    return make_result(gate, suite, rule, "skipped", observed="skipped: nothing to judge: its condition does not hold")
