"""Whatever faults come on the way to Stripe, the same records land, or none.

Without these a page that was cut is paid as if it were whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openspm.errors import SourceUnreachable
from openspm.fakes.faults import PASSING_FAULTS, Fault, FaultSchedule
from openspm.fakes.server import FakeServer
from openspm.landing import read_manifests
from tests.sources.stripe.conftest import account
from tests.sources.vendor_company import VendorCompany

# A fixed key has no successor: a refusal is final.
FEWER = ["customers", "invoice_lines", "credit_notes"]
PASSING = tuple(kind for kind in PASSING_FAULTS if kind != "expired_token")


Landed = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Landed, dict[str, list[str]]]:
    """What a night without a fault lands, and the pages that it archives."""
    with pytest.MonkeyPatch.context() as patch, FakeServer(account()) as server:
        company = VendorCompany(tmp_path_factory.mktemp("clean"), server, "stripe", patch)
        raw = company.raw(leave_out=FEWER)
        return company.landed(leave_out=FEWER), raw


def with_faults(company: VendorCompany, seed: int, fault_count: int) -> dict[str, Any]:
    """Draw a schedule; gives options of a night that outlives it."""
    company.server.faults = FaultSchedule.drawn(seed, fault_count, among=40, kinds=PASSING)
    return {"most_tries": fault_count + 1, "leave_out": FEWER}


@pytest.mark.parametrize("seed", range(10))
def test_the_same_records_land(stripe: VendorCompany, clean: tuple[Landed, dict[str, list[str]]], seed: int) -> None:
    assert stripe.raw(**with_faults(stripe, seed, 5)) == clean[1]


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(100, 300))
def test_the_same_records_land_in_many_schedules(
    stripe: VendorCompany, clean: tuple[Landed, dict[str, list[str]]], seed: int
) -> None:
    assert stripe.landed(**with_faults(stripe, seed, 2 + seed % 8)) == clean[0]


def test_a_limit_that_lasts_ends_the_night_and_says_so(stripe: VendorCompany, tmp_path: Path) -> None:
    stripe.night()
    before = read_manifests(stripe.state)
    stripe.server.faults = FaultSchedule((Fault("too_many_requests_seconds", "/v1/charges", skip=1, times=999),))
    with pytest.raises(SourceUnreachable, match="answers with status 429; given up after 3 tries"):
        stripe.night(days=1, full_compare=True, most_tries=3)
    assert read_manifests(stripe.state) == before
    assert list((tmp_path / "home").glob("**/scratch*")) == []
