"""Chapter "Data quality": the gates' checks, how much was quarantined, and the count of every row that came in.

Rows in quarantine are counted and never shown: a raw row may hold pay, so fct_quarantined_records is for finance.
"""

from __future__ import annotations

from decimal import Decimal

from openspm.reports import charts
from openspm.reports.number_format import MISSING, count, counted, percent
from openspm.reports.page import Card, Figure, Section, Table
from openspm.reports.published import PublishedFile, Row

SECTION_ID, TITLE = "data-quality", "Data quality"
CHECKS_SHOWN = 15


def data_quality_section(published: PublishedFile) -> Section:
    """The chapter; its card counts the failed checks."""
    checks, landed = _checks(published), _landed(published)
    skipped = [check for check in checks if check["status_code"] == "skipped"]
    failed = [check for check in checks if not check["is_success"]]
    sentences, parts = [], list[Figure | Table]()
    card = Card("Checks", MISSING, "no checks on record")
    if checks:
        judged = len(checks) - len(skipped)
        passed = judged - len(failed)
        sentence = f"{count(passed)} of {counted(judged, 'check')} passed before these numbers were published"
        if skipped:
            sentence += f"; {count(len(skipped))} more are about data that was not delivered"
        sentences.append(sentence + ".")
        card = Card("Checks passed", f"{count(passed)} of {count(judged)}",
                    counted(len(failed), "warning") if failed else "nothing to warn of",
                    "attention" if failed else "good")  # fmt: skip
    else:
        sentences.append("No checks are on record for this publication.")
    if failed:
        parts.append(_failed_table(failed))
    if landed:
        rows_in, quarantined = (sum(row[name] for row in landed) for name in ("rows_in", "quarantined"))
        text = f"{counted(rows_in, 'row')} came in; "
        if quarantined:
            text += f"{counted(quarantined, 'row')} {'is' if quarantined == 1 else 'are'} in quarantine"
        else:
            text += "none is in quarantine"
        sentences.append(text + ". Every row is accounted for below.")
        if quarantined:
            parts.append(_quarantine_figure([row for row in landed if row["quarantined"]]))
    else:
        sentences.append("No rows came in.")
    if landed:
        parts.append(_landed_table(landed))
    return Section(SECTION_ID, TITLE, sentences, parts, [card])


def _checks(published: PublishedFile) -> list[Row]:
    """One row a check of the publication's own run."""
    return published.rows(
        """
        select gate_code, table_name, column_name, severity_code, status_code, is_success, observed_value,
            unexpected_count, reason_text, expectation_id
        from marts.fct_validation_results
        qualify evaluated_at is not distinct from max(evaluated_at) over (partition by gate_code)
            or run_id = ?
        order by is_success, severity_code, gate_code, table_name, expectation_id, column_name
        """,
        [published.publication.run_id],
    )


def _landed(published: PublishedFile) -> list[Row]:
    return published.rows(
        """
        select table_name, sum(rows_in_count) as rows_in, sum(staged_count) as staged,
            sum(quarantined_count) as quarantined, sum(superseded_count) as superseded,
            sum(deleted_count) as deleted, sum(filtered_count) as filtered,
            sum(held_count) as held
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
    ranked = sorted(rows, key=lambda row: (-row["quarantined"], row["table_name"]))
    values = [
        {
            "label": row["table_name"],
            "total": int(row["quarantined"]),
            "total_text": counted(row["quarantined"], "row"),
        }
        for row in ranked
    ]
    table = Table(
        "Rows in quarantine by table",
        ["Table", "Rows in", "Quarantined", "Share", "Held"],
        [
            [
                str(row["table_name"]),
                count(row["rows_in"]),
                count(row["quarantined"]),
                percent(Decimal(row["quarantined"]) / Decimal(row["rows_in"])),
                count(row["held"]),
            ]
            for row in ranked
        ],
        note="Held: an earlier, good version of the record stays in force until the source is mended. "
        "The rows themselves are in fct_quarantined_records, for finance.",
    )
    return Figure(
        "chart-quarantine",
        "Rows in quarantine by table",
        f"Most rows in quarantine are of {values[0]['label']}: {values[0]['total_text']}.",
        charts.amounts_by_category(values, charts.SECOND),
        table=table,
    )


def _landed_table(rows: list[Row]) -> Table:
    names = ("rows_in", "staged", "quarantined", "superseded", "deleted", "filtered")
    return Table(
        "Rows that came in, by table",
        ["Table", "Rows in", "Used", "Quarantined", "Replaced", "Deleted", "Left out"],
        [[str(row["table_name"]), *[count(row[name]) for name in names]] for row in rows],
        note="Rows in = used + quarantined + replaced + deleted + left out.",
        is_folded=True,
    )
