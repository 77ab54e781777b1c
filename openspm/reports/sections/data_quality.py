"""Chapter "Data quality": the gates' checks, what was quarantined, and the count of every row that came in."""

from __future__ import annotations

from openspm.reports import charts
from openspm.reports.number_format import MISSING, count, counted
from openspm.reports.page import Card, Figure, Section, Table
from openspm.reports.published import PublishedFile, Row

SECTION_ID, TITLE = "data-quality", "Data quality"
RULES_SHOWN, CHECKS_SHOWN = 10, 15


def data_quality_section(published: PublishedFile) -> Section:
    """The chapter; its card counts the failed checks."""
    checks, quarantined, landed = _checks(published), _quarantined(published), _landed(published)
    failed = [check for check in checks if not check["is_success"]]
    sentences, parts = [], list[Figure | Table]()
    card = Card("Checks", MISSING, "no checks on record")
    if checks:
        passed = len(checks) - len(failed)
        sentences.append(
            f"{count(passed)} of {counted(len(checks), 'check')} passed before these numbers were published."
        )
        card = Card("Checks passed", f"{count(passed)} of {count(len(checks))}",
                    counted(len(failed), "warning") if failed else "nothing to warn of",
                    "attention" if failed else "good")  # fmt: skip
    else:
        sentences.append("No checks are on record for this publication.")
    if failed:
        parts.append(_failed_table(failed))
    if landed:
        rows_in, held = sum(row["rows_in"] for row in landed), sum(row["quarantined"] for row in landed)
        sentences.append(
            f"{counted(rows_in, 'row')} came in and {counted(held, 'row')} {'was' if held == 1 else 'were'} "
            "set aside as unreadable; every row is accounted for below."
        )
    if quarantined:
        parts.append(_quarantine_figure(quarantined))
    else:
        sentences.append("No record is in quarantine.")
    if landed:
        parts.append(_landed_table(landed))
    return Section(SECTION_ID, TITLE, sentences, parts, [card])


def _checks(published: PublishedFile) -> list[Row]:
    """One row a check of the publication's own run."""
    return published.rows(
        """
        select gate_code, table_name, column_name, severity_code, is_success, observed_value, unexpected_count,
            reason_text, expectation_id
        from marts.fct_validation_results
        qualify evaluated_at is not distinct from max(evaluated_at) over (partition by gate_code)
            or run_id = ?
        order by is_success, severity_code, gate_code, table_name, expectation_id, column_name
        """,
        [published.publication.run_id],
    )


def _quarantined(published: PublishedFile) -> list[Row]:
    return published.rows(
        """
        select table_name, rule_code, column_name, count(*) as records, min(raw_value) as example,
            count(*) filter (where is_key_held) as held
        from marts.fct_quarantined_records group by all
        order by records desc, table_name, rule_code, column_name limit ?
        """,
        [RULES_SHOWN],
    )


def _landed(published: PublishedFile) -> list[Row]:
    return published.rows(
        """
        select table_name, sum(rows_in_count) as rows_in, sum(staged_count) as staged,
            sum(quarantined_count) as quarantined, sum(superseded_count) as superseded,
            sum(deleted_count) as deleted, sum(filtered_count) as filtered
        from marts.fct_landed_rows group by all having sum(rows_in_count) > 0 order by table_name
        """
    )


def _failed_table(failed: list[Row]) -> Table:
    rest = len(failed) - CHECKS_SHOWN
    return Table(
        "Checks that failed",
        ["Where", "Why it matters", "Found", "Rows"],
        [
            [
                ".".join(part for part in (row["table_name"], row["column_name"]) if part),
                str(row["reason_text"] or MISSING),
                str(row["observed_value"] if row["observed_value"] is not None else MISSING),
                count(row["unexpected_count"]),
            ]
            for row in failed[:CHECKS_SHOWN]
        ],
        frozenset({1, 2}),
        marked=frozenset(index for index, row in enumerate(failed[:CHECKS_SHOWN]) if row["severity_code"] == "block"),
        note=f"And {counted(rest, 'more check')}, in fct_validation_results." if rest > 0 else "",
    )


def _quarantine_figure(rows: list[Row]) -> Figure:
    groups: dict[str, int] = {}
    for row in rows:
        name = str(row["rule_code"]).replace("_", " ")
        groups[name] = groups.get(name, 0) + int(row["records"])
    values = [
        {"label": label, "total": total, "total_text": counted(total, "record")}
        for label, total in sorted(groups.items(), key=lambda item: (-item[1], item[0]))
    ]
    table = Table(
        "Quarantined records by rule",
        ["Table", "Column", "Rule", "Example", "Records", "Held"],
        [
            [
                str(row["table_name"]),
                str(row["column_name"] or MISSING),
                str(row["rule_code"]).replace("_", " "),
                _shortened(row["example"]),
                count(row["records"]),
                count(row["held"]),
            ]
            for row in rows
        ],
        frozenset({1, 2, 3}),
        note="Held: an earlier, good version of the record stays in force until the source is mended.",
    )
    return Figure(
        "chart-quarantine",
        "Records in quarantine by rule",
        f"Most records in quarantine broke the rule {values[0]['label']}: {values[0]['total_text']}.",
        charts.amounts_by_category(values, charts.SECOND),
        table=table,
    )


def _shortened(value: str | None) -> str:
    if value is None:
        return MISSING
    return value if len(value) <= 24 else value[:23] + "\N{HORIZONTAL ELLIPSIS}"


def _landed_table(rows: list[Row]) -> Table:
    names = ("rows_in", "staged", "quarantined", "superseded", "deleted", "filtered")
    return Table(
        "Rows that came in, by table",
        ["Table", "Rows in", "Used", "Quarantined", "Replaced", "Deleted", "Left out"],
        [[str(row["table_name"]), *[count(row[name]) for name in names]] for row in rows],
        note="Rows in = used + quarantined + replaced + deleted + left out.",
    )
