-- One row a line as this run computes it, those of closed periods too. A view: fct_payout_lines shows the lines of open
-- periods, int_pay_closed_lines compares those of closed ones with what was posted.
{%- set line_columns = [
    'scope_number', 'position', 'credit_number', 'cause_credit_number', 'line_kind_code', 'is_held', 'unrounded_amount',
    'earned_amount', 'credit_kind_code', 'credit_date', 'period_id', 'is_outside', 'rule_set_id', 'payee_id', 'plan_id',
    'plan_version', 'component_id', 'calendar_id', 'team_id', 'region_id', 'payout_currency_code', 'window_period_id',
    'event_kind_code', 'event_id', 'event_date', 'is_period_credit', 'is_reversal', 'reversal_window_code', 'hold_text',
    'period_cause_text',
] %}
{{ config(materialized='view') }}

with measures as (
    select
        credit_number,
        share_number,
        enrolment_number,
        scope_number,
        credit_kind_code,
        credit_date,
        period_id,
        is_outside
    from {{ ref('int_pay_measures') }}
),

shares as (
    select
        share_number,
        event_kind_code,
        event_id,
        origin_event_id,
        event_date
    from {{ ref('int_pay_shares') }}
),

period_credits as (
    select
        credit_number,
        event_kind_code,
        event_id,
        counted_event_id,
        event_date,
        hold_text,
        cause_text
    from {{ ref('int_pay_period_credits') }}
),

credits_held as (
    select
        credit_number,
        hold_text
    from {{ ref('int_pay_credits') }}
    where hold_text is not null
),

