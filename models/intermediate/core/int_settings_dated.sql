with runs as (
    select
        run_id,
        as_of_at,
        as_of_date
    from {{ source('landing', 'run') }}
),

company_settings as (
    select
        company_id,
        company_name,
        currency_code,
        timezone_name,
        calendar_id,
        rate_table_id,
        rate_kind_code,
        match_amount_tolerance_ratio,
        match_tolerance_days,
        invoice_expected_days,
        stale_after_days,
        customer_lifetime_years,
        lead_response_hours,
        lead_chase_days,
        closed_lead_status_names,
        quiet_deal_days,
        passed_close_days,
        likely_deal_ratio,
        next_step_days,
        moved_back_days,
        renewal_notice_days,
        invoice_grace_days,
        missing_invoice_days,
        cross_sell_days,
        answered_outcome_names,
        unanswered_outcome_names,
        contact_hour_count
    from {{ ref('stg_planning__company_settings') }}
),

landed_columns as (
    select
        table_name,
        column_name,
        is_present
    from {{ source('landing', 'columns') }}
),

landed_tables_found as (
    select
        max(case when table_name = 'opportunities' then 1 else 0 end) = 1 as has_opportunities,
        max(case when table_name = 'invoices' then 1 else 0 end) = 1 as has_invoices,
        max(case when table_name = 'activities' then 1 else 0 end) = 1 as has_activities,
        max(case when table_name = 'opportunities' and column_name = 'currency_code' then 1 else 0 end) = 1
            as has_deal_currency,
        max(case when table_name = 'products' and column_name = 'currency_code' then 1 else 0 end) = 1
            as has_product_currency
    from landed_columns
    where is_present
)

select
    runs.run_id,
    runs.as_of_at,
    runs.as_of_date,
    company_settings.company_id,
    company_settings.company_name,
    company_settings.currency_code as company_currency_code,
    company_settings.timezone_name,
    company_settings.calendar_id,
    company_settings.rate_table_id,
    company_settings.rate_kind_code,
    company_settings.match_amount_tolerance_ratio,
    company_settings.match_tolerance_days,
    company_settings.invoice_expected_days,
    company_settings.stale_after_days,
    company_settings.customer_lifetime_years,
    company_settings.lead_response_hours,
    company_settings.lead_chase_days,
    company_settings.closed_lead_status_names,
    company_settings.quiet_deal_days,
    company_settings.passed_close_days,
    company_settings.likely_deal_ratio,
    company_settings.next_step_days,
    company_settings.moved_back_days,
    company_settings.renewal_notice_days,
    company_settings.invoice_grace_days,
    company_settings.missing_invoice_days,
    company_settings.cross_sell_days,
    company_settings.answered_outcome_names,
    company_settings.unanswered_outcome_names,
    company_settings.contact_hour_count,
    coalesce(landed_tables_found.has_opportunities, false) as has_opportunities,
    coalesce(landed_tables_found.has_invoices, false) as has_invoices,
    coalesce(landed_tables_found.has_activities, false) as has_activities,
    coalesce(landed_tables_found.has_deal_currency, false) as has_deal_currency,
    coalesce(landed_tables_found.has_product_currency, false) as has_product_currency
from runs
cross join landed_tables_found
left join company_settings
    on 1 = 1
