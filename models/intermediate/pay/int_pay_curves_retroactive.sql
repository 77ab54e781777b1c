-- One row a slice of retroactive pay: owed = rate(tier of X) x Y, Y of the credits of one plan version. Kinds: slice,
-- and rerate, the catch-up of a crossing on the crossing credit or on the credits that it re-rates.
with forward_credits as (
    select
        scope_number,
        position,
        plan_version,
        credit_kind_code,
        origin_event_id,
        window_code,
        catch_up_code,
        pay_credit_amount,
        measure_before_amount,
        measure_after_amount
    from {{ ref('int_pay_measures') }}
    where
        not is_held
        and not is_mirror
        and style_code = 'retroactive'
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
        rate_ratio
    from {{ ref('int_pay_tiers') }}
),

retroactive_credits as (
    select
        scope_number,
        position,
        plan_version,
        catch_up_code,
        case when window_code = 'none' then origin_event_id || ':' || credit_kind_code else '' end as sale_code,
        measure_before_amount,
        measure_after_amount,
        pay_credit_amount,
        sum(pay_credit_amount) over (
            partition by
                scope_number,
                plan_version,
                case when window_code = 'none' then origin_event_id || ':' || credit_kind_code else '' end
            order by position
            rows between unbounded preceding and current row
        ) as base_after_amount
    from forward_credits
),

retroactive_tiers_after as (
    select
        credits.scope_number,
        credits.position,
        credits.plan_version,
        credits.catch_up_code,
        credits.sale_code,
        credits.measure_before_amount,
        cast(credits.base_after_amount - credits.pay_credit_amount as {{ pay_type() }}) as base_before_amount,
        cast(credits.base_after_amount as {{ pay_type() }}) as base_after_amount,
        tiers.tier_number,
        tiers.lower_bound_amount,
        tiers.upper_bound_amount,
        tiers.rate_ratio
    from retroactive_credits as credits
    inner join tiers
        on
            credits.scope_number = tiers.scope_number
            and credits.plan_version = tiers.plan_version
            and {{ tier_holds('credits.measure_after_amount') }}
),

retroactive_slices as (
    select
        scope_number,
        position,
        cast(null as bigint) as caused_by_position,
        'slice' as trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        base_before_amount as from_amount,
        base_after_amount as to_amount,
        rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio
    from retroactive_tiers_after
),

retroactive_crossings as (
    select
        credits.scope_number,
        credits.position,
        credits.plan_version,
        credits.catch_up_code,
        credits.sale_code,
        credits.base_before_amount,
        credits.tier_number,
        credits.lower_bound_amount,
        credits.upper_bound_amount,
        credits.rate_ratio,
        tiers.rate_ratio as prior_rate_ratio
    from retroactive_tiers_after as credits
    inner join tiers
        on
            credits.scope_number = tiers.scope_number
            and credits.plan_version = tiers.plan_version
            and {{ tier_holds('credits.measure_before_amount') }}
    where credits.rate_ratio <> tiers.rate_ratio
),

rerates_to_crossing_event as (
    select
        scope_number,
        position,
        cast(null as bigint) as caused_by_position,
        'rerate' as trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        cast(0 as {{ pay_type() }}) as from_amount,
        base_before_amount as to_amount,
        rate_ratio,
        prior_rate_ratio
    from retroactive_crossings
    where
        catch_up_code = 'crossing_event'
        and base_before_amount <> 0
),

-- One row for each earlier credit that a crossing re-rates.
rerates_to_events as (
    select
        earlier.scope_number,
        earlier.position,
        crossings.position as caused_by_position,
        'rerate' as trace_kind_code,
        crossings.tier_number,
        crossings.lower_bound_amount,
        crossings.upper_bound_amount,
        cast(earlier.base_after_amount - earlier.pay_credit_amount as {{ pay_type() }}) as from_amount,
        cast(earlier.base_after_amount as {{ pay_type() }}) as to_amount,
        crossings.rate_ratio,
        crossings.prior_rate_ratio
    from retroactive_crossings as crossings
    inner join retroactive_credits as earlier
        on
            crossings.scope_number = earlier.scope_number
            and crossings.plan_version = earlier.plan_version
            and crossings.sale_code = earlier.sale_code
            and crossings.position > earlier.position
    where
        crossings.catch_up_code = 'events_re_rated'
        and earlier.pay_credit_amount <> 0
),

product_sources as (
    {%- for kind in ['retroactive_slices', 'rerates_to_crossing_event', 'rerates_to_events'] %}
    select
        scope_number,
        position,
        caused_by_position,
        trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        from_amount,
        to_amount,
        rate_ratio,
        prior_rate_ratio
    from {{ kind }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

{{ product_slices('product_sources') }}
