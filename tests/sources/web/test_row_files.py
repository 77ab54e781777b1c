"""Rows worked out while pages are archived: those that the pages themselves give, and no page waits for long.

Without it a table would be made of other rows than the archive holds, and an object with lines inside would be held in
memory as a whole.
"""

from __future__ import annotations

import weakref
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from openspm.sources.web.pages import Record
from openspm.sources.web.row_files import keep_rows, open_rows

PAGES = 30
WANTED = {"Invoice": ("id", "note"), "Line": ("id", "invoice")}


def records(name: str, pages: Iterator[tuple[str, Any]], fields: Collection[str] | None) -> Iterator[Record]:
    """Invoices, or the lines that are inside them."""
    del fields
    for _, page in pages:
        for invoice in page:
            if name == "Invoice":
                yield {"id": invoice["id"], "note": invoice["note"]}
            else:
                yield from ({"id": line, "invoice": invoice["id"]} for line in invoice["lines"])


def page(number: int) -> list[Record]:
    """Two invoices, the first with three lines; values are as JSON has them."""
    notes = ("", True, 12, None, "x")
    return [
        {"id": f"i{number}", "note": notes[number % 5], "lines": [f"l{number}-{place}" for place in range(3)]},
        {"id": f"j{number}", "note": "n", "lines": []},
    ]


def test_rows_are_numbered_texts_and_few_pages_wait(tmp_path: Path) -> None:
    """Each piece is seen, an empty text is no value, and neither reader runs ahead of the other by more than a page."""
    begun: dict[str, int] = {}
    ahead: list[int] = []
    seen: dict[str, int] = {}

    def watched(name: str, pages: Iterator[tuple[str, Any]], fields: Collection[str] | None) -> Iterator[Record]:
        def counted() -> Iterator[tuple[str, Any]]:
            for one in pages:
                begun[name] = begun.get(name, 0) + 1
                ahead.append(begun[name] - min(begun.get(other, 0) for other in WANTED))
                yield one

        yield from records(name, counted(), fields)

    def look_at(name: str, batch: pa.RecordBatch) -> None:
        seen[name] = seen.get(name, 0) + batch.num_rows

    pages = (("GET /invoices", page(number)) for number in range(PAGES))
    files = keep_rows(pages, WANTED, watched, tmp_path, look_at)

    assert seen == {"Invoice": 2 * PAGES, "Line": 3 * PAGES}
    assert max(ahead) <= 1
    opened = open_rows(files["Invoice"], "Invoice.json-seq", ("note", "id"))
    rows = pa.Table.from_batches(opened.batches()).to_pylist()
    assert [row["_row"] for row in rows] == list(range(1, 2 * PAGES + 1))
    assert [row["note"] for row in rows if row["id"].startswith("i")][:5] == [None, "true", "12", None, "x"]
    lines = pa.Table.from_batches(open_rows(files["Line"], "Invoice.json-seq", WANTED["Line"]).batches())
    assert lines.column("id").to_pylist()[:4] == ["l0-0", "l0-1", "l0-2", "l1-0"]


class Body(list[Record]):
    """A page that can be watched."""


@pytest.mark.parametrize("wanted", [WANTED, {"Invoice": WANTED["Invoice"]}], ids=["two readers", "one reader"])
def test_pages_are_let_go_of(tmp_path: Path, wanted: dict[str, tuple[str, ...]]) -> None:
    """However many pages there are, a few of them are in memory."""
    alive: weakref.WeakValueDictionary[int, Body] = weakref.WeakValueDictionary()
    most = 0

    def pages() -> Iterator[tuple[str, Any]]:
        nonlocal most
        for number in range(PAGES):
            body = alive[number] = Body(page(number))
            most = max(most, len(alive))
            yield "GET /invoices", body

    keep_rows(pages(), wanted, records, tmp_path, lambda *_: None)
    assert most <= 3


def test_no_page_gives_no_row(tmp_path: Path) -> None:
    """An empty extract has its files too."""
    files = keep_rows(iter(()), WANTED, records, tmp_path, lambda *_: None)
    assert list(open_rows(files["Line"], "Invoice.json-seq", ("id",)).batches()) == []
