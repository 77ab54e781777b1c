-- One row a payee, component whose cap of a pay period carries what lies above it, and period that is over: what was
-- carried into it, what of that is paid after the period's own pay and inside its cap, the oldest first, and what
-- expires with it. From the first period on in which a line is held, nobody can say what is left.
{%- set paid %}
    greatest(
        least(
            period.added_before_amount - greatest(coalesce(before.used_amount, 0), period.expired_amount),
            period.room_amount
        ),
        0
    )
{%- endset %}
{%- set inputs = {
    'span_period_id': [dbt.type_string(), 'span_period_id'],
    'added_before_amount': [pay_type(), 'added_before_amount'],
    'added_amount': [pay_type(), 'added_amount'],
    'expired_amount': [pay_type(), 'expired_amount'],
    'expiring_amount': [pay_type(), 'expiring_amount'],
    'room_amount': [pay_type(), 'room_amount'],
} %}
{%- set states = {
    'paid_amount': [pay_type(), '0', paid],
    'used_amount': [
        pay_type(), '0',
        'greatest(greatest(coalesce(before.used_amount, 0), period.expired_amount) + ' ~ paid
        ~ ', period.expiring_amount)'
    ],
} %}
with spans as (
    select
        span_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        calendar_id,
        span_period_id,
        period_id,
        start_date,
        end_date,
        is_converted,
        minor_unit_digits,
        rounding_method_code,
        team_id,
        region_id,
        hold_text,
        cap_amount,
        carried_periods
    from {{ ref('int_pay_spans') }}
    where rule_code = 'carry'
),

components as (
    select distinct
        rule_set_id,
        payee_id,
        plan_id,
        component_id
    from spans
),

scopes as (
    select
        scopes.scope_number,
        scopes.rule_set_id,
        scopes.payee_id,
        scopes.plan_id,
        scopes.component_id
    from {{ ref('int_pay_scopes') }} as scopes
    inner join components
        on
            scopes.rule_set_id = components.rule_set_id
            and scopes.payee_id = components.payee_id
            and scopes.plan_id = components.plan_id
            and scopes.component_id = components.component_id
),

measures as (
    select
        credit_number,
        period_id
    from {{ ref('int_pay_measures') }}
),

roundings as (
    select
        scope_number,
        position,
        cause_credit_number,
        coalesce(cause_credit_number, credit_number) as posting_credit_number,
        -- In the plan's currency, whatever it is paid in.
        coalesce(plan_amount, unrounded_amount) as own_amount,
        is_held and plan_amount is null as is_held
    from {{ ref('int_pay_roundings') }}
),

-- What the cap of a period takes off a line.
capped_lines as (
    select
        scope_number,
        position,
        coalesce(caused_by_credit_number, -1) as caused_by_credit_number,
        slice_amount
    from {{ ref('int_pay_limits') }}
    where
        slice_order = {{ limit_slice_order('period') }}
        and not is_held
    union all
    select
        scope_number,
        position,
        coalesce(caused_by_credit_number, -1) as caused_by_credit_number,
        slice_amount
    from {{ ref('int_pay_linked_limits') }}
    where
        slice_order = {{ limit_slice_order('period') }}
        and not is_held
),

amounts as (
    select
        roundings.scope_number,
        roundings.posting_credit_number,
        roundings.own_amount,
        -capped_lines.slice_amount as above_amount,
        case when roundings.is_held then 1 else 0 end as held_count
    from roundings
    left join capped_lines
        on
            roundings.scope_number = capped_lines.scope_number
            and roundings.position = capped_lines.position
            and coalesce(roundings.cause_credit_number, -1) = capped_lines.caused_by_credit_number
),

periods_added as (
    select
        scopes.rule_set_id,
        scopes.payee_id,
        scopes.plan_id,
        scopes.component_id,
        measures.period_id,
        sum(amounts.own_amount) as own_amount,
        sum(amounts.above_amount) as above_amount,
        max(amounts.held_count) as held_count
    from amounts
    inner join scopes
        on amounts.scope_number = scopes.scope_number
    inner join measures
        on amounts.posting_credit_number = measures.credit_number
    group by scopes.rule_set_id, scopes.payee_id, scopes.plan_id, scopes.component_id, measures.period_id
),

numbered_periods as (
    select
        rule_set_id,
        calendar_id,
        period_id,
        row_number() over (
            partition by rule_set_id, calendar_id, period_kind_code
            order by start_date
        ) as period_number
    from {{ ref('stg_planning__calendars') }}
),

