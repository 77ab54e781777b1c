"""The marts of a published file that the report reads, with their columns and types; fct_payouts, which it must not."""

from __future__ import annotations

AMOUNT, RATIO, KPI = "DECIMAL(18,4)", "DECIMAL(18,12)", "DECIMAL(38,12)"

# Columns of each mart, in the order of the published file.
MARTS: dict[str, dict[str, str]] = {
    "dim_payees": {
        "payee_id": "VARCHAR", "payee_name": "VARCHAR", "user_id": "VARCHAR", "role_code": "VARCHAR",
        "team_id": "VARCHAR", "team_name": "VARCHAR", "region_id": "VARCHAR", "region_name": "VARCHAR",
        "manager_payee_id": "VARCHAR", "plan_id": "VARCHAR", "hire_date": "DATE", "termination_date": "DATE",
        "is_active": "BOOLEAN", "country_code": "VARCHAR",
    },
    "dim_accounts": {"account_id": "VARCHAR", "account_name": "VARCHAR", "segment_name": "VARCHAR"},
    "dim_teams": {
        "team_id": "VARCHAR", "team_name": "VARCHAR", "region_id": "VARCHAR", "region_name": "VARCHAR",
        "manager_payee_id": "VARCHAR", "active_payee_count": "BIGINT",
    },
    "dim_periods": {
        "calendar_id": "VARCHAR", "period_id": "VARCHAR", "period_kind_code": "VARCHAR", "period_name": "VARCHAR",
        "start_date": "DATE", "end_date": "DATE", "period_sequence": "BIGINT", "quarter_period_id": "VARCHAR",
        "half_period_id": "VARCHAR", "year_period_id": "VARCHAR", "is_company_calendar": "BOOLEAN",
        "is_complete": "BOOLEAN", "day_count": "BIGINT",
    },
    "fct_opportunities": {
        "opportunity_id": "VARCHAR", "opportunity_name": "VARCHAR", "account_id": "VARCHAR",
        "owner_payee_id": "VARCHAR", "team_id": "VARCHAR", "region_id": "VARCHAR", "stage_code": "VARCHAR",
        "stage_name": "VARCHAR", "stage_order": "BIGINT", "opportunity_status_code": "VARCHAR", "is_open": "BOOLEAN",
        "is_won": "BOOLEAN", "is_lost": "BOOLEAN", "deal_amount": AMOUNT, "currency_code": "VARCHAR",
        "deal_company_amount": AMOUNT, "company_currency_code": "VARCHAR", "created_date": "DATE",
        "close_date": "DATE", "period_id": "VARCHAR", "last_activity_date": "DATE", "is_stale": "BOOLEAN",
        "is_held": "BOOLEAN",
    },
    "fct_kpis": {
        "subject_kind_code": "VARCHAR", "subject_id": "VARCHAR", "subject_name": "VARCHAR", "kpi_code": "VARCHAR",
        "dimension_code": "VARCHAR", "period_id": "VARCHAR", "period_kind_code": "VARCHAR", "start_date": "DATE",
        "unit_code": "VARCHAR", "numerator": "DECIMAL(38,6)", "denominator": "DECIMAL(38,6)", "kpi_value": KPI,
        "currency_code": "VARCHAR",
    },
    "fct_goals": {
        "rule_set_id": "VARCHAR", "goal_id": "VARCHAR", "subject_kind_code": "VARCHAR", "subject_id": "VARCHAR",
        "kpi_code": "VARCHAR", "calendar_id": "VARCHAR", "period_id": "VARCHAR", "start_date": "DATE",
        "end_date": "DATE", "goal_value": AMOUNT, "currency_code": "VARCHAR", "actual_value": KPI,
        "attainment_ratio": RATIO,
    },
    "fct_attainment": {
        "rule_set_id": "VARCHAR", "payee_id": "VARCHAR", "plan_id": "VARCHAR", "component_id": "VARCHAR",
        "calendar_id": "VARCHAR", "period_id": "VARCHAR", "window_kind_code": "VARCHAR",
        "window_period_id": "VARCHAR", "measure_amount": AMOUNT, "quota_amount": AMOUNT, "attainment_ratio": RATIO,
        "currency_code": "VARCHAR", "team_id": "VARCHAR", "region_id": "VARCHAR", "is_window_complete": "BOOLEAN",
    },
    "fct_attainment_forecasts": {
        "payee_id": "VARCHAR", "component_id": "VARCHAR", "window_period_id": "VARCHAR", "as_of_date": "DATE",
        "measure_amount": AMOUNT, "quota_amount": AMOUNT, "forecast_measure_amount": AMOUNT,
        "forecast_attainment_ratio": RATIO, "miss_probability_ratio": RATIO, "is_at_risk": "BOOLEAN",
        "currency_code": "VARCHAR", "model_code": "VARCHAR",
    },
    "fct_revenue_forecasts": {
        "subject_kind_code": "VARCHAR", "subject_id": "VARCHAR", "period_id": "VARCHAR", "start_date": "DATE",
        "origin_date": "DATE", "horizon_months": "BIGINT", "model_code": "VARCHAR", "is_baseline": "BOOLEAN",
        "forecast_company_amount": AMOUNT, "lower_80_company_amount": AMOUNT, "upper_80_company_amount": AMOUNT,
        "lower_95_company_amount": AMOUNT, "upper_95_company_amount": AMOUNT, "company_currency_code": "VARCHAR",
    },
    "fct_opportunity_scores": {
        "opportunity_id": "VARCHAR", "as_of_date": "DATE", "win_probability_ratio": RATIO,
        "deal_company_amount": AMOUNT, "expected_company_amount": AMOUNT, "expected_close_date": "DATE",
        "expected_close_period_id": "VARCHAR", "company_currency_code": "VARCHAR", "model_code": "VARCHAR",
        "is_baseline": "BOOLEAN",
    },
    "fct_forecast_accuracy": {
        "target_code": "VARCHAR", "model_code": "VARCHAR", "baseline_code": "VARCHAR", "subject_kind_code": "VARCHAR",
        "subject_id": "VARCHAR", "metric_code": "VARCHAR", "horizon_months": "BIGINT", "origin_date": "DATE",
        "model_value": RATIO, "baseline_value": RATIO, "is_model_published": "BOOLEAN", "sample_count": "BIGINT",
        "note_text": "VARCHAR",
    },
    "fct_crm_finance_matches": {
        "match_id": "VARCHAR", "match_status_code": "VARCHAR", "opportunity_id": "VARCHAR", "invoice_id": "VARCHAR",
        "customer_id": "VARCHAR", "account_id": "VARCHAR", "payee_id": "VARCHAR", "team_id": "VARCHAR",
        "region_id": "VARCHAR", "deal_amount": AMOUNT, "deal_currency_code": "VARCHAR", "invoiced_amount": AMOUNT,
        "invoice_currency_code": "VARCHAR", "difference_company_amount": AMOUNT, "at_risk_company_amount": AMOUNT,
        "company_currency_code": "VARCHAR", "close_date": "DATE", "invoice_date": "DATE", "age_days": "BIGINT",
    },
    "fct_invoices": {"invoice_id": "VARCHAR", "invoice_date": "DATE", "net_amount": AMOUNT},
    "fct_landed_rows": {
        "table_name": "VARCHAR", "source_name": "VARCHAR", "rows_in_count": "BIGINT", "staged_count": "BIGINT",
        "quarantined_count": "BIGINT", "superseded_count": "BIGINT", "deleted_count": "BIGINT",
        "filtered_count": "BIGINT", "held_count": "BIGINT",
    },
    "fct_validation_results": {
        "run_id": "VARCHAR", "gate_code": "VARCHAR", "suite_name": "VARCHAR", "expectation_id": "VARCHAR",
        "table_name": "VARCHAR", "column_name": "VARCHAR", "severity_code": "VARCHAR",
        "status_code": "VARCHAR", "is_success": "BOOLEAN",
        "observed_value": "VARCHAR", "unexpected_count": "BIGINT", "sample_keys": "VARCHAR", "reason_text": "VARCHAR",
        "protected_marts": "VARCHAR", "evaluated_at": "TIMESTAMP",
    },
    # Pay is in the finance file only; the report must never show a figure of it.
    "fct_payouts": {
        "rule_set_id": "VARCHAR", "payee_id": "VARCHAR", "plan_id": "VARCHAR", "period_id": "VARCHAR",
        "earned_amount": AMOUNT, "payable_amount": AMOUNT, "currency_code": "VARCHAR",
    },
}  # fmt: skip
META: dict[str, dict[str, str]] = {
    "publications": {
        "run_id": "VARCHAR", "generation_number": "BIGINT", "published_at": "TIMESTAMP", "as_of_at": "TIMESTAMP",
        "as_of_date": "DATE", "code_version": "VARCHAR", "ledger_head": "VARCHAR", "batch_count": "BIGINT",
    },
}  # fmt: skip
