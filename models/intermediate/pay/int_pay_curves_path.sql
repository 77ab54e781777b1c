-- One row a credit of a path style: the whole credit at one tier, which a later credit does not change. A kind: slice.
with credits_of_paths as (
    select
        scope_number,
        position,
        terms_number,
        period_id,
        style_code,
        is_held,
        is_mirror,
        pay_credit_amount,
        measure_before_amount,
        measure_after_amount
    from {{ ref('int_pay_measures') }}
    where style_code in ('whole_event_before', 'whole_event_after', 'period_to_date_tier')
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
        rate_ratio
    from {{ ref('int_pay_tiers') }}
),

-- A mirrored return has no slice of its own here, but it moves the measure at which its period ends.
points as (
    select
        scope_number,
        position,
        terms_number,
        is_held,
        is_mirror,
        pay_credit_amount,
        case style_code
            when 'whole_event_before' then measure_before_amount
            when 'whole_event_after' then measure_after_amount
            else last_value(measure_after_amount) over (
                    partition by scope_number, period_id
                    order by position
                    rows between unbounded preceding and unbounded following
                )
        end as point_amount
    from credits_of_paths
),

path_credits as (
    select
        scope_number,
        position,
        terms_number,
        pay_credit_amount,
        point_amount
    from points
    where
        not is_held
        and not is_mirror
),

path_slices as (
    select
        credits.scope_number,
        credits.position,
        cast(null as bigint) as caused_by_credit_number,
        'slice' as trace_kind_code,
        tiers.tier_number,
        tiers.lower_bound_amount,
        tiers.upper_bound_amount,
        cast(0 as {{ pay_type() }}) as from_amount,
        credits.pay_credit_amount as to_amount,
        tiers.rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio
    from path_credits as credits
    inner join tiers
        on
            credits.scope_number = tiers.scope_number
            and credits.terms_number = tiers.terms_number
            and {{ tier_holds('credits.point_amount') }}
)

{{ product_slices('path_slices') }}
