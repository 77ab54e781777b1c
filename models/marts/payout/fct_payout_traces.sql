with computed_traces as (
    select
        rule_set_id,
        line_id,
        slice_number,
        trace_kind_code,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        period_id,
        credit_id,
        event_id,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        base_amount,
        from_amount,
        to_amount,
        rate_ratio,
        prior_rate_ratio,
        numerator_amount,
        denominator_amount,
        point_pay_amount,
        slice_amount,
        measure_before_amount,
        measure_after_amount,
        quota_amount,
        currency_code
    from {{ ref('int_pay_traces') }}
),

closed_periods as (
    select
        rule_set_id,
        plan_id,
        period_id
    from {{ ref('stg_planning__closed_periods') }}
),

closed_lines as (
    select
        rule_set_id,
        line_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        period_id,
        recomputed_amount,
        posted_amount,
        currency_code
    from {{ ref('int_pay_closed_lines') }}
    where not is_held
),

-- What was posted explains itself; an adjustment is what a closed period recomputes to, less what was posted for it.
closed_traces as (
    select
        rule_set_id,
        line_id,
        cast(1 as integer) as slice_number,
        'posted' as trace_kind_code,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        period_id,
        cast(null as {{ dbt.type_string() }}) as credit_id,
        cast(null as {{ dbt.type_string() }}) as event_id,
        cast(null as bigint) as tier_number,
        cast(null as {{ pay_type() }}) as lower_bound_amount,
        cast(null as {{ pay_type() }}) as upper_bound_amount,
        cast(null as {{ pay_type() }}) as base_amount,
        cast(null as {{ pay_type() }}) as from_amount,
        cast(null as {{ pay_type() }}) as to_amount,
        cast(null as {{ ratio_type() }}) as rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        cast(null as {{ pay_type() }}) as point_pay_amount,
        cast(posted_amount as {{ pay_type() }}) as slice_amount,
        cast(null as {{ pay_type() }}) as measure_before_amount,
        cast(null as {{ pay_type() }}) as measure_after_amount,
        cast(null as decimal(18, 4)) as quota_amount,
        currency_code
    from closed_lines
    where recomputed_amount is null
    union all
    select
        rule_set_id,
        line_id,
        cast(1 as integer) as slice_number,
        'recomputed' as trace_kind_code,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        period_id,
        cast(null as {{ dbt.type_string() }}) as credit_id,
        cast(null as {{ dbt.type_string() }}) as event_id,
        cast(null as bigint) as tier_number,
        cast(null as {{ pay_type() }}) as lower_bound_amount,
        cast(null as {{ pay_type() }}) as upper_bound_amount,
        cast(null as {{ pay_type() }}) as base_amount,
        cast(null as {{ pay_type() }}) as from_amount,
        cast(null as {{ pay_type() }}) as to_amount,
        cast(null as {{ ratio_type() }}) as rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        cast(null as {{ pay_type() }}) as point_pay_amount,
        cast(recomputed_amount as {{ pay_type() }}) as slice_amount,
        cast(null as {{ pay_type() }}) as measure_before_amount,
        cast(null as {{ pay_type() }}) as measure_after_amount,
        cast(null as decimal(18, 4)) as quota_amount,
        currency_code
    from closed_lines
    where recomputed_amount is not null
    union all
    select
        rule_set_id,
        line_id,
        cast(2 as integer) as slice_number,
        'less_posted' as trace_kind_code,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        period_id,
        cast(null as {{ dbt.type_string() }}) as credit_id,
        cast(null as {{ dbt.type_string() }}) as event_id,
        cast(null as bigint) as tier_number,
        cast(null as {{ pay_type() }}) as lower_bound_amount,
        cast(null as {{ pay_type() }}) as upper_bound_amount,
        cast(null as {{ pay_type() }}) as base_amount,
        cast(null as {{ pay_type() }}) as from_amount,
        cast(null as {{ pay_type() }}) as to_amount,
        cast(null as {{ ratio_type() }}) as rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        cast(null as {{ pay_type() }}) as point_pay_amount,
        cast(-posted_amount as {{ pay_type() }}) as slice_amount,
        cast(null as {{ pay_type() }}) as measure_before_amount,
        cast(null as {{ pay_type() }}) as measure_after_amount,
        cast(null as decimal(18, 4)) as quota_amount,
        currency_code
    from closed_lines
    where recomputed_amount is not null
)

select
    computed_traces.rule_set_id,
    computed_traces.line_id,
    computed_traces.slice_number,
    computed_traces.trace_kind_code,
    computed_traces.payee_id,
    computed_traces.plan_id,
    computed_traces.plan_version,
    computed_traces.component_id,
    computed_traces.period_id,
    computed_traces.credit_id,
    computed_traces.event_id,
    computed_traces.tier_number,
    computed_traces.lower_bound_amount,
    computed_traces.upper_bound_amount,
    computed_traces.base_amount,
    computed_traces.from_amount,
    computed_traces.to_amount,
    computed_traces.rate_ratio,
    computed_traces.prior_rate_ratio,
    computed_traces.numerator_amount,
    computed_traces.denominator_amount,
    computed_traces.point_pay_amount,
    computed_traces.slice_amount,
    computed_traces.measure_before_amount,
    computed_traces.measure_after_amount,
    computed_traces.quota_amount,
    computed_traces.currency_code
from computed_traces
left join closed_periods
    on
        computed_traces.rule_set_id = closed_periods.rule_set_id
        and computed_traces.plan_id = closed_periods.plan_id
        and computed_traces.period_id = closed_periods.period_id
where closed_periods.period_id is null
union all
select
    rule_set_id,
    line_id,
    slice_number,
    trace_kind_code,
    payee_id,
    plan_id,
    plan_version,
    component_id,
    period_id,
    credit_id,
    event_id,
    tier_number,
    lower_bound_amount,
    upper_bound_amount,
    base_amount,
    from_amount,
    to_amount,
    rate_ratio,
    prior_rate_ratio,
    numerator_amount,
    denominator_amount,
    point_pay_amount,
    slice_amount,
    measure_before_amount,
    measure_after_amount,
    quota_amount,
    currency_code
from closed_traces
