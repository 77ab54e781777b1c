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


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """What a night without a fault lands."""
    with pytest.MonkeyPatch.context() as patch, FakeServer(account()) as server:
        return VendorCompany(tmp_path_factory.mktemp("clean"), server, "stripe", patch).landed(leave_out=FEWER)


def landed_with(company: VendorCompany, seed: int, fault_count: int) -> dict[str, list[dict[str, Any]]]:
    """What lands through a schedule."""
    company.server.faults = FaultSchedule.drawn(seed, fault_count, among=40, kinds=PASSING)
    return company.landed(most_tries=fault_count + 1, leave_out=FEWER)


@pytest.mark.parametrize("seed", range(25))
def test_the_same_records_land(stripe: VendorCompany, clean: dict[str, list[dict[str, Any]]], seed: int) -> None:
    assert landed_with(stripe, seed, 5) == clean


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(100, 300))
def test_the_same_records_land_in_many_schedules(
    stripe: VendorCompany, clean: dict[str, list[dict[str, Any]]], seed: int
) -> None:
    assert landed_with(stripe, seed, 2 + seed % 8) == clean


def test_a_limit_that_lasts_ends_the_night_and_says_so(stripe: VendorCompany, tmp_path: Path) -> None:
    stripe.night()
    before = read_manifests(stripe.state)
    stripe.server.faults = FaultSchedule((Fault("too_many_requests_seconds", "/v1/charges", skip=1, times=999),))
    with pytest.raises(SourceUnreachable, match="answers with status 429; given up after 3 tries"):
        stripe.night(days=1, full_compare=True, most_tries=3)
    assert read_manifests(stripe.state) == before
    assert list((tmp_path / "home").glob("**/scratch*")) == []
