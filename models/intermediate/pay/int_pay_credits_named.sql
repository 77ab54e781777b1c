-- One row a credit, with what names and describes it. A view: each reader takes the columns that it needs, and no text
-- is written more often than it is published.
{{ config(materialized='view') }}

with credits as (
    select
        credit_number,
        scope_number,
        share_number,
        enrolment_number,
        credit_kind_code,
        credit_ratio,
        taken_amount,
        quota_credit_ratio,
        pay_credit_ratio,
        credit_date,
        rate_number,
        period_id,
        quota_credit_amount,
        pay_credit_amount,
        hold_text
    from {{ ref('int_pay_credits') }}
),

shares as (
    select
        share_number,
        event_kind_code,
        event_id,
        origin_event_id,
        event_date,
        event_amount,
        event_count,
        origin_amount,
        event_currency_code,
        opportunity_id,
        invoice_id,
        is_source_held,
        event_kind_code in ('credit_note', 'margin_reversal') as is_reversal
    from {{ ref('int_pay_shares') }}
),

enrolments as (
    select
        enrolment_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        team_id,
        region_id,
        currency_code,
        calendar_id,
        base_code,
        reversal_window_code,
        {{ receiver_code() }} as receiver_code
    from {{ ref('int_pay_enrolments') }}
),

scopes as (
    select
        scope_number,
        window_period_id
    from {{ ref('int_pay_scopes') }}
),

period_credits as (
    select
        credit_number,
        scope_number,
        enrolment_number,
        event_kind_code,
        period_id,
        event_id,
        counted_event_id,
        counted_event_kind_code,
        event_date,
        credit_date,
        quota_credit_amount,
        pay_credit_amount,
        hold_text
    from {{ ref('int_pay_period_credits') }}
)

select
    credits.credit_number,
    shares.event_kind_code,
    shares.event_id,
    shares.event_id as counted_event_id,
    shares.event_kind_code as counted_event_kind_code,
    shares.origin_event_id,
    shares.event_date,
    shares.event_amount,
    shares.event_count,
    shares.origin_amount,
    shares.event_currency_code,
    shares.opportunity_id,
    shares.invoice_id,
    shares.is_source_held,
    credits.credit_date,
    shares.is_reversal,
    enrolments.rule_set_id,
    enrolments.payee_id,
    enrolments.plan_id,
    enrolments.plan_version,
    enrolments.component_id,
    enrolments.team_id,
    enrolments.region_id,
    enrolments.currency_code,
    enrolments.calendar_id,
    enrolments.base_code,
    enrolments.reversal_window_code,
    {{ credit_id(
        'shares.event_kind_code', 'shares.event_id', 'enrolments.receiver_code', 'credits.credit_kind_code'
    ) }} as credit_id,
    -- The credit of the sale that a reversal takes back.
    case
        when shares.is_reversal
            then {{ sale_credit_id(
                'shares.event_kind_code', 'shares.origin_event_id', 'enrolments.receiver_code',
                'credits.credit_kind_code'
            ) }}
    end as sale_credit_id,
    credits.credit_kind_code,
    credits.credit_ratio,
    credits.taken_amount,
    credits.quota_credit_ratio,
    credits.pay_credit_ratio,
    credits.rate_number,
    credits.period_id,
    scopes.window_period_id,
    credits.quota_credit_amount,
    credits.pay_credit_amount,
    credits.hold_text
from credits
inner join shares
    on credits.share_number = shares.share_number
inner join enrolments
    on credits.enrolment_number = enrolments.enrolment_number
inner join scopes
    on credits.scope_number = scopes.scope_number
union all
-- What pays for a period stands for no event: the period takes its place.
select
    credits.credit_number,
    credits.event_kind_code,
    credits.event_id,
    credits.counted_event_id,
    credits.counted_event_kind_code,
    credits.event_id as origin_event_id,
    credits.event_date,
    cast(null as {{ amount_type() }}) as event_amount,
    cast(null as {{ dbt.type_int() }}) as event_count,
    cast(null as {{ amount_type() }}) as origin_amount,
    cast(null as {{ dbt.type_string() }}) as event_currency_code,
    cast(null as {{ dbt.type_string() }}) as opportunity_id,
    cast(null as {{ dbt.type_string() }}) as invoice_id,
    false as is_source_held,
    credits.credit_date,
    false as is_reversal,
    enrolments.rule_set_id,
    enrolments.payee_id,
    enrolments.plan_id,
    enrolments.plan_version,
    enrolments.component_id,
    enrolments.team_id,
    enrolments.region_id,
    enrolments.currency_code,
    enrolments.calendar_id,
    enrolments.base_code,
    enrolments.reversal_window_code,
    {{ credit_id(
        'credits.event_kind_code', 'credits.event_id', 'enrolments.receiver_code', "'period'"
    ) }} as credit_id,
    cast(null as {{ dbt.type_string() }}) as sale_credit_id,
    'period' as credit_kind_code,
    cast(1 as {{ ratio_type() }}) as credit_ratio,
    cast(null as {{ pay_type() }}) as taken_amount,
    cast(1 as {{ ratio_type() }}) as quota_credit_ratio,
    cast(1 as {{ ratio_type() }}) as pay_credit_ratio,
    cast(null as bigint) as rate_number,
    credits.period_id,
    scopes.window_period_id,
    credits.quota_credit_amount,
    credits.pay_credit_amount,
    credits.hold_text
from period_credits as credits
inner join enrolments
    on credits.enrolment_number = enrolments.enrolment_number
inner join scopes
    on credits.scope_number = scopes.scope_number
