"""`openspm plan`: are compensation plans well written, do their worked cases hold, and what do they mean in words."""

from __future__ import annotations

import typer

from openspm.cli.options import CompanyOption, JsonOption, QuietOption, open_company
from openspm.cli.terminal import Screen

app = typer.Typer(
    help="Compensation plans: lint, test against worked cases, explain.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def lint(company: CompanyOption = None, as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Say what is wrong in the plans of a company, with file and line."""
    from openspm.plans import lint_plans

    screen = Screen(as_json, quiet)
    opened = open_company(company)
    faults = lint_plans(opened.company.folder)
    screen.answer({"faults": [{"file": fault.file, "line": fault.line, "message": fault.message} for fault in faults]})
    for fault in faults:
        screen.mark(False, str(fault))
    screen.say("Every plan can be used." if not faults else f"{len(faults)} faults; docs/plans.md describes every key.")
    if faults:
        raise typer.Exit(1)
