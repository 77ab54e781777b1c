"""Looks at a company folder without landing anything: settings, plans, planning tables, sources, marts left empty.

What a file holds is judged when it lands (quarantine) and by the gates; here it is whether a run can begin.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from openspm.cli.mart_inputs import empty_marts
from openspm.errors import OpenspmError
from openspm.sources import Finding

if TYPE_CHECKING:
    from openspm.company import Company, SourceSettings
    from openspm.contract import Contract
    from openspm.settings import Settings
    from openspm.sources import SourceCheck

DATA_SUFFIXES = frozenset({".csv", ".parquet", ".xlsx", ".xls"})
# Compiled from company.yml whatever else the folder holds.
ALWAYS_COMPILED = frozenset({"company_settings", "calendars"})
PLAN_TABLES = frozenset({"plans"})


@dataclass
class FolderCheck:
    """What was found in a company folder.

    Attributes:
        findings: everything that was looked at.
        sources: what each source shows of itself.
        absent: for each source and table the columns that a run will not have.
        empty_marts: the marts that a run would leave empty, with the tables that each lacks.
    """

    findings: list[Finding] = field(default_factory=list)
    sources: dict[str, SourceCheck] = field(default_factory=dict)
    absent: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    empty_marts: dict[str, tuple[str, ...]] = field(default_factory=dict)


def check_folder(company: Company, settings: Settings) -> FolderCheck:
    """Look at everything in a company folder, and ask its sources what they show."""
    from openspm.contract import load_contract

    about = f"{company.name}, {company.currency_code}, {company.timezone_name}"
    checked = FolderCheck([Finding("ok", "company.yml", about)])
    delivered = set(ALWAYS_COMPILED)
    try:
        contract = company.extend(load_contract())
    except OpenspmError as error:
        checked.findings.append(Finding("fail", "company.yml", error.message, error.next_step or ""))
        contract = load_contract()
    if not company.sources:
        checked.findings.append(
            Finding("warn", "sources", "no source is named", "Add one to company.yml, under sources.")
        )
    for source in company.sources:
        findings, found = _check_source(company, settings, source, contract)
        checked.findings += findings
        checked.sources[source.name] = found
        checked.absent[source.name] = absent_columns(found, contract)
        delivered |= set(found.tables)
    for findings, tables in (_check_planning(company.folder, contract), _check_plans(company)):
        checked.findings += findings
        delivered |= tables
    checked.empty_marts = empty_marts(delivered)
    return checked


def _check_source(
    company: Company, settings: Settings, source: SourceSettings, contract: Contract
) -> tuple[list[Finding], SourceCheck]:
    """What a source shows of itself, and the findings that follow from it."""
    from openspm.sources import ExtractRequest, Finding, SourceCheck, open_source

    subject = f"source {source.name}"
    try:
        found = open_source(source).check(contract, ExtractRequest(company, settings))
    except OpenspmError as error:
        return [Finding.of_error(subject, error)], SourceCheck(None, None)
    findings = list(found.findings)
    if found.is_reachable and found.tables:
        words = ["reachable"] + ["authorised"] * bool(found.is_authorised)
        words.append(f"{len(found.tables)} tables: {', '.join(sorted(found.tables))}")
        findings.insert(0, Finding("ok", subject, ", ".join(words)))
    return findings, found


def absent_columns(check: SourceCheck, contract: Contract) -> dict[str, tuple[str, ...]]:
    """For each table of a source the columns that it could have and does not show: absent, which is not NULL."""
    return {
        table: tuple(name for name in contract[table].column_names if name not in columns)
        for table, columns in check.tables.items()
        if columns is not None
    }


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
