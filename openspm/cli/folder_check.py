"""Looks at a company folder without landing anything: settings, plans, planning tables, sources, marts left empty.

What a file holds is judged when it lands (quarantine) and by the gates; here it is whether a run can begin.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from openspm.cli.mart_inputs import empty_marts
from openspm.errors import OpenspmError

if TYPE_CHECKING:
    from openspm.company import Company
    from openspm.contract import Contract

DATA_SUFFIXES = frozenset({".csv", ".parquet", ".xlsx", ".xls"})
# Compiled from company.yml whatever else the folder holds.
ALWAYS_COMPILED = frozenset({"company_settings", "calendars"})
PLAN_TABLES = frozenset({"plans"})


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `status` is ok, warn or fail."""

    status: str
    subject: str
    message: str
    next_step: str = ""


def check_folder(company: Company) -> tuple[list[Finding], dict[str, tuple[str, ...]]]:
    """The findings, and the marts that a run would leave empty with the tables that each lacks."""
    from openspm.contract import load_contract

    findings = [Finding("ok", "company.yml", f"{company.name}, {company.currency_code}, {company.timezone_name}")]
    delivered = set(ALWAYS_COMPILED)
    try:
        contract = company.extend(load_contract())
    except OpenspmError as error:
        findings.append(Finding("fail", "company.yml", error.message, error.next_step or ""))
        contract = load_contract()
    if not company.sources:
        findings.append(Finding("warn", "sources", "no source is named", "Add one to company.yml, under sources."))
    for source in company.sources:
        found, tables = _check_source(company, source, contract)
        findings += found
        delivered |= tables
    planning, tables = _check_planning(company.folder, contract)
    findings += planning
    delivered |= tables
    plans, tables = _check_plans(company)
    findings += plans
    delivered |= tables
    return findings, empty_marts(delivered)


def _check_source(company: Company, source: object, contract: Contract) -> tuple[list[Finding], set[str]]:
    """Whether a source can be reached, and the canonical tables that it seems to give."""
    from openspm.company import SimulatedSourceSettings
    from openspm.sources.files.settings import FilesSourceSettings

    if isinstance(source, SimulatedSourceSettings):
        from openspm.sources.simulated.company import CHUNK_TABLES, COMPANY_TABLES

        tables = {*CHUNK_TABLES, *COMPANY_TABLES}
        return [Finding("ok", f"source {source.name}", f"simulated, {len(tables)} tables")], tables
    if not isinstance(source, FilesSourceSettings):
        return [], set()
    subject, folder = f"source {source.name}", company.folder / source.path
    if not folder.is_dir():
        return [
            Finding(
                "fail", subject, f"there is no folder {folder}", "Correct `path` in company.yml, or make the folder."
            )
        ], set()
    files = [path for path in folder.rglob("*") if path.suffix.lower() in DATA_SUFFIXES]
    mappings = sorted((company.folder / "sources" / source.name).glob("*.sql"))
    findings = [
        Finding(
            "fail", str(path.relative_to(company.folder)), f"{path.stem} is no canonical table", "Rename the mapping."
        )
        for path in mappings
        if path.stem not in contract
    ]
    findings += _unmatched_relations(source, folder, subject)
    mapped = {path.stem for path in mappings if path.stem in contract}
    tables = mapped or {path.stem for path in files if path.stem in contract}
    if not files:
        findings.append(
            Finding("warn", subject, f"{folder} holds no file yet", "Put CSV, Parquet or Excel files into it.")
        )
        return findings, set()
    if not tables:
        findings.append(
            Finding(
                "warn",
                subject,
                f"none of {len(files)} files has a canonical table's name and no mapping names one",
                f"Write sources/{source.name}/<table>.sql; docs/how-to/add_a_source.md shows how.",
            )
        )
    else:
        findings.append(Finding("ok", subject, f"{len(files)} files, tables: {', '.join(sorted(tables))}"))
    return findings, tables


def _unmatched_relations(source: object, folder: Path, subject: str) -> Iterator[Finding]:
    """Relations of company.yml whose glob matches no file."""
    for relation, pattern in getattr(source, "relations", {}).items():
        if not any(folder.glob(pattern)):
            yield Finding(
                "fail",
                subject,
                f"no file matches {pattern!r} of the relation {relation}",
                "Correct the pattern in company.yml, or deliver the file.",
            )


def _check_planning(folder: Path, contract: Contract) -> tuple[list[Finding], set[str]]:
    """Whether each planning table is one, and has the columns that no row may lack."""
    findings, tables = [], set()
    for path in sorted((folder / "planning").glob("*")):
        subject = f"planning/{path.name}"
        if path.suffix.lower() not in DATA_SUFFIXES:
            continue
        if path.stem not in contract or contract[path.stem].group != "planning":
            names = sorted(table.name for table in contract if table.group == "planning")
            findings.append(Finding("fail", subject, "is no planning table", f"Use one of: {', '.join(names)}."))
            continue
        tables.add(path.stem)
        if path.suffix.lower() != ".csv":
            findings.append(Finding("ok", subject, "is there"))
            continue
        findings.append(_check_header(path, subject, contract))
    return findings, tables


def _check_header(path: Path, subject: str, contract: Contract) -> Finding:
    table = contract[path.stem]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            rows = sum(1 for row in reader if row)
    except UnicodeDecodeError:
        return Finding("fail", subject, "is not UTF-8", "Save it as UTF-8.")
    unknown = [name for name in header if name not in table.column_names]
    missing = [name for name in table.required_names if name not in header]
    if missing:
        return Finding("fail", f"{subject}:1", f"lacks {', '.join(missing)}", "Add the columns to its first line.")
    if unknown:
        return Finding("fail", f"{subject}:1", f"has unknown columns: {', '.join(unknown)}", "Correct or remove them.")
    return Finding("ok", subject, f"{rows:,} rows")


def _check_plans(company: Company) -> tuple[list[Finding], set[str]]:
    """Whether the plans can be used as they are written."""
    folder = company.folder / "plans"
    files = [path for path in folder.glob("*.yml") if not path.name.endswith(".cases.yml")]
    if not files:
        return [Finding("warn", "plans", "none", "Write plans/<plan>.yml; docs/how-to/add_a_plan.md shows how.")], set()
    from openspm.plans.lint import lint_plans

    found = lint_plans(company)
    findings = [
        Finding(
            "fail" if entry.severity == "error" else "warn",
            f"plans/{entry.file}:{entry.line}",
            entry.message,
            "Correct the line named." if entry.severity == "error" else "",
        )
        for entry in found
    ]
    if any(finding.status == "fail" for finding in findings):
        return findings, set()
    return [*findings, Finding("ok", "plans", f"{len(files)} plan files can be used")], set(PLAN_TABLES)
