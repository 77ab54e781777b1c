"""What-ifs and estimates compute with the engine of a night, on landed history, and change nothing of it.

Without this a leader would sign a plan whose cost was computed by other rules than those that pay it, and a payee would
plan by a number that no payout ever shows.
"""

from __future__ import annotations

import datetime
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openspm.company import Company, load_company
from openspm.contract import load_contract
from openspm.errors import OpenspmError
from openspm.landing.nightly import land_source, source_names
from openspm.plans.estimate import ExtraPay, _extras, estimate_deal, smallest_amount
from openspm.plans.whatif import what_if
from openspm.reports.whatif_report import write_whatif
from openspm.settings import Settings, StatePaths, load_settings
from tests.compiled import COMPILED

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
CENT = Decimal("0.01")
Landed = tuple[Company, Settings, StatePaths]


@pytest.fixture(scope="module")
def landed(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Landed:
    """The micro company with everything landed and nothing built."""
    home = tmp_path_factory.mktemp("scenarios")
    folder = Path(shutil.copytree(checkout / "examples" / "micro", home / "micro"))
    company = load_company(folder)
    settings = load_settings(folder, {"OPENSPM_HOME": str(home), **COMPILED})
    state = settings.state(company.id)
    contract = company.extend(load_contract())
    for name in source_names(company):
        land_source(settings, state, company, contract, name, NOW)
    return company, settings, state


def files_of(state: StatePaths) -> dict[str, bytes]:
    """Everything that has landed."""
    return {str(path): path.read_bytes() for path in sorted(state.landing.rglob("*")) if path.is_file()}


def people_on(state: StatePaths, plan_id: str) -> list[str]:
    """Who has a plan in what has landed, the newest assignment first."""
    files = [str(path) for path in (state.landing / "batches" / "assignments").rglob("*.parquet")]
    query = "select employee_id from read_parquet(?) where plan_id = ? order by valid_from_date desc, 1"
    return [row[0] for row in duckdb.execute(query, [files, plan_id]).fetchall()]


def test_the_same_plan_costs_the_same_and_twice_the_rates_cost_twice(landed: Landed, tmp_path: Path) -> None:
    """Marginal pay over one measure is linear in its rates; winners are whom the plan pays; nothing is written."""
    company, settings, state = landed
    before = files_of(state)
    plan = company.folder / "plans" / "ae_commission.yml"
    same = what_if(company, settings, state, [plan], "2026-Q2")
    assert same.changes
    assert not same.winners
    assert not same.losers
    assert all(one == two for _, one, two in same.attainment)
    text = plan.read_text(encoding="utf-8")
    twice = tmp_path / "twice.yml"
    twice.write_text(text.replace("rate: 6 %", "rate: 12 %").replace("rate: 9 %", "rate: 18 %"), encoding="utf-8")
    result = what_if(company, settings, state, [twice], "2026-Q2")
    assert result.winners
    assert not result.losers
    assert all(abs(change.after - 2 * change.before) <= CENT * 20 for change in result.winners)
    one, two = result.cost("EUR")
    assert two - one == sum(change.difference for change in result.winners)
    page = write_whatif(result, company.name, tmp_path / "whatif.html")
    assert page.stat().st_mode & 0o077 == 0, "others may read pay"
    assert result.winners[0].payee_id in page.read_text(encoding="utf-8")
    assert files_of(state) == before


def test_the_version_before_a_new_one_holds_until_it_begins(landed: Landed, tmp_path: Path) -> None:
    """The same terms from the middle of a quarter on cost the same; days that nothing pays would look like a saving."""
    company, settings, state = landed
    text = (company.folder / "plans" / "ae_commission.yml").read_text(encoding="utf-8")
    (begin,) = [line for line in text.splitlines() if line.startswith("valid_from: ")]
    later = tmp_path / "later.yml"
    later.write_text(
        text.replace(begin, "valid_from: 2026-05-15").replace("version: 1", "version: 2"), encoding="utf-8"
    )
    result = what_if(company, settings, state, [later], "2026-Q2")
    assert result.changes
    assert not result.winners
    assert not result.losers
    later.write_text(text.replace(begin, "valid_from: 2026-05-15"), encoding="utf-8")
    with pytest.raises(OpenspmError, match="the days between would be paid by nothing"):
        what_if(company, settings, state, [later], "2026-Q2")


def test_a_period_in_which_nothing_was_sold_says_so(landed: Landed, tmp_path: Path) -> None:
    """Nobody wins and nobody loses there, which must not be read as a plan that pays the same."""
    company, settings, state = landed
    plan = company.folder / "plans" / "ae_commission.yml"
    result = what_if(company, settings, state, [plan], "2026-12")
    assert result.events == (0, 0)
    page = write_whatif(result, company.name, tmp_path / "whatif.html").read_text(encoding="utf-8")
    assert "Nothing was sold in 2026-12 that anybody is credited for." in page
    sold = what_if(company, settings, state, [plan], "2026-Q2")
    assert sold.events[0] == sold.events[1] > 0
    page = write_whatif(sold, company.name, tmp_path / "whatif.html").read_text(encoding="utf-8")
    assert f"{sold.events[0]} events are credited as it is" in page
    assert "Nothing was sold" not in page


def test_an_unknown_period_and_an_unknown_payee_are_told(landed: Landed) -> None:
    """Not computed as nothing."""
    company, settings, state = landed
    plan = company.folder / "plans" / "ae_commission.yml"
    with pytest.raises(OpenspmError, match="No calendar has the period 2026-Q9"):
        what_if(company, settings, state, [plan], "2026-Q9")
    with pytest.raises(OpenspmError, match="nobody is no user"):
        estimate_deal(company, settings, state, "nobody", Decimal(100))


def test_an_estimate_is_what_the_deal_would_have_paid(landed: Landed) -> None:
    """A seller's deal pays at a rate of their plan, and only in the period in which it would be won."""
    company, settings, state = landed
    sellers = people_on(state, "ae_commission")
    estimates = (estimate_deal(company, settings, state, payee, Decimal(1000)) for payee in sellers)
    found = next((estimate for estimate in estimates if estimate.extras), None)
    assert found is not None, "nobody of the plan would be paid for a deal"
    assert found.total in {Decimal(60), Decimal(90)} or Decimal(60) < (found.total or 0) < Decimal(90)
    assert {extra.period_id for extra in found.extras} == {f"{found.deal.close_date:%Y-%m}"}


def test_a_deal_beside_held_pay_is_held_and_one_above_a_cap_pays_nothing() -> None:
    """Neither is a deal that nobody is credited for; pay that was held before the deal is as unknown after it."""
    keys = {"component_id": "sales", "currency_code": "EUR", "cause_text": None}
    held = keys | {"period_id": "2026-01", "earned_amount": None, "is_held": True, "cause_text": "held: no quota"}
    capped = keys | {"period_id": "2026-02", "earned_amount": Decimal(100), "is_held": False}
    other = keys | {"period_id": "2026-03", "earned_amount": Decimal(100), "is_held": False, "line_count": 1}
    before = [held | {"line_count": 1}, capped | {"line_count": 1}, other]
    after = [held | {"line_count": 2}, capped | {"line_count": 2}, other]
    assert _extras(before, after) == [
        ExtraPay("sales", "2026-01", "EUR", None, "held: no quota"),
        ExtraPay("sales", "2026-02", "EUR", Decimal(0)),
    ]


@given(
    bounds=st.lists(st.integers(1, 10**6), min_size=1, max_size=4, unique=True),
    rates=st.lists(st.integers(0, 30), min_size=5, max_size=5),
    jump=st.integers(0, 500),
    wanted=st.integers(1, 50_000),
)
def test_the_smallest_amount_is_the_smallest(bounds: list[int], rates: list[int], jump: int, wanted: int) -> None:
    """For any pay that does not fall: the amount pays enough and one cent less does not."""

    def pays(amount: Decimal) -> Decimal:
        total, low = Decimal(0), Decimal(0)
        for bound, rate in zip([*sorted(bounds), 10**12], rates, strict=False):
            total += max(Decimal(0), min(amount, Decimal(bound)) - low) * rate / 100
            low = Decimal(bound)
        return (total + (jump if amount >= sorted(bounds)[0] else 0)).quantize(CENT)

    found = smallest_amount(pays, Decimal(wanted), CENT)
    if found is None:
        assert pays(Decimal(wanted) * 8 * 2**23) < wanted
    else:
        assert pays(found) >= wanted
        assert pays(found - CENT) < wanted
