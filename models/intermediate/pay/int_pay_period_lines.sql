-- One row a line that no event causes: of a period, with its cause in words. One model a kind; each is united here, and
-- its slices in int_pay_period_slices. Where pay goes out in another currency than the plan's the line is converted
-- here, once, at the rate of its stretch's last day; plan_amount is what it was before.
{%- set kinds = {
    'floor': [
        'int_pay_floors', 'floor_line_amount', 'floor_line_amount',
        "'a line that the floor reads is held'",
        "'lifts ' || coalesce(component_id, 'the plan') || ' in ' || span_period_id || ' to its floor'",
    ],
    'carry': [
        'int_pay_carries', 'carry_line_amount', 'counted_amount',
        "'a line of this period or an earlier one is held, so nobody knows what is carried'",
        "'paid in ' || period_id || ' of what lay above the cap of earlier periods'",
    ],
} %}
with spans as (
    select
        span_number,
        currency_code,
        payout_currency_code,
        is_converted,
        minor_unit_digits,
        rounding_method_code,
        exchange_rate,
        inverse_rate,
        rate_hold_text
    from {{ ref('int_pay_spans') }}
),

lines as (
    {%- for kind, (model, amount, counted_amount, hold_text, cause_text) in kinds.items() %}
    select
        span_number,
        rule_set_id,
        line_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        calendar_id,
        period_id,
        '{{ kind }}' as line_kind_code,
        line_date,
        {{ amount }} as plan_amount,
        {{ counted_amount }} as counted_amount,
        team_id,
        region_id,
        is_held,
        case when is_held then {{ hold_text }} end as hold_text,
        {{ cause_text }} as cause_text
    from {{ ref(model) }}
    where
        is_held
        or {{ amount }} <> 0
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

lines_converted as (
    select
        lines.span_number,
        lines.rule_set_id,
        lines.line_id,
        lines.payee_id,
        lines.plan_id,
        lines.plan_version,
        lines.component_id,
        lines.calendar_id,
        lines.period_id,
        lines.line_kind_code,
        lines.line_date,
        case when spans.is_converted then lines.plan_amount end as plan_amount,
        case
            when not spans.is_converted then lines.plan_amount
            else {{ convert_exactly('lines.plan_amount', 'spans.exchange_rate', 'spans.inverse_rate') }}
        end as unrounded_amount,
        lines.counted_amount,
        spans.is_converted,
        spans.minor_unit_digits,
        spans.rounding_method_code,
        spans.payout_currency_code as currency_code,
        spans.currency_code as plan_currency_code,
        lines.team_id,
        lines.region_id,
        coalesce(lines.hold_text, spans.rate_hold_text) as hold_text,
        lines.cause_text
    from lines
    inner join spans
        on lines.span_number = spans.span_number
)

select
    span_number,
    rule_set_id,
    line_id,
    payee_id,
    plan_id,
    plan_version,
    component_id,
    calendar_id,
    period_id,
    cast(null as {{ dbt.type_string() }}) as window_period_id,
    line_kind_code,
    line_date,
    plan_amount,
    unrounded_amount,
    case
        when is_converted
            then cast(
                    {{ round_to_minor_unit('unrounded_amount', 'minor_unit_digits', 'rounding_method_code') }}
                    as {{ pay_type() }}
                )
        else counted_amount
    end as earned_amount,
    currency_code,
    plan_currency_code,
    team_id,
    region_id,
    hold_text is not null as is_held,
    case when hold_text is not null then 'held: ' || hold_text else cause_text end as cause_text
from lines_converted
