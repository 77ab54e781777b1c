-- Numerators and denominators of every KPI that adds up, by payee, team, region and period. Codes that are no KPI are
-- parts of one that is put together after the sums: pipeline_velocity, pipeline_coverage, customer_lifetime_value.
{%- set deal_parts = [
    ('win_rate_by_count', 'won_count', 'won_count + lost_count'),
    ('win_rate_by_value', 'won_value', 'won_value + lost_value'),
    ('average_deal_value', 'won_value', 'valued_won_count'),
    ('sales_cycle', 'cycle_days', 'cycle_count'),
    ('win_loss_ratio', 'won_count', 'lost_count'),
    ('won_value', 'won_value', '0'),
    ('won_count', 'won_count', '0'),
    ('new_accounts', 'new_account_count', '0'),
    ('deals_opened_and_ended', 'opened_count', 'ended_count'),
    ('open_pipeline', 'open_value', '0'),
] %}
{%- set customer_parts = [
    ('customer_changes', 'customer_change_count', '0'),
    ('customer_revenue', 'revenue_value', 'costed_revenue_value'),
    ('customer_cost', 'cost_value', '0'),
] %}

with deals as (
    select
        period_id,
        payee_id,
        team_id,
        region_id,
        won_count,
        lost_count,
        valued_won_count,
        won_value,
        lost_value,
        cycle_days,
        cycle_count,
        open_value,
        opened_count,
        ended_count,
        new_account_count
    from {{ ref('int_kpi_deals_summed') }}
),

stages as (
    select
        period_id,
        payee_id,
        team_id,
        region_id,
        stage_code,
        converted_count,
        entered_count
    from {{ ref('int_kpi_stages_converted') }}
),

leads as (
    select
        period_id,
        payee_id,
        team_id,
        region_id,
        converted_count,
        created_count
    from {{ ref('int_kpi_leads_converted') }}
),

activities as (
    select
        period_id,
        payee_id,
        team_id,
        region_id,
        activity_kind_code,
        activity_count
    from {{ ref('int_kpi_activities_counted') }}
),

invoices as (
    select
        period_id,
        payee_id,
        team_id,
        region_id,
        invoiced_value
    from {{ ref('int_kpi_invoices_summed') }}
),

contracts as (
    select
        period_id,
        payee_id,
        team_id,
        region_id,
        renewed_count,
        due_count
    from {{ ref('int_kpi_contracts_renewed') }}
),

customers as (
    select
        period_id,
        payee_id,
        team_id,
        region_id,
        customer_change_count,
        revenue_value,
        costed_revenue_value,
        cost_value
    from {{ ref('int_kpi_customers_counted') }}
),

revenue_retained as (
    select
        period_id,
        payee_id,
        team_id,
        region_id,
        closing_value,
        opening_value
    from {{ ref('int_kpi_revenue_retained') }}
),

targets as (
    select
        period_id,
        payee_id,
        team_id,
        region_id,
        target_value,
        is_manager
    from {{ ref('int_kpi_targets_summed') }}
),

parts as (
    {%- for kpi_code, numerator, denominator in deal_parts %}
    select
        '{{ kpi_code }}' as kpi_code,
        'all' as dimension_code,
        period_id,
        payee_id,
        team_id,
        region_id,
        {{ numerator }} as numerator,
        {{ denominator }} as denominator,
        true as is_sum_of_months
    from deals

    union all
    {% endfor %}
    {%- for kpi_code, numerator, denominator in customer_parts %}
    select
        '{{ kpi_code }}' as kpi_code,
        'all' as dimension_code,
        period_id,
        payee_id,
        team_id,
        region_id,
        {{ numerator }} as numerator,
        {{ denominator }} as denominator,
        true as is_sum_of_months
    from customers

    union all
    {% endfor %}
    select
        'stage_conversion' as kpi_code,
        stage_code as dimension_code,
        period_id,
        payee_id,
        team_id,
        region_id,
        converted_count as numerator,
        entered_count as denominator,
        true as is_sum_of_months
    from stages

    union all

    select
        'lead_conversion' as kpi_code,
        'all' as dimension_code,
        period_id,
        payee_id,
        team_id,
        region_id,
        converted_count as numerator,
        created_count as denominator,
        true as is_sum_of_months
    from leads

    union all

    select
        'activity_count' as kpi_code,
        activity_kind_code as dimension_code,
        period_id,
        payee_id,
        team_id,
        region_id,
        activity_count as numerator,
        0 as denominator,
        true as is_sum_of_months
    from activities

    union all

    select
        'activity_count' as kpi_code,
        'all' as dimension_code,
        period_id,
        payee_id,
        team_id,
        region_id,
        activity_count as numerator,
        0 as denominator,
        true as is_sum_of_months
    from activities

    union all

    select
        'invoiced_value' as kpi_code,
        'all' as dimension_code,
        period_id,
        payee_id,
        team_id,
        region_id,
        invoiced_value as numerator,
        0 as denominator,
        true as is_sum_of_months
    from invoices

    union all

    select
        'renewal_rate' as kpi_code,
        'all' as dimension_code,
        period_id,
        payee_id,
        team_id,
        region_id,
        renewed_count as numerator,
        due_count as denominator,
        true as is_sum_of_months
    from contracts

    union all

    select
        'net_revenue_retention' as kpi_code,
        'all' as dimension_code,
        period_id,
        payee_id,
        team_id,
        region_id,
        closing_value as numerator,
        opening_value as denominator,
        false as is_sum_of_months
    from revenue_retained

    union all

    -- A manager's quota holds those of the manager's reports: above the payee only theirs are added.
    select
        case when is_manager then 'manager_target' else 'target' end as kpi_code,
        'all' as dimension_code,
        period_id,
        payee_id,
        team_id,
        region_id,
        target_value as numerator,
        0 as denominator,
        false as is_sum_of_months
    from targets
)

select
    kpi_code,
    dimension_code,
    period_id,
    payee_id,
    team_id,
    region_id,
    cast(numerator as {{ kpi_part_type() }}) as numerator,
    cast(denominator as {{ kpi_part_type() }}) as denominator,
    is_sum_of_months
from parts
where
    numerator <> 0
    or denominator <> 0
