"""The demo publishes in spite of its defects, and every planted defect is found, by its ids, where a reader would look.

Without it the demo may go through because nobody looks, or a check may find what is not there.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from openspm.company import load_company
from openspm.plans.load import plan_files
from openspm.sources.simulated import SimulatedCompany, SimulationSettings, generate
from tests.examples.published import Example


@pytest.fixture(scope="module")
def demo(publish: Callable[[str], Example]) -> Example:
    return publish("demo")


@pytest.fixture(scope="module")
def planted(checkout: Path) -> SimulatedCompany:
    source = load_company(checkout / "examples" / "demo").sources[0]
    return generate(SimulationSettings(**source.model_dump(exclude={"name", "kind"})))


def _ids(planted: SimulatedCompany, kind: str, table: str | None = None) -> set[str]:
    listed = [defect for defect in planted.defects if defect.kind == kind and table in (None, defect.table)]
    assert listed, kind
    return {record for defect in listed for record in defect.record_ids}


@pytest.mark.parametrize(
    ("status", "kind", "column"),
    [
        ("missing_invoice", "closed_deal_without_invoice", "opportunity_id"),
        ("amount_differs", "invoice_unequal_to_deal", "invoice_id"),
        ("date_differs", "invoice_long_after_close", "invoice_id"),
        ("currency_differs", "invoice_in_other_currency", "invoice_id"),
        ("missing_opportunity", "invoice_for_no_deal", "invoice_id"),
    ],
)
def test_the_reconciliation_finds_these_and_no_others(
    demo: Example, planted: SimulatedCompany, status: str, kind: str, column: str
) -> None:
    found = demo.rows(f"select {column} from marts.fct_crm_finance_matches where match_status_code = '{status}'")
    assert {row[0] for row in found} == _ids(planted, kind)


def test_the_quarantine_holds_what_cannot_be_read_and_nothing_else(demo: Example, planted: SimulatedCompany) -> None:
    for rule, kind in (("malformed_date", "unparsable_date"), ("malformed_amount", "unparsable_amount")):
        rules = (rule, "malformed_timestamp") if rule == "malformed_date" else (rule,)
        found = demo.rows(f"select record_key from marts.fct_quarantined_records where rule_code in {(*rules, '')}")
        assert {row[0] for row in found} == _ids(planted, kind)
    assert demo.value("select count(*) from marts.fct_quarantined_records") == 15


def test_open_deals_with_a_close_date_long_past_are_stale(demo: Example, planted: SimulatedCompany) -> None:
    found = {
        row[0] for row in demo.rows("select opportunity_id from marts.fct_opportunities where is_open and is_stale")
    }
    assert _ids(planted, "stale_close_date") <= found
    assert len(found) < 60


def test_an_unknown_currency_has_no_company_amount(demo: Example, planted: SimulatedCompany) -> None:
    found = demo.rows("""
        select opportunity_id from marts.fct_opportunities
        where deal_amount is not null and deal_company_amount is null""")
    assert {row[0] for row in found} == _ids(planted, "unknown_currency")


def test_missing_fields_stay_missing(demo: Example, planted: SimulatedCompany) -> None:
    found = demo.rows("""
        select opportunity_id from marts.fct_opportunities where owner_payee_id is null or deal_amount is null""")
    assert {row[0] for row in found} == _ids(planted, "missing_field", "opportunities")


@pytest.mark.parametrize(
    ("expectation", "kind"),
    [("leads_are_not_repeated", "duplicate_lead"), ("revenue_splits_add_up", "split_at_99_percent")],
)
def test_the_gate_warns(demo: Example, planted: SimulatedCompany, expectation: str, kind: str) -> None:
    severity, is_success, count = demo.rows(f"""
        select severity_code, is_success, unexpected_count from marts.fct_validation_results
        where expectation_id = '{expectation}'""")[0]
    assert (severity, is_success) == ("warn", False)
    assert count == len(_ids(planted, kind))


def test_pay_of_deals_whose_splits_do_not_add_up_is_held(demo: Example, planted: SimulatedCompany) -> None:
    held = demo.rows("select distinct opportunity_id from marts.fct_credits where quota_credit_amount is null")
    won = demo.rows("select opportunity_id from marts.fct_opportunities where is_won")
    assert {row[0] for row in held} == _ids(planted, "split_at_99_percent") & {row[0] for row in won}


def test_models_find_the_truths_and_beat_their_baselines(demo: Example) -> None:
    scored = demo.rows("""
        select target_code, model_value, is_model_published from marts.fct_forecast_accuracy
        where metric_code = 'auc' and origin_date is null and target_code in ('lead', 'opportunity')""")
    assert {target for target, _, _ in scored} == {"lead", "opportunity"}
    assert all(auc > 0.7 and is_published for _, auc, is_published in scored)
    errors = demo.rows("""
        select model_value, baseline_value from marts.fct_forecast_accuracy
        where target_code = 'revenue' and subject_kind_code = 'company' and metric_code = 'wape'
        and origin_date is null and horizon_months is null""")
    assert errors
    assert all(model < baseline for model, baseline in errors)


def test_every_plan_pays_somebody(demo: Example, checkout: Path) -> None:
    paid = demo.rows("select distinct plan_id from marts.fct_payouts where earned_amount > 0")
    files = {path.stem for path in plan_files(checkout / "examples" / "demo" / "plans")}
    assert {row[0] for row in paid} == files
