-- One row a point of steps and interpolation: what is owed at a point is a function of it; a line is the difference of
-- two points. Kinds: owed_after and owed_before.
with pointwise_credits as (
    select
        scope_number,
        position,
        terms_number,
        sale_code,
        measure_before_amount,
        measure_after_amount
    from {{ ref('int_pay_measures') }}
    where
        not is_held
        and not is_mirror
        and style_code in ('step', 'interpolated')
        -- What is returned after the terms of its window have changed has slices of its own.
        and credit_number not in (select moves.credit_number from {{ ref('int_pay_returned_moves') }} as moves)
),

-- Read anew: what a query reads twice is kept in memory whole.
measures as (
    select
        scope_number,
        position,
        sale_code
    from {{ ref('int_pay_measures') }}
    where
        not is_held
        and not is_mirror
),

pointwise_scopes as (
    select distinct scope_number
    from pointwise_credits
),

-- A window begins with nothing owed, also where the curve pays something at 0; earlier versions may have other styles.
first_credits as (
    select
        measures.scope_number,
        measures.sale_code,
        min(measures.position) as first_position
    from measures
    inner join pointwise_scopes
        on measures.scope_number = pointwise_scopes.scope_number
    group by measures.scope_number, measures.sale_code
),

forward_credits as (
    select
        credits.scope_number,
        credits.position,
        credits.terms_number,
        credits.measure_before_amount,
        credits.measure_after_amount,
        credits.position = first_credits.first_position as is_first
    from pointwise_credits as credits
    inner join first_credits
        on
            credits.scope_number = first_credits.scope_number
            and credits.sale_code = first_credits.sale_code
),

tiers as (
    select
        scope_number,
        terms_number,
        tier_number,
        is_lower_included,
        is_upper_included,
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
        terms_number,
        'owed_after' as trace_kind_code,
        1 as direction,
        measure_after_amount as point_amount
    from forward_credits
    union all
    select
        scope_number,
        position,
        terms_number,
        'owed_before' as trace_kind_code,
        -1 as direction,
        measure_before_amount as point_amount
    from forward_credits
    where not is_first
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
        credits.point_amount,
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
            and credits.terms_number = tiers.terms_number
            and {{ tier_holds('credits.point_amount') }}
)

select
    scope_number,
    position,
    cast(null as bigint) as caused_by_credit_number,
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
-- Nothing is owed at 0 by most curves: that says nothing.
where trace_kind_code = 'owed_after' or point_amount <> 0 or lower_pay_amount <> 0 or base_amount is not null
