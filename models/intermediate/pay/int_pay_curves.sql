-- One row a line and slice of a curve: what a credit earns, and the factors of it. A slice of a state style is a
-- difference of products, P(to) - P(from) with P(x) = x times rate to 12 decimals, so that slices of one tier add up
-- over any credits. Kinds: slice, share (pay credit spread over tiers by length), rerate, owed_after and owed_before
-- (points), mirror.
with measures as (
    select
        credit_number,
        scope_number,
        position,
        plan_version,
        credit_kind_code,
        origin_event_id,
        is_mirror,
        sale_credit_number,
        mirrored_amount,
        mirrored_of_amount,
        period_id,
        window_code,
        style_code,
        catch_up_code,
        quota_credit_amount,
        pay_credit_amount,
        measure_before_amount,
        measure_after_amount
    from {{ ref('int_pay_measures') }}
    where not is_held
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
        rate_ratio,
        lower_pay_amount,
        upper_pay_amount
    from {{ ref('int_pay_tiers') }}
),

forward_credits as (
    select
        scope_number,
        position,
        plan_version,
        credit_kind_code,
        origin_event_id,
        period_id,
        window_code,
        style_code,
        catch_up_code,
        quota_credit_amount,
        pay_credit_amount,
        measure_before_amount,
        measure_after_amount
    from measures
    where not is_mirror
),

-- Marginal: the tiers that [a, b] touches; a credit that moves nothing stands in the tier of a.
marginal_slices as (
    select
        credits.scope_number,
        credits.position,
        credits.quota_credit_amount,
        credits.pay_credit_amount,
        credits.measure_after_amount >= credits.measure_before_amount as is_upward,
        tiers.tier_number,
        tiers.lower_bound_amount,
        tiers.upper_bound_amount,
        tiers.rate_ratio,
        coalesce(tiers.lower_bound_amount, 0) as anchor_amount,
        greatest(least(credits.measure_before_amount, credits.measure_after_amount), tiers.covers_from_amount)
            as low_amount,
        least(greatest(credits.measure_before_amount, credits.measure_after_amount), tiers.covers_to_amount)
            as high_amount
    from forward_credits as credits
    inner join tiers
        on
            credits.scope_number = tiers.scope_number
            and credits.plan_version = tiers.plan_version
            and least(credits.measure_before_amount, credits.measure_after_amount) < tiers.covers_to_amount
            and greatest(credits.measure_before_amount, credits.measure_after_amount) > tiers.covers_from_amount
    where
        credits.style_code = 'marginal'
        and credits.quota_credit_amount <> 0
),

slices_of_one_measure as (
    select
        scope_number,
        position,
        cast(null as bigint) as caused_by_position,
        'slice' as trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        case when is_upward then low_amount else high_amount end - anchor_amount as from_amount,
        case when is_upward then high_amount else low_amount end - anchor_amount as to_amount,
        rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio
    from marginal_slices
    where quota_credit_amount = pay_credit_amount
),

slices_of_two_measures as (
    select
        scope_number,
        position,
        'share' as trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        pay_credit_amount as base_amount,
        rate_ratio,
        case when is_upward then high_amount - low_amount else low_amount - high_amount end as numerator_amount,
        quota_credit_amount as denominator_amount
    from marginal_slices
    where quota_credit_amount <> pay_credit_amount
),

slices_in_place as (
    select
        credits.scope_number,
        credits.position,
        cast(null as bigint) as caused_by_position,
        'slice' as trace_kind_code,
        tiers.tier_number,
        tiers.lower_bound_amount,
        tiers.upper_bound_amount,
        cast(0 as {{ pay_type() }}) as from_amount,
        credits.pay_credit_amount as to_amount,
        tiers.rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio
    from forward_credits as credits
    inner join tiers
        on
            credits.scope_number = tiers.scope_number
            and credits.plan_version = tiers.plan_version
            and {{ tier_holds('credits.measure_before_amount') }}
    where
        credits.style_code = 'marginal'
        and credits.quota_credit_amount = 0
        and credits.pay_credit_amount <> 0
),

-- Path styles: the whole credit at one tier, which a later credit does not change.
path_credits as (
    select
        scope_number,
        position,
        plan_version,
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
    from forward_credits
    where style_code in ('whole_event_before', 'whole_event_after', 'period_to_date_tier')
),

path_slices as (
    select
        credits.scope_number,
        credits.position,
        cast(null as bigint) as caused_by_position,
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
            and credits.plan_version = tiers.plan_version
            and {{ tier_holds('credits.point_amount') }}
),

-- Retroactive: owed = rate(tier of X) x Y, Y of the credits of one plan version.
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
    where style_code = 'retroactive'
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

