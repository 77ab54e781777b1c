-- One row a slice of retroactive pay: owed = rate(tier of X) x Y, Y of the credits of one set of terms. Kinds: slice,
-- and rerate, the catch-up of a crossing on the crossing credit or on the credits that it re-rates.
with credits as (
    select
        credit_number,
        scope_number,
        position,
        terms_number,
        catch_up_code,
        is_mirror,
        sale_credit_number,
        sale_code,
        pay_credit_amount,
        measure_before_amount,
        measure_after_amount
    from {{ ref('int_pay_measures') }}
    where
        not is_held
        and style_code = 'retroactive'
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
        excess_over_amount,
        rate_ratio
    from {{ ref('int_pay_tiers') }}
),

-- What a mirror has taken back is in no later catch-up: from its own place on, or from that of its sale, where the sale
-- came so late that it counts after it.
returned_credits as (
    select
        reversals.scope_number,
        reversals.position,
        reversals.pay_credit_amount,
        greatest(reversals.position, sales.position) as counted_position
    from credits as reversals
    inner join credits as sales
        on
            reversals.sale_credit_number = sales.credit_number
            and reversals.scope_number = sales.scope_number
    where reversals.is_mirror
),

bases as (
    select
        credits.scope_number,
        credits.credit_number,
        credits.position,
        credits.terms_number,
        credits.catch_up_code,
        credits.sale_code,
        credits.is_mirror,
        credits.measure_before_amount,
        credits.measure_after_amount,
        case
            when credits.is_mirror then coalesce(returned_credits.pay_credit_amount, 0)
            else credits.pay_credit_amount
        end as pay_credit_amount,
        coalesce(returned_credits.counted_position, credits.position) as counted_position
    from credits
    left join returned_credits
        on
            credits.scope_number = returned_credits.scope_number
            and credits.position = returned_credits.position
),

bases_added as (
    select
        scope_number,
        credit_number,
        position,
        terms_number,
        catch_up_code,
        sale_code,
        is_mirror,
        measure_before_amount,
        measure_after_amount,
        pay_credit_amount,
        sum(pay_credit_amount) over (
            partition by scope_number, terms_number, sale_code
            order by counted_position, is_mirror, position
            rows between unbounded preceding and current row
        ) as base_after_amount
    from bases
),

retroactive_credits as (
    select
        scope_number,
        credit_number,
        position,
        terms_number,
        catch_up_code,
        sale_code,
        measure_before_amount,
        measure_after_amount,
        cast(base_after_amount - pay_credit_amount as {{ pay_type() }}) as base_before_amount,
        cast(base_after_amount as {{ pay_type() }}) as base_after_amount
    from bases_added
    where not is_mirror
),

retroactive_tiers_after as (
    select
        credits.scope_number,
        credits.credit_number,
        credits.position,
        credits.terms_number,
        credits.catch_up_code,
        credits.sale_code,
        credits.measure_before_amount,
        {{ above_excess('credits.base_before_amount', 'tiers') }} as base_before_amount,
        {{ above_excess('credits.base_after_amount', 'tiers') }} as base_after_amount,
        tiers.excess_over_amount,
        tiers.tier_number,
        tiers.lower_bound_amount,
        tiers.upper_bound_amount,
        tiers.rate_ratio
    from retroactive_credits as credits
    inner join tiers
        on
            credits.scope_number = tiers.scope_number
            and credits.terms_number = tiers.terms_number
            and {{ tier_holds('credits.measure_after_amount') }}
    -- What is returned after the terms of its window have changed has slices of its own.
    where credits.credit_number not in (select moves.credit_number from {{ ref('int_pay_returned_moves') }} as moves)
),

retroactive_slices as (
    select
        scope_number,
        position,
        cast(null as bigint) as caused_by_credit_number,
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
        credits.credit_number,
        credits.position,
        credits.terms_number,
        credits.catch_up_code,
        credits.sale_code,
        credits.base_before_amount,
        credits.excess_over_amount,
        credits.tier_number,
        credits.lower_bound_amount,
        credits.upper_bound_amount,
        credits.rate_ratio,
        tiers.rate_ratio as prior_rate_ratio
    from retroactive_tiers_after as credits
    inner join tiers
        on
            credits.scope_number = tiers.scope_number
            and credits.terms_number = tiers.terms_number
            and {{ tier_holds('credits.measure_before_amount') }}
    where credits.rate_ratio <> tiers.rate_ratio
),

rerates_to_crossing_event as (
    select
        scope_number,
        position,
        cast(null as bigint) as caused_by_credit_number,
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
        crossings.credit_number as caused_by_credit_number,
        'rerate' as trace_kind_code,
        crossings.tier_number,
        crossings.lower_bound_amount,
        crossings.upper_bound_amount,
        {{ above_excess('earlier.base_before_amount', 'crossings') }} as from_amount,
        {{ above_excess('earlier.base_after_amount', 'crossings') }} as to_amount,
        crossings.rate_ratio,
        crossings.prior_rate_ratio
    from retroactive_crossings as crossings
    inner join retroactive_credits as earlier
        on
            crossings.scope_number = earlier.scope_number
            and crossings.terms_number = earlier.terms_number
            and crossings.sale_code = earlier.sale_code
            and crossings.position > earlier.position
    where
        crossings.catch_up_code = 'events_re_rated'
        and {{ above_excess('earlier.base_before_amount', 'crossings') }}
        <> {{ above_excess('earlier.base_after_amount', 'crossings') }}
),

product_sources as (
    {%- for kind in ['retroactive_slices', 'rerates_to_crossing_event', 'rerates_to_events'] %}
    select
        scope_number,
        position,
        caused_by_credit_number,
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