periods as (
    select
        spans.rule_set_id,
        spans.payee_id,
        spans.plan_id,
        spans.component_id,
        spans.span_period_id,
        spans.end_date,
        spans.carried_periods,
        numbered_periods.period_number,
        cast(greatest(coalesce(periods_added.above_amount, 0), 0) as {{ pay_type() }}) as added_amount,
        -- Where the terms of the period carry nothing, nothing is paid of what others carried into it.
        cast(
            case
                when spans.carried_periods is null then 0
                else greatest(spans.cap_amount - coalesce(periods_added.own_amount, 0), 0)
            end
            as {{ pay_type() }}
        ) as room_amount,
        max(
            case when spans.hold_text is not null or coalesce(periods_added.held_count, 0) = 1 then 1 else 0 end
        ) over (
            partition by spans.rule_set_id, spans.payee_id, spans.plan_id, spans.component_id
            order by spans.end_date
            rows between unbounded preceding and current row
        ) = 1 as is_held
    from spans
    inner join numbered_periods
        on
            spans.rule_set_id = numbered_periods.rule_set_id
            and spans.calendar_id = numbered_periods.calendar_id
            and spans.span_period_id = numbered_periods.period_id
    left join periods_added
        on
            spans.rule_set_id = periods_added.rule_set_id
            and spans.payee_id = periods_added.payee_id
            and spans.plan_id = periods_added.plan_id
            and spans.component_id = periods_added.component_id
            and spans.span_period_id = periods_added.period_id
),

periods_with_earlier as (
    select
        periods.rule_set_id,
        periods.payee_id,
        periods.plan_id,
        periods.component_id,
        periods.span_period_id,
        periods.end_date,
        periods.added_amount,
        periods.room_amount,
        cast(coalesce(sum(earlier.added_amount), 0) as {{ pay_type() }}) as added_before_amount,
        cast(
            coalesce(
                sum(
                    case
                        when earlier.period_number < periods.period_number - periods.carried_periods
                            then earlier.added_amount
                    end
                ),
                0
            )
            as {{ pay_type() }}
        ) as expired_amount,
        cast(
            coalesce(
                sum(
                    case
                        when earlier.period_number <= periods.period_number - periods.carried_periods
                            then earlier.added_amount
                    end
                ),
                0
            )
            as {{ pay_type() }}
        ) as expiring_amount
    from periods
    left join periods as earlier
        on
            periods.rule_set_id = earlier.rule_set_id
            and periods.payee_id = earlier.payee_id
            and periods.plan_id = earlier.plan_id
            and periods.component_id = earlier.component_id
            and periods.period_number > earlier.period_number
    where not periods.is_held
    group by
        periods.rule_set_id, periods.payee_id, periods.plan_id, periods.component_id, periods.span_period_id,
        periods.end_date, periods.added_amount, periods.room_amount
),

periods_folded as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        {{ unnest_rows(fold_periods('end_date', inputs, states)) }} as folded
    from periods_with_earlier
    group by rule_set_id, payee_id, plan_id, component_id
),

carries as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        {{ struct_field('folded', 'span_period_id') }} as span_period_id,
        {{ struct_field('folded', 'added_before_amount') }} as added_before_amount,
        {{ struct_field('folded', 'added_amount') }} as added_amount,
        {{ struct_field('folded', 'paid_amount') }} as paid_amount,
        {{ struct_field('folded', 'used_amount') }} as used_amount
    from periods_folded
    where {{ struct_field('folded', 'span_period_id') }} is not null
)

select
    spans.span_number,
    spans.rule_set_id,
    'carry:' || spans.period_id || ':' || spans.payee_id || ':' || spans.plan_id || ':' || spans.component_id
        as line_id,
    spans.payee_id,
    spans.plan_id,
    spans.plan_version,
    spans.component_id,
    spans.calendar_id,
    spans.period_id,
    spans.end_date as line_date,
    spans.team_id,
    spans.region_id,
    periods.is_held,
    carries.added_amount,
    carries.paid_amount as carry_line_amount,
    case
        when spans.is_converted then carries.paid_amount
        else {{ round_to_minor_unit('carries.paid_amount', 'spans.minor_unit_digits', 'spans.rounding_method_code') }}
    end as counted_amount,
    carries.added_before_amount + carries.added_amount - carries.used_amount as balance_amount
from spans
inner join periods
    on
        spans.rule_set_id = periods.rule_set_id
        and spans.payee_id = periods.payee_id
        and spans.plan_id = periods.plan_id
        and spans.component_id = periods.component_id
        and spans.span_period_id = periods.span_period_id
left join carries
    on
        spans.rule_set_id = carries.rule_set_id
        and spans.payee_id = carries.payee_id
        and spans.plan_id = carries.plan_id
        and spans.component_id = carries.component_id
        and spans.span_period_id = carries.span_period_id
where
    periods.is_held
    or carries.added_amount <> 0
    or carries.added_before_amount <> carries.used_amount
    or carries.paid_amount <> 0
