"""Compiles the models once for all companies: what dbt parses, and what it sends for the commands of a night.

dbt builds every model of a company that has nothing. What it sends for it is what it sends for any company without
columns of its own (openspm.recordings), so that no night waits for dbt before somebody changes a model.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from openspm.code_version import code_version
from openspm.company import CalendarSettings, Company
from openspm.compiled_models import compiled_folder, is_parsed
from openspm.contract import load_contract
from openspm.errors import OpenspmError
from openspm.landing import RunIdentity, register
from openspm.model_builder import FORECAST_COMMAND, NIGHT_COMMANDS
from openspm.replay import is_recorded
from openspm.settings import Settings
from openspm.transform import DbtChild

COMPANY_ID = "compile"
# A company that has nothing needs a day, and a calendar that holds it.
AS_OF = datetime(2026, 1, 31, 12, tzinfo=UTC)


def compile_models(settings: Settings, progress: Callable[[int], None] | None = None) -> tuple[Path, bool]:
    """Have the models as they are now parsed, the commands of a night recorded and the charts' script made.

    Args:
        settings: threads and memory limit; where compiled models lie.
        progress: called with the number of models and tests that are done.

    Returns:
        The folder of the compiled models, and whether there was anything to do.

    Raises:
        DbtFailed: the project does not parse.
        OpenspmError: a model cannot be built, or a test fails, without any data.
    """
    from ml.products import register_ml
    from openspm.reports.chart_libraries import chart_libraries

    kept = settings.state(COMPANY_ID)
    folder = compiled_folder(settings.compiled_dir)
    chart_libraries(kept.charts)
    if is_parsed(kept) and all(is_recorded(command, kept) for command in NIGHT_COMMANDS):
        return folder, False
    with tempfile.TemporaryDirectory(prefix="openspm_compile_") as home:
        state = settings.model_copy(update={"home": Path(home)}).state(COMPANY_ID)
        state.claim()
        company = Company(
            folder=Path(home),
            id=COMPANY_ID,
            name="A company that has nothing",
            currency_code="EUR",
            timezone_name="UTC",
            calendar=CalendarSettings(first_year=AS_OF.year, last_year=AS_OF.year),
        )
        state.builds.mkdir(mode=0o700)
        run = RunIdentity(run_id=COMPANY_ID, code_version=code_version())
        register(state.candidate, state, company.extend(load_contract()), company, AS_OF, run)
        done = 0

        def count() -> None:
            nonlocal done
            done += 1
            if progress is not None:
                progress(done)

        with DbtChild(settings, state) as child:
            for command in NIGHT_COMMANDS:
                if command == FORECAST_COMMAND:
                    register_ml(state.candidate, state.builds / "ml")
                result = child.run(command, lambda _: count())
                if not result.is_success:
                    failed = result.failed_nodes[0]
                    raise OpenspmError(
                        f"The model or test {failed.name} fails without any data: {failed.message}",
                        where=failed.unique_id,
                        next_step="Correct it; until then every first night of a company runs dbt.",
                    )
    return folder, True
