with measures as (
    select
        scope_number,
        position,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        credit_id,
        event_id,
        currency_code,
        quota_amount,
        measure_before_amount,
        measure_after_amount
    from {{ ref('int_pay_measures') }}
),

curves as (
    select
        scope_number,
        position,
        caused_by_position,
        trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        slice_order,
        base_amount,
        from_amount,
        to_amount,
        rate_ratio,
        prior_rate_ratio,
        numerator_amount,
        denominator_amount,
        point_pay_amount,
        slice_amount
    from {{ ref('int_pay_curves') }}
),

roundings as (
    select
        scope_number,
        position,
        caused_by_position,
        line_id,
        period_id,
        unrounded_amount,
        earned_amount
    from {{ ref('int_pay_roundings') }}
    where not is_held
),

slices as (
    select
        roundings.scope_number,
        roundings.position,
        roundings.line_id,
        roundings.period_id,
        curves.trace_kind_code,
        curves.tier_number,
        curves.lower_bound_amount,
        curves.upper_bound_amount,
        curves.slice_order,
        curves.base_amount,
        curves.from_amount,
        curves.to_amount,
        curves.rate_ratio,
        curves.prior_rate_ratio,
        curves.numerator_amount,
        curves.denominator_amount,
        curves.point_pay_amount,
        curves.slice_amount
    from curves
    inner join roundings
        on
            curves.scope_number = roundings.scope_number
            and curves.position = roundings.position
            and coalesce(curves.caused_by_position, 0) = coalesce(roundings.caused_by_position, 0)
    union all
    select
        scope_number,
        position,
        line_id,
        period_id,
        'rounding' as trace_kind_code,
        cast(null as bigint) as tier_number,
        cast(null as {{ pay_type() }}) as lower_bound_amount,
        cast(null as {{ pay_type() }}) as upper_bound_amount,
        9999 as slice_order,
        cast(null as {{ pay_type() }}) as base_amount,
        cast(null as {{ pay_type() }}) as from_amount,
        cast(null as {{ pay_type() }}) as to_amount,
        cast(null as {{ ratio_type() }}) as rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        cast(null as {{ pay_type() }}) as point_pay_amount,
        cast(earned_amount - unrounded_amount as {{ pay_type() }}) as slice_amount
    from roundings
    where earned_amount <> unrounded_amount
)

select
    measures.rule_set_id,
    slices.line_id,
    cast(slices.slice_order as integer) as slice_number,
    slices.trace_kind_code,
    measures.payee_id,
    measures.plan_id,
    measures.plan_version,
    measures.component_id,
    slices.period_id,
    measures.credit_id,
    measures.event_id,
    slices.tier_number,
    slices.lower_bound_amount,
    slices.upper_bound_amount,
    slices.base_amount,
    slices.from_amount,
    slices.to_amount,
    slices.rate_ratio,
    slices.prior_rate_ratio,
    slices.numerator_amount,
    slices.denominator_amount,
    slices.point_pay_amount,
    slices.slice_amount,
    measures.measure_before_amount,
    measures.measure_after_amount,
    measures.quota_amount,
    measures.currency_code
from slices
inner join measures
    on
        slices.scope_number = measures.scope_number
        and slices.position = measures.position
