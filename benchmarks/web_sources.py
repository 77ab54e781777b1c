"""Sources over HTTP against their own waits: `python -m benchmarks.web_sources salesforce --deals 20000`.

A simulated company stands behind the vendor's fake, which answers in a process of its own: each request no sooner than
the latency, and from what it answered to the same request of a first, untimed night, so that the fake's own work does
not count. The bound is the latency of all requests one after the other, and the bytes of all answers over a line of
100 Mbit a second. openspm: all tables of a first night as they land, with one request at a time and with four. By hand:
the GETs of that night, one after the other, with nothing done to the answers.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import yaml

from openspm.company import load_company
from openspm.contract import load_contract
from openspm.fakes import REGISTRY, build_fake
from openspm.fakes.salesforce import Salesforce
from openspm.fakes.server import FakeAnswer, FakeRequest, FakeServer, FakeVendor
from openspm.landing import land_source
from openspm.secrets import secret_variable
from openspm.settings import load_settings
from openspm.sources.simulated import SimulationSettings, generate
from openspm.sources.web.session import Patience, WebSession

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
BYTES_PER_SECOND = 12_500_000
WORKERS = (1, 4)
COMPANY = {
    "id": "bench",
    "name": "Bench",
    "currency_code": "EUR",
    "timezone_name": "Europe/Berlin",
    "calendar": {"first_year": 2024, "last_year": 2026},
}
# Beside what the fake says: a vendor's limits, and the threshold of the night over Bulk.
NIGHTS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "salesforce": {
        "REST": {"bulk_threshold": 10_000_000},
        "Bulk": {"bulk_threshold": 1, "poll_seconds": 0.2},
    },
    "hubspot": {"search and lists": {}},
    "stripe": {"lists": {}},
    "quickbooks": {"queries": {}},
}


class Remembered:
    """A vendor that works out each answer once."""

    def __init__(self, vendor: FakeVendor) -> None:
        self.vendor = vendor
        self.answers: dict[object, FakeAnswer] = {}
        self.byte_count = 0
        self._adding = threading.Lock()

    def answer(self, request: FakeRequest) -> FakeAnswer:
        """What it said to the same request before."""
        asked = (request.method, request.path, tuple(request.query.items()), request.body)
        if asked not in self.answers:
            self.answers[asked] = self.vendor.answer(request)
        found = self.answers[asked]
        with self._adding:
            self.byte_count += len(found.body)
        return found

    def settings(self, url: str) -> Mapping[str, str]:
        """As the vendor."""
        return self.vendor.settings(url)

    def secrets(self) -> Mapping[str, str]:
        """As the vendor."""
        return self.vendor.secrets()


def serve(kind: str, deals: int, latency_seconds: float, orders: Connection) -> None:
    """Answer until told to stop; each other order is answered with what was asked since the last one."""
    settings = SimulationSettings(opportunity_count=deals, defects=False)
    fake = build_fake(kind, generate(settings, "bench", "bench").tables)
    if isinstance(fake, Salesforce):
        # A job that is not done at the first look would be remembered as never done.
        fake.bulk_looks = 0
    vendor = Remembered(fake)
    with FakeServer(vendor, latency_seconds=latency_seconds) as server:
        orders.send((server.url, dict(vendor.settings(server.url)), dict(vendor.secrets())))
        while orders.recv() != "stop":
            orders.send((list(server.requests), vendor.byte_count))
            server.requests.clear()
            vendor.byte_count = 0


@dataclass(frozen=True)
class Fake:
    """The fake's process.

    Attributes:
        orders: tells what was asked.
        url: its address.
        block: what company.yml needs for it.
    """

    orders: Connection
    url: str
    block: Mapping[str, Any]

    def asked(self) -> tuple[list[str], int]:
        """What was asked since the last time, and the bytes of the answers."""
        self.orders.send("asked")
        requests, byte_count = self.orders.recv()
        return requests, byte_count


def night(fake: Fake, options: Mapping[str, Any]) -> tuple[float, float, int]:
    """Seconds of a landing, seconds of the processor, and the rows that landed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "company.yml").write_text(yaml.safe_dump({**COMPANY, "sources": [{**fake.block, **options}]}))
        company = load_company(folder)
        settings = load_settings(folder, {"OPENSPM_HOME": str(folder / "home")})
        state = settings.state("bench")
        state.claim()
        began, worked = time.monotonic(), time.process_time()
        landed = land_source(settings, state, company, load_contract(), "crm", NOON)
        seconds, processor = time.monotonic() - began, time.process_time() - worked
    return seconds, processor, sum(batch.row_count for batch in landed)


def by_hand(fake: Fake, requests: list[str], headers: Mapping[str, str]) -> float:
    """Seconds of the GETs of a night, one after the other."""
    session = WebSession("fake", fake.url, Patience.of(60, 1, 3600))
    began = time.monotonic()
    for line in requests:
        method, _, path = line.partition(" ")
        if method == "GET":
            session.get(path, headers=headers, is_json=False)
    return time.monotonic() - began


def measure(fake: Fake, name: str, options: Mapping[str, Any], latency_seconds: float) -> None:
    """Nights of one kind, and what bounds them."""
    night(fake, options)
    fake.asked()
    for workers in WORKERS:
        seconds, processor, rows = night(fake, {**options, "parallel_requests": workers})
        requests, byte_count = fake.asked()
        waits, line = len(requests) * latency_seconds, byte_count / BYTES_PER_SECOND
        print(
            f"{name}, {workers} at once: {rows} rows in {seconds:.2f} s ({processor:.2f} s of the processor); "
            f"{len(requests)} requests of {waits:.2f} s, {byte_count / 1e6:.1f} MB of {line:.2f} s: "
            f"{seconds / (waits + line):.2f} times the bound, {seconds / waits:.2f} times the latency alone"
        )
    gets = [request for request in requests if request.startswith("GET")]
    print(f"  its {len(gets)} GETs by hand: {by_hand(fake, gets, {'Authorization': 'Bearer none'}):.2f} s")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(REGISTRY))
    parser.add_argument("--deals", type=int, default=20_000)
    parser.add_argument("--latency-ms", type=int, default=50)
    arguments = parser.parse_args()
    latency_seconds = arguments.latency_ms / 1000
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(arguments.kind, arguments.deals, latency_seconds, theirs))
    process.start()
    url, block, secrets = ours.recv()
    block = {name: yaml.safe_load(value) if value.startswith("{") else value for name, value in block.items()}
    os.environ.update({secret_variable("crm", field): value for field, value in secrets.items()})
    fake = Fake(ours, url, {"name": "crm", "kind": arguments.kind, **block})
    try:
        for name, options in NIGHTS[arguments.kind].items():
            measure(fake, f"{arguments.kind}, {name}", options, latency_seconds)
    finally:
        ours.send("stop")
        process.join()
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")


if __name__ == "__main__":
    main()
