with measures as (
    select
        scope_number,
        position,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        calendar_id,
        window_period_id,
        credit_id,
        sale_credit_id,
        event_id,
        event_kind_code,
        reversal_window_code,
        is_reversal,
        currency_code,
        team_id,
        region_id,
        hold_text
    from {{ ref('int_pay_measures') }}
),

roundings as (
    select
        scope_number,
        position,
        line_kind_code,
        line_id,
        line_date,
        period_id,
        cause_event_id,
        is_held,
        unrounded_amount,
        earned_amount
    from {{ ref('int_pay_roundings') }}
)

select
    measures.rule_set_id,
    roundings.line_id,
    measures.payee_id,
    measures.plan_id,
    measures.plan_version,
    measures.component_id,
    measures.calendar_id,
    roundings.period_id,
    measures.window_period_id,
    roundings.line_kind_code,
    measures.credit_id,
    measures.event_id,
    measures.event_kind_code,
    roundings.line_date,
    roundings.unrounded_amount,
    roundings.earned_amount,
    measures.currency_code,
    measures.team_id,
    measures.region_id,
    roundings.is_held,
    case
        when roundings.is_held
            then 'held: '
                || coalesce(
                    measures.hold_text, 'an earlier line of the same window, or the line that it reverses, is held'
                )
        when roundings.line_kind_code = 'rerate'
            then 're-rated, because event ' || roundings.cause_event_id || ' crossed a bound'
        when measures.is_reversal and measures.reversal_window_code = 'mirror'
            then 'mirrors the line of ' || measures.sale_credit_id
        when measures.is_reversal
            then 'reverses the sale of ' || measures.sale_credit_id
    end as cause_text
from roundings
inner join measures
    on
        roundings.scope_number = measures.scope_number
        and roundings.position = measures.position
