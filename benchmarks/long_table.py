"""One long table over HTTP: `python -m benchmarks.long_table --rows 2000000`.

A fake Salesforce in a process of its own makes up tasks by their number, over REST or, as it is asked by default, in
the pages of a Bulk job. Shown: seconds and peak memory of a first night that lands all of them as activities, and
the same of a second night, in a process of its own, after some of them changed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import yaml

from benchmarks.web_sources import COMPANY
from openspm.company import load_company
from openspm.contract import load_contract
from openspm.fakes.salesforce import CLIENT_ID, Salesforce, build
from openspm.fakes.salesforce_objects import as_csv
from openspm.fakes.server import FakeAnswer, FakeRequest, FakeServer
from openspm.landing import land_source
from openspm.secrets import secret_variable
from openspm.settings import load_settings

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
BEFORE, AFTER = "2026-05-01T09:00:00.000+0000", "2026-06-02T09:00:00.000+0000"
PAGE_RECORDS = 2000
LEFT_OUT = (
    "accounts", "contacts", "leads", "opportunities", "opportunity_stages", "opportunity_splits", "opportunity_lines",
    "products", "users", "campaigns", "cases", "fx_rates",
)  # fmt: skip


class LongOrganisation(Salesforce):
    """An organisation whose tasks are made up when they are asked for; the last ones may have changed."""

    def __init__(self, row_count: int, change_count: int, is_changed: Event) -> None:
        super().__init__({**build({}).objects, "Task": [], "Event": []})
        self._row_count = row_count
        self._change_count = change_count
        self._is_changed = is_changed
        self._long: list[tuple[list[str], int]] = []

    def answer(self, request: FakeRequest) -> FakeAnswer:
        """Answers about tasks; all others as every organisation."""
        path = request.path
        if found := re.search(r"/query/long(\d+)-(\d+)$", path):
            return self._rest(int(found[1]), int(found[2]))
        if found := re.search(r"/jobs/query/long(\d+)(/results)?$", path):
            return self._bulk(int(found[1]), request, is_result=found[2] is not None)
        query = request.query.get("q") or (request.json()["query"] if path.endswith("/jobs/query") else "")
        if " FROM Task" not in query:
            return super().answer(request)
        columns = query.removeprefix("SELECT ").partition(" FROM ")[0].split(",")
        self._long.append((columns, self._row_count - self._change_count if " WHERE " in query else 0))
        number = len(self._long) - 1
        if path.endswith("/jobs/query"):
            return FakeAnswer.of_json({"id": f"long{number}", "state": "UploadComplete"})
        return self._rest(number, 0)

    def _record(self, number: int) -> dict[str, Any]:
        """A task by its number."""
        is_changed = self._is_changed.is_set() and number >= self._row_count - self._change_count
        return {
            "Id": f"00T5w0{number:09d}AAA", "IsDeleted": False, "SystemModstamp": AFTER if is_changed else BEFORE,
            "TaskSubtype": "Call", "OwnerId": f"0055w0{number % 300:09d}AAA", "IsClosed": True,
            "CompletedDateTime": BEFORE, "CreatedDate": BEFORE, "CallDurationInSeconds": 60 + number % 3600,
            "CallDisposition": "Reached", "AccountId": f"0015w0{number % 50_000:09d}AAA",
            "WhoId": f"0035w0{number % 90_000:09d}AAA", "WhatId": f"0065w0{number % 70_000:09d}AAA",
        }  # fmt: skip

    def _cut(self, number: int, start: int, size: int) -> tuple[list[str], list[dict[str, Any]], int | None]:
        """The columns, the records from a place on, and where the next page begins."""
        columns, first = self._long[number]
        end = min(first + start + size, self._row_count)
        records = [self._record(one) for one in range(first + start, end)]
        following = None if end == self._row_count else start + size
        return columns, [{name: record.get(name) for name in columns} for record in records], following

    def _rest(self, number: int, start: int) -> FakeAnswer:
        _, records, following = self._cut(number, start, PAGE_RECORDS)
        body = {"totalSize": self._row_count - self._long[number][1], "done": following is None, "records": records}
        if following is not None:
            body["nextRecordsUrl"] = f"/services/data/v62.0/query/long{number}-{following}"
        return FakeAnswer.of_json(body)

    def _bulk(self, number: int, request: FakeRequest, is_result: bool) -> FakeAnswer:
        if request.method == "DELETE":
            return FakeAnswer(204, b"")
        if not is_result:
            count = self._row_count - self._long[number][1]
            return FakeAnswer.of_json({"state": "JobComplete", "numberRecordsProcessed": count})
        start, size = int(request.query.get("locator", "0")), int(request.query["maxRecords"])
        columns, records, following = self._cut(number, start, size)
        headers = {
            "Sforce-NumberOfRecords": str(len(records)),
            "Sforce-Locator": "null" if following is None else str(following),
        }
        return FakeAnswer(200, as_csv(records, columns), "text/csv; charset=UTF-8", headers)


def serve(row_count: int, change_count: int, is_changed: Event, is_over: Event, orders: Connection) -> None:
    """Answer until it is over."""
    vendor = LongOrganisation(row_count, change_count, is_changed)
    with FakeServer(vendor) as server:
        orders.send((server.url, dict(vendor.secrets())))
        is_over.wait()


def night(folder: Path, days: int, orders: Connection) -> None:
    """Land once, and tell the seconds, the rows and the peak memory of this process."""
    company = load_company(folder)
    settings = load_settings(folder, {"OPENSPM_HOME": str(folder / "home")})
    state = settings.state("bench")
    state.claim()
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    began, worked = time.monotonic(), time.process_time()
    landed = land_source(settings, state, company, load_contract(), "crm", NOON + timedelta(days=days))
    seconds, processor = time.monotonic() - began, time.process_time() - worked
    row_count = sum(batch.row_count for batch in landed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    orders.send(
        f"{row_count} rows as {landed[0].kind} in {seconds:.1f} s ({processor:.1f} s of the processor), "
        f"peak memory {peak} MB, {idle} MB of them before the first request"
    )


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--changed", type=int, default=10_000)
    parser.add_argument("--rest", action="store_true", help="page by page over REST in place of a Bulk job")
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    is_changed, is_over = context.Event(), context.Event()
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(arguments.rows, arguments.changed, is_changed, is_over, theirs))
    process.start()
    url, secrets = ours.recv()
    os.environ.update({secret_variable("crm", field): value for field, value in secrets.items()})
    block = {
        "name": "crm", "kind": "salesforce", "url": url, "client_id": CLIENT_ID, "leave_out": list(LEFT_OUT),
        "bulk_threshold": 1_000_000_000 if arguments.rest else 20_000,
    }  # fmt: skip
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "company.yml").write_text(yaml.safe_dump({**COMPANY, "sources": [block]}))
            for days, title in enumerate(("first night", f"second night, {arguments.changed} changed")):
                one = context.Process(target=night, args=(folder, days, theirs))
                one.start()
                one.join()
                print(f"{title}: {ours.recv() if ours.poll() else 'failed'}")
                is_changed.set()
    finally:
        is_over.set()
        process.join()


if __name__ == "__main__":
    main()
