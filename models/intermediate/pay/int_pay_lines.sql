-- One row a line as this run computes it, those of closed periods too. A view: fct_payout_lines shows the lines of open
-- periods, int_pay_closed_lines compares those of closed ones with what was posted.
{{ config(materialized='view') }}

with credits as (
    select
        credit_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        calendar_id,
        period_id,
        window_period_id,
        credit_date,
        event_date,
        credit_id,
        sale_credit_id,
        event_id,
        event_kind_code,
        reversal_window_code,
        is_reversal,
        payout_currency_code,
        team_id,
        region_id,
        hold_text,
        is_period_credit,
        period_cause_text
    from {{ ref('int_pay_credits_named') }}
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

outside_credits as (
    select credit_number
    from {{ ref('int_pay_measures') }}
    where is_outside
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

-- Read on their own, so that the rows above are not kept for the few that are read twice.
causes_numbered as (
    select distinct cause_credit_number
    from {{ ref('int_pay_roundings') }}
    where cause_credit_number is not null
),

causing_credits as (
    select
        credit_number,
        credit_kind_code,
        event_kind_code,
        event_id,
        credit_date,
        period_id
    from {{ ref('int_pay_credits_named') }}
),

-- What crossed a bound or opened a gate, and so changed earlier lines: few.
causes as (
    select
        causing_credits.credit_number,
        causing_credits.credit_kind_code,
        causing_credits.event_kind_code,
        causing_credits.event_id,
        causing_credits.credit_date,
        causing_credits.period_id
    from causing_credits
    inner join causes_numbered
        on causing_credits.credit_number = causes_numbered.cause_credit_number
),

event_lines as (
    select
        credits.rule_set_id,
        case
            when roundings.cause_credit_number is not null
                then
                    credits.credit_id || ':' || roundings.line_kind_code || ':' || causes.credit_kind_code || ':'
                    || causes.event_kind_code || ':' || causes.event_id
            else credits.credit_id
        end as line_id,
        credits.payee_id,
        credits.plan_id,
        credits.plan_version,
        credits.component_id,
        credits.calendar_id,
        case
            when roundings.cause_credit_number is not null then causes.period_id
            else credits.period_id
        end as period_id,
        credits.window_period_id,
        case
            when true_ups.scope_number is not null then 'true_up'
            when credits.is_period_credit and roundings.line_kind_code = 'event' then credits.event_kind_code
            else roundings.line_kind_code
        end as line_kind_code,
        credits.credit_id,
        case when not credits.is_period_credit then credits.event_id end as event_id,
        credits.event_kind_code,
        case
            when roundings.cause_credit_number is not null then causes.credit_date
            else credits.credit_date
        end as line_date,
        roundings.unrounded_amount,
        roundings.earned_amount,
        credits.payout_currency_code as currency_code,
        credits.team_id,
        credits.region_id,
        roundings.is_held,
        case
            when roundings.is_held
                then 'held: '
                    || coalesce(
                        credits.hold_text,
                        case
                            when outside_credits.credit_number is not null
                                then 'the measure lies outside of the curve, which calls that an error'
                        end,
                        rates_missing.hold_text,
                        'an earlier line, or what else it reads, is held or unknown'
                    )
            when true_ups.scope_number is not null
                then credits.period_cause_text || ', less what earlier periods of the window were paid'
            when credits.is_period_credit and roundings.line_kind_code = 'event' then credits.period_cause_text
            when roundings.line_kind_code = 'rerate'
                then
                    case when credits.event_kind_code = 'opening' then credits.period_cause_text || ', ' else '' end
                    || 're-rated, because event ' || causes.event_id || ' crossed a bound'
            when roundings.line_kind_code = 'release'
                then
                    case when credits.event_kind_code = 'opening' then credits.period_cause_text || ', ' else '' end
                    || case when roundings.unrounded_amount < 0 then 'taken back' else 'released' end
                    || ', because event ' || causes.event_id || ' '
                    || case when roundings.unrounded_amount < 0 then 'closed' else 'opened' end || ' the gate'
            when credits.is_reversal and credits.reversal_window_code = 'mirror'
                then 'mirrors the line of ' || credits.sale_credit_id
            when credits.is_reversal
                then 'reverses the sale of ' || credits.sale_credit_id
            when credits.credit_date <> credits.event_date
                then 'of ' || cast(credits.event_date as {{ dbt.type_string() }})
                    || ', and counts from ' || cast(credits.credit_date as {{ dbt.type_string() }})
                    || ' on, because its period was closed when it came'
            else cells.cell_text
        end as cause_text
    from roundings
    inner join credits
        on roundings.credit_number = credits.credit_number
    left join outside_credits
        on roundings.credit_number = outside_credits.credit_number
    left join rates_missing
        on roundings.credit_number = rates_missing.credit_number
    left join true_ups
        on
            roundings.scope_number = true_ups.scope_number
            and roundings.position = true_ups.position
    left join cells
        on roundings.credit_number = cells.credit_number
    left join causes
        on roundings.cause_credit_number = causes.credit_number
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
