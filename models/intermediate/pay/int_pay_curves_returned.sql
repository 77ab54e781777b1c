-- One row a slice of a return in whose window the terms have changed since the sale: what each of its moves earns under
-- the terms of its stretch. Kinds: slice, owed_after, owed_before, and rerate, where a lower total has another rate.
with moves as (
    select
        credit_number,
        scope_number,
        position,
        stretch_number,
        terms_number,
        style_code,
        pay_credit_amount,
        point_code,
        is_last_of_terms,
        measure_before_amount,
        measure_after_amount
    from {{ ref('int_pay_returned_moves') }}
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
        upper_pay_amount,
        excess_over_amount,
        rate_ratio
    from {{ ref('int_pay_tiers') }}
    where scope_number in (select moves.scope_number from moves)
),

marginal_slices as (
    select
        moves.scope_number,
        moves.position,
        cast(null as bigint) as caused_by_credit_number,
        'slice' as trace_kind_code,
        moves.stretch_number,
        moves.point_code,
        tiers.tier_number,
        tiers.lower_bound_amount,
        tiers.upper_bound_amount,
        least(greatest(moves.measure_before_amount, tiers.covers_from_amount), tiers.covers_to_amount)
        - coalesce(tiers.lower_bound_amount, 0) as from_amount,
        least(greatest(moves.measure_after_amount, tiers.covers_from_amount), tiers.covers_to_amount)
        - coalesce(tiers.lower_bound_amount, 0) as to_amount,
        tiers.rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio
    from moves
    inner join tiers
        on
            moves.scope_number = tiers.scope_number
            and moves.terms_number = tiers.terms_number
            and least(moves.measure_before_amount, moves.measure_after_amount) < tiers.covers_to_amount
            and greatest(moves.measure_before_amount, moves.measure_after_amount) > tiers.covers_from_amount
    where moves.style_code = 'marginal'
),

-- Y of each set of terms of retroactive pay. A mirror takes off what it gives back of sales of the window.
bases as (
    select
        credits.scope_number,
        credits.position,
        credits.terms_number,
        credits.credit_number,
        credits.catch_up_code,
        credits.is_mirror,
        credits.pay_credit_amount,
        sum(credits.pay_credit_amount) over (
            partition by credits.scope_number, credits.terms_number
            order by credits.position
            rows between unbounded preceding and current row
        ) as base_after_amount
    from {{ ref('int_pay_measures') }} as credits
    left join {{ ref('int_pay_measures') }} as mirrored
        on
            credits.sale_credit_number = mirrored.credit_number
            and credits.scope_number = mirrored.scope_number
    where
        not credits.is_held
        and credits.style_code = 'retroactive'
        and credits.scope_number in (select moves.scope_number from moves)
        and (not credits.is_mirror or mirrored.credit_number is not null)
),

-- A move stands before its own credit: it finds what came before it.
moves_among_bases as (
    select
        scope_number,
        position,
        terms_number,
        0 as is_base,
        cast(null as {{ dbt.type_string() }}) as catch_up_code,
        cast(0 as {{ pay_type() }}) as pay_credit_amount
    from moves
    where
        style_code = 'retroactive'
        and is_last_of_terms
    union all
    select
        scope_number,
        position,
        terms_number,
        1 as is_base,
        catch_up_code,
        pay_credit_amount
    from bases
),

bases_so_far as (
    select
        scope_number,
        position,
        terms_number,
        is_base,
        last_value(catch_up_code ignore nulls) over credits_of_terms as catch_up_code,
        sum(pay_credit_amount) over credits_of_terms as base_amount
    from moves_among_bases
    window credits_of_terms as (
        partition by scope_number, terms_number
        order by position, is_base
        rows between unbounded preceding and current row
    )
),

bases_of_moves as (
    select
        moves.scope_number,
        moves.position,
        moves.credit_number,
        moves.terms_number,
        moves.stretch_number,
        moves.measure_before_amount,
        moves.measure_after_amount,
        bases_so_far.catch_up_code,
        bases_so_far.base_amount as base_before_amount,
        bases_so_far.base_amount + moves.pay_credit_amount as base_after_amount
    from moves
    inner join bases_so_far
        on
            moves.scope_number = bases_so_far.scope_number
            and moves.terms_number = bases_so_far.terms_number
            and moves.position = bases_so_far.position
    where
        moves.style_code = 'retroactive'
        and moves.is_last_of_terms
        and bases_so_far.is_base = 0
),

moves_at_new_rates as (
    select
        moves.scope_number,
        moves.position,
        moves.credit_number,
        moves.terms_number,
        moves.stretch_number,
        moves.catch_up_code,
        moves.measure_before_amount,
        {{ above_excess('moves.base_before_amount', 'tiers') }} as base_before_amount,
        {{ above_excess('moves.base_after_amount', 'tiers') }} as base_after_amount,
        tiers.excess_over_amount,
        tiers.tier_number,
        tiers.lower_bound_amount,
        tiers.upper_bound_amount,
        tiers.rate_ratio
    from bases_of_moves as moves
    inner join tiers
        on
            moves.scope_number = tiers.scope_number
            and moves.terms_number = tiers.terms_number
            and {{ tier_holds('moves.measure_after_amount') }}
),