enrolments as (
    select
        enrolment_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        calendar_id,
        team_id,
        region_id,
        payout_currency_code,
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

roundings as (
    select
        scope_number,
        position,
        credit_number,
        cause_credit_number,
        line_kind_code,
        is_held,
        unrounded_amount,
        earned_amount
    from {{ ref('int_pay_roundings') }}
),

rates_missing as (
    select
        credit_number,
        hold_text
    from {{ ref('int_pay_payout_rates') }}
    where hold_text is not null
),

cells as (
    select
        credit_number,
        cell_text
    from {{ ref('int_pay_curves_matrix') }}
    where trace_kind_code = 'cell'
),

-- The last line of a window whose earlier pay periods had interim pay.
true_ups as (
    select
        scope_number,
        position
    from {{ ref('int_pay_curves_interim') }}
    where trace_kind_code = 'true_up'
),

causes as (
    select
        credit_number,
        cause_code,
        counted_event_id,
        credit_date,
        period_id
    from {{ ref('int_pay_causes') }}
),

-- Lines meet narrow rows of numbers first, and what names them last: of the large tables each is kept once, and only
-- what a line shows of it.
lines_named as (
    select
        roundings.scope_number,
        roundings.position,
        roundings.credit_number,
        roundings.cause_credit_number,
        roundings.line_kind_code,
        roundings.is_held,
        roundings.unrounded_amount,
        roundings.earned_amount,
        measures.credit_kind_code,
        measures.credit_date,
        measures.period_id,
        measures.is_outside,
        enrolments.rule_set_id,
        enrolments.payee_id,
        enrolments.plan_id,
        enrolments.plan_version,
        enrolments.component_id,
        enrolments.calendar_id,
        enrolments.team_id,
        enrolments.region_id,
        enrolments.payout_currency_code,
        scopes.window_period_id,
        coalesce(shares.event_kind_code, period_credits.event_kind_code) as event_kind_code,
        coalesce(shares.event_id, period_credits.event_id) as event_id,
        shares.event_date,
        measures.share_number is null as is_period_credit,
        shares.event_kind_code in ('credit_note', 'margin_reversal') as is_reversal,
        enrolments.reversal_window_code,
        shares.origin_event_id,
        enrolments.receiver_code,
        coalesce(credits_held.hold_text, period_credits.hold_text) as hold_text,
        period_credits.cause_text as period_cause_text
    from roundings
    inner join measures
        on roundings.credit_number = measures.credit_number
    inner join enrolments
        on measures.enrolment_number = enrolments.enrolment_number
    inner join scopes
        on measures.scope_number = scopes.scope_number
    left join shares
        on measures.share_number = shares.share_number
    left join period_credits
        on measures.credit_number = period_credits.credit_number
    left join credits_held
        on measures.credit_number = credits_held.credit_number
),

lines as (
    select
        {{ line_columns | join(',
        ') }},
        {{ credit_id('event_kind_code', 'event_id', 'receiver_code', 'credit_kind_code') }} as credit_id,
        case
            when is_reversal
                then {{ sale_credit_id('event_kind_code', 'origin_event_id', 'receiver_code', 'credit_kind_code') }}
        end as sale_credit_id
    from lines_named
),

event_lines as (
    select
        lines.rule_set_id,
        case
            when lines.cause_credit_number is not null
                then lines.credit_id || ':' || lines.line_kind_code || ':' || causes.cause_code
            else lines.credit_id
        end as line_id,
        lines.payee_id,
        lines.plan_id,
        lines.plan_version,
        lines.component_id,
        lines.calendar_id,
        case
            when lines.cause_credit_number is not null then causes.period_id
            else lines.period_id
        end as period_id,
        lines.window_period_id,
        case
            when true_ups.scope_number is not null then 'true_up'
            when lines.is_period_credit and lines.line_kind_code = 'event' then lines.event_kind_code
            else lines.line_kind_code
        end as line_kind_code,
        lines.credit_id,
        case when not lines.is_period_credit then lines.event_id end as event_id,
        lines.event_kind_code,
        case
            when lines.cause_credit_number is not null then causes.credit_date
            else lines.credit_date
        end as line_date,
        lines.unrounded_amount,
        lines.earned_amount,
        lines.payout_currency_code as currency_code,
        lines.team_id,
        lines.region_id,
        lines.is_held,
        case
            when lines.is_held
                then 'held: '
                    || coalesce(
                        lines.hold_text,
                        case
                            when lines.is_outside
                                then 'the measure lies outside of the curve, which calls that an error'
                        end,
                        rates_missing.hold_text,
                        'an earlier line, or what else it reads, is held or unknown'
                    )
            when true_ups.scope_number is not null
                then lines.period_cause_text || ', less what earlier periods of the window were paid'
            when lines.is_period_credit and lines.line_kind_code = 'event' then lines.period_cause_text
            when lines.line_kind_code = 'rerate'
                then
                    coalesce(lines.period_cause_text || ', ', '')
                    || 're-rated, because event ' || causes.counted_event_id || ' crossed a bound'
            when lines.line_kind_code = 'release'
                then
                    coalesce(lines.period_cause_text || ', ', '')
                    || case when lines.unrounded_amount < 0 then 'taken back' else 'released' end
                    || ', because event ' || causes.counted_event_id || ' '
                    || case when lines.unrounded_amount < 0 then 'closed' else 'opened' end || ' the gate'
            when lines.is_reversal and lines.reversal_window_code = 'mirror'
                then 'mirrors the line of ' || lines.sale_credit_id
            when lines.is_reversal
                then 'reverses the sale of ' || lines.sale_credit_id
            when lines.credit_date <> lines.event_date
                then 'of ' || cast(lines.event_date as {{ dbt.type_string() }})
                    || ', and counts from ' || cast(lines.credit_date as {{ dbt.type_string() }})
                    || ' on, because its period was closed when it came'
            else cells.cell_text
        end as cause_text
    from lines
    left join rates_missing
        on lines.credit_number = rates_missing.credit_number
    left join true_ups
        on
            lines.scope_number = true_ups.scope_number
            and lines.position = true_ups.position
    left join cells
        on lines.credit_number = cells.credit_number
    left join causes
        on lines.cause_credit_number = causes.credit_number
),

period_lines as (
    select
        rule_set_id,
        line_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        calendar_id,
        period_id,
        window_period_id,
        line_kind_code,
        cast(null as {{ dbt.type_string() }}) as credit_id,
        cast(null as {{ dbt.type_string() }}) as event_id,
        line_kind_code as event_kind_code,
        line_date,
        unrounded_amount,
        earned_amount,
        currency_code,
        team_id,
        region_id,
        is_held,
        cause_text
    from {{ ref('int_pay_period_lines') }}
)
{%- for source in ['event_lines', 'period_lines'] %}

select
    rule_set_id,
    line_id,
    payee_id,
    plan_id,
    plan_version,
    component_id,
    calendar_id,
    period_id,
    window_period_id,
    line_kind_code,
    credit_id,
    event_id,
    event_kind_code,
    line_date,
    unrounded_amount,
    earned_amount,
    currency_code,
    team_id,
    region_id,
    is_held,
    cause_text
from {{ source }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
