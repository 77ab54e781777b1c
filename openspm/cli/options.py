"""Options that many commands share, and the company that a command works for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from openspm.errors import UsageError

if TYPE_CHECKING:
    from openspm.company import Company
    from openspm.settings import Settings, StatePaths

JSON_FLAG = "--json"
COMPANY_FILE = "company.yml"
CHECKOUT = Path(__file__).resolve().parents[2]
DEMO = CHECKOUT / "examples" / "demo"

CompanyOption = Annotated[
    Path | None,
    typer.Option(
        "--company",
        "-c",
        metavar="DIR",
        help="Company folder; without it the current folder if it is one, else examples/demo.",
    ),
]
JsonOption = Annotated[bool, typer.Option(JSON_FLAG, help="Print JSON for programs, and nothing else.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


class OpenCompany(NamedTuple):
    """A company folder that was read, with the settings and the state that belong to it."""

    company: Company
    settings: Settings
    state: StatePaths


def company_folder(given: Path | None) -> Path:
    """The company folder that is meant: the given one, the current one if it is one, else the demo's.

    Raises:
        UsageError: the given folder does not exist.
    """
    if given is not None:
        if not given.is_dir():
            raise UsageError(
                "There is no such company folder", str(given), "Name an existing folder, or make it: openspm init DIR"
            )
        return given
    return Path() if Path(COMPANY_FILE).is_file() else DEMO


def open_company(given: Path | None) -> OpenCompany:
    """Read the company folder that is meant.

    Raises:
        OpenspmError: the folder or a setting is wrong.
    """
    from openspm.company import load_company
    from openspm.settings import load_settings

    folder = company_folder(given)
    company = load_company(folder)
    settings = load_settings(folder)
    return OpenCompany(company, settings, settings.state(company.id))
