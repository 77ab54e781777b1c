"""Salesforce against requests alone: `python -m benchmarks.salesforce --rows 100000 --latency-ms 50`.

The fake has that many deals and answers each request no sooner than the latency. By hand: the same requests one after
the other, with nothing done to the answers. openspm: the deals as they land, over REST and from a Bulk job, and a
second night after some of them changed.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from openspm.company import load_company
from openspm.contract import load_contract
from openspm.fakes.salesforce import CLIENT_SECRET, Salesforce, build
from openspm.fakes.salesforce_company import FILLED_AT, stamp_text
from openspm.fakes.salesforce_objects import numbered_id
from openspm.fakes.server import FakeServer
from openspm.landing import land_source
from openspm.settings import load_settings
from openspm.sources.web.session import Patience, WebSession

TABLES = (
    "accounts", "contacts", "leads", "opportunity_stages", "opportunity_splits", "opportunity_lines", "products",
    "users", "campaigns", "cases", "activities",
)  # fmt: skip
COMPANY = """
id: bench
name: Bench
currency_code: EUR
timezone_name: Europe/Berlin
calendar: {{first_year: 2024, last_year: 2026}}
sources:
  - {{name: crm, kind: salesforce, url: "{url}", client_id: "{client}", leave_out: [{tables}], bulk_threshold: {bulk},
     poll_seconds: 0.2, look_back_seconds: 0}}
"""


def organisation(rows: int) -> Salesforce:
    """An organisation with so many deals."""
    made = build({})
    stages = ("Won", "Lost", "Proposal")
    for number in range(rows):
        stamp = stamp_text(FILLED_AT + timedelta(seconds=number))
        made.objects["Opportunity"].append(
            {
                "Id": numbered_id("006", number), "Name": f"Deal number {number}", "StageName": stages[number % 3],
                "AccountId": numbered_id("001", number % 50_000), "OwnerId": numbered_id("005", number % 300),
                "Amount": f"{number * 7919 % 10_000_000 / 100:.2f}", "CurrencyIsoCode": "EUR", "CreatedDate": stamp,
                "CloseDate": "2026-05-31", "SystemModstamp": stamp, "IsDeleted": False,
            }
        )  # fmt: skip
    return made


def by_hand(server: FakeServer, asked: list[str]) -> float:
    """Seconds of the GETs of a night, one after the other."""
    session = WebSession("fake", server.url, Patience.of(60, 1, 3600))
    token = session.post(
        "services/oauth2/token",
        form={"grant_type": "client_credentials", "client_id": _client(server), "client_secret": CLIENT_SECRET},
    ).json()["access_token"]
    began = time.monotonic()
    for line in asked:
        method, _, path = line.partition(" ")
        if method == "GET":
            session.get(path, headers={"Authorization": f"Bearer {token}"}, is_json=False)
    return time.monotonic() - began


def _client(server: FakeServer) -> str:
    return server.vendor.settings(server.url)["client_id"]


def night(server: FakeServer, folder: Path, bulk: int, at: datetime) -> float:
    """Seconds of a landing."""
    (folder / "company.yml").write_text(
        COMPANY.format(url=server.url, client=_client(server), tables=", ".join(TABLES), bulk=bulk)
    )
    company = load_company(folder)
    settings = load_settings(folder, {"OPENSPM_HOME": str(folder / "home")})
    state = settings.state("bench")
    state.claim()
    began = time.monotonic()
    land_source(settings, state, company, load_contract(), "crm", at)
    return time.monotonic() - began


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--changed", type=int, default=1_000)
    parser.add_argument("--latency-ms", type=int, default=50)
    arguments = parser.parse_args()
    os.environ["OPENSPM_SOURCE_CRM_CLIENT_SECRET"] = CLIENT_SECRET
    made = organisation(arguments.rows)
    with FakeServer(made, latency_seconds=arguments.latency_ms / 1000) as server:
        for name, bulk in (("REST", arguments.rows), ("Bulk", 1)):
            with tempfile.TemporaryDirectory() as folder:
                at = datetime(2026, 6, 1, 12, tzinfo=UTC)
                server.requests.clear()
                first = night(server, Path(folder), bulk, at)
                asked = list(server.requests)
                alone = by_hand(server, [] if bulk == 1 else asked)
                made.now += timedelta(days=400)
                for record in made.objects["Opportunity"][: arguments.changed]:
                    record["SystemModstamp"] = stamp_text(made.now)
                second = night(server, Path(folder), arguments.rows, at + timedelta(days=1))
            waits = len(asked) * arguments.latency_ms / 1000
            print(f"{name}: {arguments.rows} deals in {first:.1f} s, {len(asked)} requests of {waits:.1f} s in all")
            if bulk > 1:
                print(f"  its requests by hand, with nothing done to the answers: {alone:.1f} s")
            print(f"  second night, {arguments.changed} changed: {second:.1f} s")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB, the fake's own among it")


if __name__ == "__main__":
    main()