product_slices as (
    {%- for kind in [
        'slices_of_one_measure', 'slices_in_place', 'path_slices', 'retroactive_slices', 'rerates_to_crossing_event',
        'rerates_to_events',
    ] %}
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
),

-- Steps and interpolation: what is owed at a point is a function of it; a line is the difference of two points.
point_credits as (
    select
        scope_number,
        position,
        plan_version,
        'owed_after' as trace_kind_code,
        1 as direction,
        measure_after_amount as point_amount
    from forward_credits
    where style_code in ('step', 'interpolated')
    union all
    select
        scope_number,
        position,
        plan_version,
        'owed_before' as trace_kind_code,
        -1 as direction,
        measure_before_amount as point_amount
    from forward_credits
    where
        style_code in ('step', 'interpolated')
        and measure_before_amount <> 0
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
),

forward_slices as (
    select
        scope_number,
        position,
        caused_by_position,
        trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        case trace_kind_code when 'rerate' then 1000 else 0 end + tier_number as slice_order,
        cast(to_amount - from_amount as {{ pay_type() }}) as base_amount,
        cast(from_amount as {{ pay_type() }}) as from_amount,
        cast(to_amount as {{ pay_type() }}) as to_amount,
        rate_ratio,
        prior_rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        cast(null as {{ pay_type() }}) as point_pay_amount,
        cast(
            {{ multiply_exact('to_amount', 'rate_ratio') }}
            - case when from_amount = 0 then 0 else {{ multiply_exact('from_amount', 'rate_ratio') }} end
            - case
                when prior_rate_ratio is null then 0
                else {{ multiply_exact('to_amount', 'prior_rate_ratio') }}
                    - {{ multiply_exact('from_amount', 'prior_rate_ratio') }}
            end
            as {{ pay_type() }}
        ) as slice_amount
    from product_slices
    union all
    select
        scope_number,
        position,
        cast(null as bigint) as caused_by_position,
        trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        tier_number as slice_order,
        base_amount,
        cast(null as {{ pay_type() }}) as from_amount,
        cast(null as {{ pay_type() }}) as to_amount,
        rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio,
        cast(numerator_amount as {{ pay_type() }}) as numerator_amount,
        denominator_amount,
        cast(null as {{ pay_type() }}) as point_pay_amount,
        cast(
            {{
                divide_once(
                    multiply_amounts(multiply_exact('base_amount', 'rate_ratio'), 'numerator_amount'),
                    'denominator_amount'
                )
            }}
            as {{ pay_type() }}
        ) as slice_amount
    from slices_of_two_measures
    union all
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
),

-- A mirror takes back what the lines of the sale paid, in proportion to what is reversed.
mirrored_credits as (
    select
        reversals.scope_number,
        reversals.position,
        cast(reversals.mirrored_amount as {{ pay_type() }}) as numerator_amount,
        cast(reversals.mirrored_of_amount as {{ pay_type() }}) as denominator_amount,
        sales.scope_number as sale_scope_number,
        sales.position as sale_position
    from measures as reversals
    inner join measures as sales
        on reversals.sale_credit_number = sales.credit_number
    where reversals.is_mirror
),

mirror_slices as (
    select
        mirrored_credits.scope_number,
        mirrored_credits.position,
        cast(null as bigint) as caused_by_position,
        'mirror' as trace_kind_code,
        forward_slices.tier_number,
        forward_slices.lower_bound_amount,
        forward_slices.upper_bound_amount,
        forward_slices.slice_order,
        forward_slices.slice_amount as base_amount,
        cast(null as {{ pay_type() }}) as from_amount,
        cast(null as {{ pay_type() }}) as to_amount,
        cast(null as {{ ratio_type() }}) as rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio,
        mirrored_credits.numerator_amount,
        mirrored_credits.denominator_amount,
        cast(null as {{ pay_type() }}) as point_pay_amount,
        cast(
            {{
                divide_once(
                    multiply_amounts('forward_slices.slice_amount', 'mirrored_credits.numerator_amount'),
                    'mirrored_credits.denominator_amount'
                )
            }}
            as {{ pay_type() }}
        ) as slice_amount
    from mirrored_credits
    inner join forward_slices
        on
            mirrored_credits.sale_scope_number = forward_slices.scope_number
            and mirrored_credits.sale_position = forward_slices.position
)

{%- set slice_columns = [
    'scope_number', 'position', 'caused_by_position', 'trace_kind_code', 'tier_number', 'lower_bound_amount',
    'upper_bound_amount', 'slice_order', 'base_amount', 'from_amount', 'to_amount', 'rate_ratio', 'prior_rate_ratio',
    'numerator_amount', 'denominator_amount', 'point_pay_amount', 'slice_amount',
] %}

select
    {{ slice_columns | join(',\n    ') }}
from forward_slices
union all
select
    {{ slice_columns | join(',\n    ') }}
from mirror_slices
