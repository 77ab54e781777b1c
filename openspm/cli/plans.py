"""`openspm plan`: are compensation plans well written, do their worked cases hold, and what do they mean in words.

What other plans or deals would pay stands in plan_scenarios.
"""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from openspm.cli import plan_scenarios
from openspm.cli.options import CompanyOption, JsonOption, OpenCompany, QuietOption, open_company
from openspm.cli.terminal import Screen
from openspm.errors import UsageError

if TYPE_CHECKING:
    from openspm.plans.lint import Finding

app = typer.Typer(
    help="Compensation plans: lint, test against worked cases, explain, compare, try out.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def lint(company: CompanyOption = None, as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Say what is wrong in the plans of a company, and what may not be meant, with file and line.

    Once data has landed, people without a plan or with two are named too; once a run has published, quotas above
    what was ever reached, tiers that nobody reached and caps that bind.
    """
    from openspm.plans.lint import lint_plans
    from openspm.plans.load import PLANS_FOLDER, plan_files

    screen = Screen(as_json, quiet)
    opened = open_company(company)
    files = plan_files(opened.company.folder / PLANS_FOLDER)
    findings = lint_plans(opened.company)
    refused = [finding for finding in findings if finding.severity == "error"]
    if not refused:
        findings += _findings_in_history(opened)
    screen.answer(
        {
            "files": [path.name for path in files],
            "findings": [dataclasses.asdict(finding) for finding in findings],
            "is_usable": not refused,
        }
    )
    for path in files:
        if path.name not in {finding.file for finding in findings}:
            screen.mark(True, path.name)
    for finding in findings:
        screen.mark(False, f"{finding.file}:{finding.line}: {finding.message}", finding.severity == "warn")
    if not files:
        screen.say("There are no plans: write plans/<plan>.yml; docs/how-to/add_a_plan.md shows how.")
    if refused:
        screen.say(f"{len(refused)} faults; docs/plans.md describes every key.")
        raise typer.Exit(1)


def _findings_in_history(opened: OpenCompany) -> list[Finding]:
    """Remarks that need what has landed and what was published; none before anything has landed."""
    from openspm.plans.lint_history import lint_history
    from openspm.plans.load import load_plans
    from openspm.warehouse.generation_files import FULL_FILE
    from openspm.warehouse.generations import current_link

    if not opened.state.landing.exists():
        return []
    published = current_link(opened.state) / FULL_FILE
    company = opened.company
    day = company.as_of_date or datetime.datetime.now(ZoneInfo(company.timezone_name)).date()
    history = published.resolve() if published.exists() else None
    return lint_history(company, opened.settings, opened.state, load_plans(company), history, day)


@app.command()
def explain(
    payee: Annotated[str, typer.Argument(metavar="PAYEE", help="payee_id of dim_payees.")],
    period: Annotated[str, typer.Argument(metavar="PERIOD", help="Pay period, such as 2026-03.")],
    company: CompanyOption = None,
) -> None:
    """Tell every line of a published payout, slice by slice. Pay is private: mind who reads over your shoulder."""
    from openspm.plans.explain import explain as in_words
    from openspm.warehouse.generations import current_warehouse

    typer.echo(in_words(current_warehouse(open_company(company).state).resolve(), payee, period))


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


for command in (plan_scenarios.diff, plan_scenarios.whatif, plan_scenarios.estimate):
    app.command()(command)
