"""`openspm plan`: are compensation plans well written, do their worked cases hold, and what do they mean in words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openspm.cli.options import CompanyOption, JsonOption, QuietOption, open_company
from openspm.cli.terminal import Screen
from openspm.errors import UsageError

if TYPE_CHECKING:
    from openspm.plans.load import LoadedPlan
    from openspm.plans.reading import Fault

app = typer.Typer(
    help="Compensation plans: lint, test against worked cases, explain.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def lint(company: CompanyOption = None, as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Say what is wrong in the plans of a company, with file and line."""
    from openspm.plans.load import load_plans
    from openspm.plans.reading import PlanRefused

    screen = Screen(as_json, quiet)
    opened = open_company(company)
    plans: list[LoadedPlan] = []
    faults: tuple[Fault, ...] = ()
    try:
        plans = load_plans(opened.company)
    except PlanRefused as refused:
        faults = refused.faults
    screen.answer(
        {
            "plans": [{"plan_id": entry.plan.plan_id, "version": entry.plan.version} for entry in plans],
            "faults": [{"file": fault.file, "line": fault.line, "message": fault.message} for fault in faults],
        }
    )
    for entry in plans:
        screen.mark(True, f"{entry.document.path.name}: {entry.plan.name}, version {entry.plan.version}")
    for fault in faults:
        screen.mark(False, str(fault))
    if not plans and not faults:
        screen.say("There are no plans: write plans/<plan>.yml; docs/how-to/add_a_plan.md shows how.")
    if faults:
        screen.say(f"{len(faults)} faults; docs/plans.md describes every key.")
        raise typer.Exit(1)


@app.command("test")
def run_worked_cases(
    path: Annotated[
        Path | None,
        typer.Argument(metavar="[PATH]", help="A cases file or a folder of them; the company's if not given."),
    ] = None,
    company: CompanyOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Compute the worked cases beside the plans with the engine of a night, and compare to the cent."""
    from openspm.plans.cases import run_cases

    screen = Screen(as_json, quiet)
    folder = path if path is not None else open_company(company).company.folder / "plans"
    if not folder.exists():
        raise UsageError("There are no cases here", str(folder), "Name a *.cases.yml file or a folder with some.")
    with screen.progress() as progress:
        if progress is not None:
            progress.add_task("computing the cases", total=None)
        results = run_cases(folder)
    failed = [result for result in results if not result.is_passed]
    screen.answer(
        [
            {
                "file": result.file,
                "line": result.line,
                "name": result.name,
                "is_passed": result.is_passed,
                "differences": [
                    {"what": entry.what, "expected": entry.expected, "got": entry.got} for entry in result.differences
                ],
            }
            for result in results
        ]
    )
    for result in results:
        screen.mark(result.is_passed, f"{result.file}:{result.line}: {result.name}")
        for entry in result.differences:
            screen.say(f"        {entry.what}: expected {entry.expected}, got {entry.got}")
    screen.say(f"{len(results) - len(failed)} of {len(results)} cases hold.")
    if failed:
        raise typer.Exit(1)
