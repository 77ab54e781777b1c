"""A vendor that gives half the rows of yesterday is believed by nobody: they land, and the gate stops the night.

Without these an export that was cut counts half of all deals as deleted, and pays for none of them.
"""

from __future__ import annotations

import datetime

from expectations.gate import run_gate
from expectations.results import GateResult
from openspm.landing import RunIdentity, register
from tests.sources.web.conftest import NOON, ShopCompany, deal


def judged(company: ShopCompany, days: int = 0) -> GateResult:
    """What the gate says of what has landed."""
    company.state.builds.mkdir(exist_ok=True)
    company.state.candidate.unlink(missing_ok=True)
    at = NOON + datetime.timedelta(days=days)
    register(company.state.candidate, company.state, company.contract, company.company, at, RunIdentity("run", "test"))
    return run_gate("sources", company.state.candidate, only_suites={"landed_batches"})


def test_half_the_rows_of_yesterday_land_and_the_gate_stops_the_night(company: ShopCompany) -> None:
    company.shop.objects["Deal"] = [deal(number) for number in range(200)]
    company.shop.page_size = 50
    assert company.night()["opportunities"].row_count == 200
    assert not any(result.is_blocking for result in judged(company).results)
    company.shop.objects["Deal"] = company.shop.objects["Deal"][::2]
    manifest = company.night(1, full_compare=True)["opportunities"]
    assert (manifest.kind, manifest.row_count) == ("full", 100)
    (stopped,) = [result for result in judged(company, 1).results if result.is_blocking]
    assert stopped.expectation_id == "full_batches_are_not_cut"
    assert stopped.sample_keys == "opportunities/shop"


def test_a_few_rows_less_pass(company: ShopCompany) -> None:
    company.shop.objects["Deal"] = [deal(number) for number in range(200)]
    company.shop.page_size = 50
    company.night()
    del company.shop.objects["Deal"][:10]
    assert company.night(1, full_compare=True)["opportunities"].row_count == 190
    assert not any(result.is_blocking for result in judged(company, 1).results)