rated_moves as (
    select
        moves.scope_number,
        moves.position,
        moves.credit_number,
        moves.terms_number,
        moves.stretch_number,
        moves.catch_up_code,
        moves.base_before_amount,
        moves.base_after_amount,
        moves.excess_over_amount,
        moves.tier_number,
        moves.lower_bound_amount,
        moves.upper_bound_amount,
        moves.rate_ratio,
        tiers.rate_ratio as prior_rate_ratio
    from moves_at_new_rates as moves
    inner join tiers
        on
            moves.scope_number = tiers.scope_number
            and moves.terms_number = tiers.terms_number
            and {{ tier_holds('moves.measure_before_amount') }}
),

own_rates as (
    select
        scope_number,
        position,
        cast(null as bigint) as caused_by_credit_number,
        'slice' as trace_kind_code,
        stretch_number,
        'end' as point_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        base_before_amount as from_amount,
        base_after_amount as to_amount,
        rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio
    from rated_moves
    where base_before_amount <> base_after_amount
),

rerates_to_returns as (
    select
        scope_number,
        position,
        cast(null as bigint) as caused_by_credit_number,
        'rerate' as trace_kind_code,
        stretch_number,
        'end' as point_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        cast(0 as {{ pay_type() }}) as from_amount,
        base_before_amount as to_amount,
        rate_ratio,
        prior_rate_ratio
    from rated_moves
    where
        catch_up_code = 'crossing_event'
        and rate_ratio <> prior_rate_ratio
        and base_before_amount <> 0
),

rerates_to_events as (
    select
        earlier.scope_number,
        earlier.position,
        moves.credit_number as caused_by_credit_number,
        'rerate' as trace_kind_code,
        moves.stretch_number,
        'end' as point_code,
        moves.tier_number,
        moves.lower_bound_amount,
        moves.upper_bound_amount,
        {{ above_excess('earlier.base_after_amount - earlier.pay_credit_amount', 'moves') }} as from_amount,
        {{ above_excess('earlier.base_after_amount', 'moves') }} as to_amount,
        moves.rate_ratio,
        moves.prior_rate_ratio
    from rated_moves as moves
    inner join bases as earlier
        on
            moves.scope_number = earlier.scope_number
            and moves.terms_number = earlier.terms_number
            and moves.position > earlier.position
    where
        moves.catch_up_code = 'events_re_rated'
        and moves.rate_ratio <> moves.prior_rate_ratio
        and not earlier.is_mirror
),

products as (
    {%- for kind in ['marginal_slices', 'own_rates', 'rerates_to_returns', 'rerates_to_events'] %}
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
        prior_rate_ratio,
        stretch_number,
        point_code
    from {{ kind }}
    where from_amount <> to_amount
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

points as (
    {%- for kind, column, direction in [
        ('owed_after', 'measure_after_amount', 1), ('owed_before', 'measure_before_amount', -1),
    ] %}
    select
        scope_number,
        position,
        stretch_number,
        terms_number,
        point_code,
        '{{ kind }}' as trace_kind_code,
        {{ direction }} as direction,
        {{ column }} as point_amount
    from moves
    where style_code in ('step', 'interpolated')
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

point_slices as (
    select
        points.scope_number,
        points.position,
        points.stretch_number,
        points.point_code,
        points.trace_kind_code,
        points.direction,
        points.point_amount,
        tiers.tier_number,
        tiers.lower_bound_amount,
        tiers.upper_bound_amount,
        tiers.lower_pay_amount,
        nullif(tiers.upper_pay_amount - tiers.lower_pay_amount, 0) as base_amount
    from points
    inner join tiers
        on
            points.scope_number = tiers.scope_number
            and points.terms_number = tiers.terms_number
            and {{ tier_holds('points.point_amount') }}
),

point_parts as (
    select
        scope_number,
        position,
        stretch_number,
        point_code,
        trace_kind_code,
        direction,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        lower_pay_amount,
        base_amount,
        case
            when base_amount is not null then cast(point_amount - lower_bound_amount as {{ pay_type() }})
        end as numerator_amount,
        case
            when base_amount is not null then cast(upper_bound_amount - lower_bound_amount as {{ pay_type() }})
        end as denominator_amount
    from point_slices
),

slices as (
    select
        scope_number,
        position,
        caused_by_credit_number,
        trace_kind_code,
        stretch_number,
        point_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        cast(to_amount - from_amount as {{ pay_type() }}) as base_amount,
        cast(from_amount as {{ pay_type() }}) as from_amount,
        cast(to_amount as {{ pay_type() }}) as to_amount,
        rate_ratio,
        prior_rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        cast(null as {{ pay_type() }}) as point_pay_amount,
        {{ product_slice_amount() }} as slice_amount
    from products
    union all
    select
        scope_number,
        position,
        cast(null as bigint) as caused_by_credit_number,
        trace_kind_code,
        stretch_number,
        point_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
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
    from point_parts
)

select
    scope_number,
    position,
    caused_by_credit_number,
    trace_kind_code,
    tier_number,
    lower_bound_amount,
    upper_bound_amount,
    row_number() over (
        partition by scope_number, position, caused_by_credit_number
        order by stretch_number, point_code, trace_kind_code, tier_number
    ) as slice_order,
    base_amount,
    from_amount,
    to_amount,
    rate_ratio,
    prior_rate_ratio,
    numerator_amount,
    denominator_amount,
    point_pay_amount,
    slice_amount
from slices
