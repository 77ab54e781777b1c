"""`openspm simulate`: writes a simulated company to files."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from openspm.cli.options import JsonOption, QuietOption
from openspm.cli.terminal import Screen


class FileFormat(StrEnum):
    """Formats that are written."""

    PARQUET = "parquet"
    CSV = "csv"


def simulate(
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="An empty or new folder.")],
    opportunities: Annotated[int, typer.Option("--opportunities", "-n", min=1, help="Deals.")] = 6000,
    file_format: Annotated[FileFormat, typer.Option("--format", help="Format of the files.")] = FileFormat.PARQUET,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Equal seeds and sizes give equal records.")] = 7,
    months: Annotated[int, typer.Option("--months", min=1, help="Whole months of history.")] = 24,
    defects: Annotated[bool, typer.Option(help="Whether the documented defects are planted.")] = True,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write the records of a company that does not exist, of any size: one file a table, and what is planted in it."""
    from openspm.sources.simulated import SimulationSettings, write

    screen = Screen(as_json, quiet)
    settings = SimulationSettings(opportunity_count=opportunities, seed=seed, months=months, defects=defects)
    with screen.progress() as progress:
        if progress is not None:
            progress.add_task(f"writing {opportunities:,} deals and what belongs to them", total=None)
        written = write(settings, to, file_format.value)
    rows = sum(written.row_counts.values())
    screen.answer({"folder": to, "row_counts": written.row_counts, "seconds": round(written.seconds, 2)})
    screen.table(["table", "rows"], [[name, count] for name, count in sorted(written.row_counts.items())])
    screen.say(f"{rows:,} rows in {written.seconds:.1f} s, in {to}; simulation.json says what is planted.")


COMMANDS: tuple[Callable[..., None], ...] = (simulate,)
