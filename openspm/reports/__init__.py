"""What people read: the leaders' forecast report.

A report reads a published warehouse and nothing else, so it says what the BI tools say. It has the audience `all`:
no figure of pay is read. The same warehouse gives the same bytes.
"""

from __future__ import annotations

from pathlib import Path


def write_forecast_report(published_warehouse: Path, out: Path, charts: Path | None = None) -> Path:
    """Write the leaders' report of one publication as one HTML file that needs no network.

    Args:
        published_warehouse: a published DuckDB file, with or without pay. If the folder of its generation has
            earlier neighbours, the report says what changed since the newest of them.
        out: the HTML file; its folder is made, an older file is replaced by one rename.
        charts: a folder that keeps the charts' script from one report to the next; None to make it anew.

    Returns:
        The path of the report.

    Raises:
        OpenspmError: the file is absent or no published warehouse.
    """
    from openspm.reports.forecast_report import write  # the chart library takes most of a second to import

    return write(published_warehouse, out, charts)


__all__ = ["write_forecast_report"]
