-- One row a point of steps and interpolation: what is owed at a point is a function of it; a line is the difference of
-- two points. Kinds: owed_after and owed_before.
with forward_credits as (
    select
        scope_number,
        position,
        plan_version,
        measure_before_amount,
        measure_after_amount
    from {{ ref('int_pay_measures') }}
    where
        not is_held
        and not is_mirror
        and style_code in ('step', 'interpolated')
),

tiers as (
    select
        scope_number,
        plan_version,
        tier_number,
        boundary_code,
        lower_bound_amount,
        upper_bound_amount,
        covers_from_amount,
        covers_to_amount,
        lower_pay_amount,
        upper_pay_amount
    from {{ ref('int_pay_tiers') }}
),

point_credits as (
    select
        scope_number,
        position,
        plan_version,
        'owed_after' as trace_kind_code,
        1 as direction,
        measure_after_amount as point_amount
    from forward_credits
    union all
    select
        scope_number,
        position,
        plan_version,
        'owed_before' as trace_kind_code,
        -1 as direction,
        measure_before_amount as point_amount
    from forward_credits
    where measure_before_amount <> 0
),

point_slices as (
    select
        credits.scope_number,
        credits.position,
        credits.trace_kind_code,
        credits.direction,
        tiers.tier_number,
        tiers.lower_bound_amount,
        tiers.upper_bound_amount,
        tiers.lower_pay_amount,
        case
            when tiers.upper_pay_amount is not null and tiers.upper_pay_amount <> tiers.lower_pay_amount
                then tiers.upper_pay_amount - tiers.lower_pay_amount
        end as base_amount,
        case
            when tiers.upper_pay_amount is not null and tiers.upper_pay_amount <> tiers.lower_pay_amount
                then cast(credits.point_amount - tiers.lower_bound_amount as {{ pay_type() }})
        end as numerator_amount,
        case
            when tiers.upper_pay_amount is not null and tiers.upper_pay_amount <> tiers.lower_pay_amount
                then cast(tiers.upper_bound_amount - tiers.lower_bound_amount as {{ pay_type() }})
        end as denominator_amount
    from point_credits as credits
    inner join tiers
        on
            credits.scope_number = tiers.scope_number
            and credits.plan_version = tiers.plan_version
            and {{ tier_holds('credits.point_amount') }}
)

select
    scope_number,
    position,
    cast(null as bigint) as caused_by_position,
    trace_kind_code,
    tier_number,
    lower_bound_amount,
    upper_bound_amount,
    case trace_kind_code when 'owed_before' then 1000 else 0 end + tier_number as slice_order,
    base_amount,
    cast(null as {{ pay_type() }}) as from_amount,
    cast(null as {{ pay_type() }}) as to_amount,
    cast(null as {{ ratio_type() }}) as rate_ratio,
    cast(null as {{ ratio_type() }}) as prior_rate_ratio,
    numerator_amount,
    denominator_amount,
    lower_pay_amount as point_pay_amount,
    cast(
        direction * (
            lower_pay_amount
            + coalesce(
                {{ divide_once(multiply_amounts('base_amount', 'numerator_amount'), 'denominator_amount') }}, 0
            )
        ) as {{ pay_type() }}
    ) as slice_amount
from point_slices
