"""`openspm init` and `openspm check`: make a company folder, and say what is wrong in one."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openspm.cli.options import CompanyOption, JsonOption, QuietOption, open_company
from openspm.cli.terminal import Screen
from openspm.errors import OpenspmError, UsageError

if TYPE_CHECKING:
    from openspm.cli.folder_check import FolderCheck

NEW_COMPANY = Path(__file__).parent / "new_company"
YEARS_BEFORE, YEARS_AFTER = 3, 2


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    company_id: Annotated[
        str | None, typer.Option("--id", help="Key of the company; the folder's name if not given.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the company.")] = None,
    currency: Annotated[str, typer.Option("--currency", help="ISO 4217 currency in which it reports.")] = "EUR",
    timezone: Annotated[str, typer.Option("--timezone", help="IANA time zone of its days.")] = "Europe/Berlin",
    quiet: QuietOption = False,
) -> None:
    """Make a company folder: settings with comments, planning tables to fill, and a sample plan with a worked case."""
    from openspm.company import load_company

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("The folder is not empty", str(folder), "Name a new or an empty folder.")
    key = company_id or re.sub(r"[^a-z0-9]+", "_", folder.absolute().name.lower()).strip("_")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", key):
        raise UsageError(
            f"The company's id cannot be {key!r}", "--id", "Give letters, digits and _, beginning with a letter."
        )
    year = datetime.now(UTC).year
    values = {
        "company_id": key,
        "company_name": _quoted(name or key.replace("_", " ").title()),
        "currency_code": currency,
        "timezone_name": timezone,
        "year": str(year),
        "first_year": str(year - YEARS_BEFORE),
        "last_year": str(year + YEARS_AFTER),
    }
    written = _write_folder(folder, values)
    try:
        load_company(folder)
    except OpenspmError as error:
        for path in written:
            path.unlink()
        raise UsageError(
            f"A company cannot be made of these options: {error.message}",
            "--currency, --timezone, --name",
            error.next_step,
        ) from None
    screen = Screen(is_quiet=quiet)
    screen.heading(f"Made {folder}")
    screen.table(["file", ""], [[str(path.relative_to(folder)), _first_comment(path)] for path in written])
    screen.say()
    screen.say(f"Next: put your files into {folder / 'data'}, then openspm check --company {folder}")


def check(company: CompanyOption = None, as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Look at a company folder: settings, plans, planning tables, what sources show, and marts without rows."""
    from openspm.cli.folder_check import check_folder

    screen = Screen(as_json, quiet)
    opened = open_company(company)
    checked = check_folder(opened.company, opened.settings)
    failed = [finding for finding in checked.findings if finding.status == "fail"]
    screen.answer(
        {
            "findings": [asdict(finding) for finding in checked.findings],
            "sources": {name: _source_facts(checked, name) for name in checked.sources},
            "empty_marts": checked.empty_marts,
            "is_usable": not failed,
        }
    )
    for finding in checked.findings:
        screen.mark(finding.status == "ok", f"{finding.subject}: {finding.message}", finding.status == "warn")
        if finding.next_step and finding.status != "ok":
            screen.say(f"      {finding.next_step}")
    absent = [
        [source, table, ", ".join(columns)]
        for source, tables in checked.absent.items()
        for table, columns in tables.items()
        if columns
    ]
    if absent:
        screen.say()
        screen.say("These columns are absent, which is not NULL; what reads them has no value:")
        screen.table(["source", "table", "columns"], absent)
    if checked.empty_marts:
        screen.say()
        unseen = [name for name, found in checked.sources.items() if not found.is_seen]
        if unseen:
            screen.say(f"What {' and '.join(unseen)} would give is not known. Without it, these marts have no row:")
        else:
            screen.say("These marts will be published with no row:")
        rows = [[mart, ", ".join(tables)] for mart, tables in checked.empty_marts.items()]
        screen.table(["mart", "for want of"], rows)
    screen.say()
    things = "1 thing" if len(failed) == 1 else f"{len(failed)} things"
    screen.say("The folder can be run." if not failed else f"{things} must be mended before a run.")
    if failed:
        raise typer.Exit(1)


COMMANDS: tuple[Callable[..., None], ...] = (init, check)


def _source_facts(checked: FolderCheck, name: str) -> dict[str, object]:
    """What a source shows of itself, for programs; columns that are not known before the rows are read are null."""
    found = checked.sources[name]
    absent = checked.absent[name]
    return {
        "is_reachable": found.is_reachable,
        "is_authorised": found.is_authorised,
        "tables": {
            table: {"columns": columns, "absent_columns": absent.get(table)} for table, columns in found.tables.items()
        },
    }


def _write_folder(folder: Path, values: dict[str, str]) -> list[Path]:
    written = []
    for template in sorted(NEW_COMPANY.rglob("*")):
        if not template.is_file():
            continue
        path = folder / template.relative_to(NEW_COMPANY)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = string.Template(template.read_text(encoding="utf-8")).substitute(values)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _quoted(text: str) -> str:
    """A text as a YAML value, whatever it holds."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def _first_comment(path: Path) -> str:
    """What a file says it is."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    return first.lstrip("# ") if first.startswith("#") else ""
