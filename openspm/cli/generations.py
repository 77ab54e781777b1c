"""`openspm warehouse`: the publications that are kept, and going back to one."""

from __future__ import annotations

from typing import Annotated

import typer

from openspm.cli.options import CompanyOption, JsonOption, QuietOption, open_company
from openspm.cli.terminal import Screen

app = typer.Typer(
    help="Publications that are kept: list them, go back to one.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def generations(company: CompanyOption = None, as_json: JsonOption = False) -> None:
    """List the publications that are kept, oldest first; readers see the current one."""
    from openspm.warehouse.generations import list_generations

    screen = Screen(as_json)
    opened = open_company(company)
    found = list_generations(opened.state)
    screen.answer(
        [
            {
                "generation_number": generation.number,
                "is_current": generation.is_current,
                "as_of_date": generation.as_of_date,
                "published_at": generation.published_at,
                "run_id": generation.run_id,
                "code_version": generation.code_version,
                "warehouse": generation.warehouse,
            }
            for generation in found
        ]
    )
    if not found:
        screen.say(f"Nothing has been published for {opened.company.id} yet. Publish with: openspm run")
        return
    screen.table(
        ["", "generation", "numbers for", "published", "code"],
        [
            [
                "current" if generation.is_current else "",
                generation.number,
                generation.as_of_date,
                generation.published_at,
                generation.code_version,
            ]
            for generation in found
        ],
    )


@app.command()
def rollback(
    generation: Annotated[
        int | None, typer.Argument(metavar="[GENERATION]", help="Its number; without it the one before the current.")
    ] = None,
    company: CompanyOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Let readers see an earlier publication again, at once and whole. Nothing is deleted."""
    from openspm.warehouse.generations import rollback as move_back

    screen = Screen(as_json, quiet)
    opened = open_company(company)
    now = move_back(opened.state, opened.settings, generation)
    screen.answer({"generation_number": now.number, "as_of_date": now.as_of_date, "published_at": now.published_at})
    screen.say(f"Readers see generation {now.number} again, the numbers for {now.as_of_date}.")
