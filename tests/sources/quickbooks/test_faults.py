"""Whatever faults come on the way to QuickBooks, the same records land, or none.

Without these a page that was cut is paid as if it were whole.
"""

from __future__ import annotations

from typing import Any

import pytest

from openspm.errors import SourceUnreachable
from openspm.fakes.faults import Fault, FaultSchedule
from openspm.fakes.server import FakeServer
from openspm.landing import read_manifests
from openspm.sources.quickbooks import client
from tests.sources.quickbooks.conftest import company_of_quickbooks
from tests.sources.vendor_company import VendorCompany

FEWER = ["customers", "invoice_lines", "credit_notes"]


Landed = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Landed, dict[str, list[str]]]:
    """What a night without a fault lands, and the pages that it archives."""
    with pytest.MonkeyPatch.context() as patch, FakeServer(company_of_quickbooks()) as server:
        patch.setattr(client, "PAGE_RECORDS", 3)
        company = VendorCompany(tmp_path_factory.mktemp("clean"), server, "quickbooks", patch)
        raw = company.raw(leave_out=FEWER)
        return company.landed(leave_out=FEWER), raw


def with_faults(company: VendorCompany, seed: int, fault_count: int) -> dict[str, Any]:
    """Draw a schedule; gives options of a night that outlives it.

    The first request exchanges the token, and an answer that is lost there is not given twice.
    """
    drawn = FaultSchedule.drawn(seed, fault_count, among=14).by_number
    kinds = {number: kind for number, kind in drawn.items() if kind != "expired_token"}
    company.server.faults = FaultSchedule(by_number={number + 1: kind for number, kind in kinds.items()})
    return {"most_tries": fault_count + 1, "leave_out": FEWER}


@pytest.mark.parametrize("seed", range(10))
def test_the_same_records_land(
    quickbooks: VendorCompany, clean: tuple[Landed, dict[str, list[str]]], seed: int
) -> None:
    assert quickbooks.raw(**with_faults(quickbooks, seed, 5)) == clean[1]


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(100, 300))
def test_the_same_records_land_in_many_schedules(
    quickbooks: VendorCompany, clean: tuple[Landed, dict[str, list[str]]], seed: int
) -> None:
    assert quickbooks.landed(**with_faults(quickbooks, seed, 2 + seed % 8)) == clean[0]


def test_a_limit_that_lasts_ends_the_night_and_says_so(quickbooks: VendorCompany) -> None:
    quickbooks.server.faults = FaultSchedule((Fault("too_many_requests_seconds", "from%20Payment", times=999),))
    with pytest.raises(SourceUnreachable, match="answers with status 429; given up after 3 tries"):
        quickbooks.night(most_tries=3)
    assert read_manifests(quickbooks.state) == []
