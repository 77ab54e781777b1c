-- One row a slice of marginal pay: dY over the tiers that [a, b] touches. Kinds: slice, and share (pay credit spread
-- over tiers by length, where pay is computed on another base). A held credit has no measure, and so meets no tier.
with forward_credits as (
    select
        scope_number,
        position,
        terms_number,
        quota_credit_amount,
        pay_credit_amount,
        measure_before_amount,
        measure_after_amount
    from {{ ref('int_pay_measures') }}
    where
        not is_mirror
        and style_code = 'marginal'
        -- What is returned after the terms of its window have changed has slices of its own.
        and credit_number not in (select moves.credit_number from {{ ref('int_pay_returned_moves') }} as moves)
),

-- Read anew: what a query reads twice is kept in memory whole.
credits_in_place as (
    select
        scope_number,
        position,
        terms_number,
        pay_credit_amount,
        measure_before_amount
    from {{ ref('int_pay_measures') }}
    where
        not is_mirror
        and style_code = 'marginal'
        and quota_credit_amount = 0
        and pay_credit_amount <> 0
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
            and credits.terms_number = tiers.terms_number
            and least(credits.measure_before_amount, credits.measure_after_amount) < tiers.covers_to_amount
            and greatest(credits.measure_before_amount, credits.measure_after_amount) > tiers.covers_from_amount
    where credits.quota_credit_amount <> 0
),

slices_of_one_measure as (
    select
        scope_number,
        position,
        cast(null as bigint) as caused_by_credit_number,
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
        cast(null as bigint) as caused_by_credit_number,
        'slice' as trace_kind_code,
        tiers.tier_number,
        tiers.lower_bound_amount,
        tiers.upper_bound_amount,
        cast(0 as {{ pay_type() }}) as from_amount,
        credits.pay_credit_amount as to_amount,
        tiers.rate_ratio,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio
    from credits_in_place as credits
    inner join tiers
        on
            credits.scope_number = tiers.scope_number
            and credits.terms_number = tiers.terms_number
            and {{ tier_holds('credits.measure_before_amount') }}
),

product_sources as (
    {%- for kind in ['slices_of_one_measure', 'slices_in_place'] %}
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
),

-- Within one tier the share is the whole: the quotient is 1, and a product keeps its digits where what it is multiplied
-- and divided by is 1 or more.
shares_of_one_tier as (
    select
        scope_number,
        position,
        trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        base_amount,
        rate_ratio,
        numerator_amount,
        denominator_amount,
        cast({{ multiply_exact('base_amount', 'rate_ratio') }} as {{ pay_type() }}) as slice_amount
    from slices_of_two_measures
    where
        numerator_amount = denominator_amount
        and abs(denominator_amount) >= 1
),

shares_of_tiers as (
    select
        scope_number,
        position,
        trace_kind_code,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        base_amount,
        rate_ratio,
        numerator_amount,
        denominator_amount,
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
    where
        numerator_amount <> denominator_amount
        or abs(denominator_amount) < 1
)

{{ product_slices('product_sources') }}
{%- for kind in ['shares_of_one_tier', 'shares_of_tiers'] %}
union all
select
    scope_number,
    position,
    cast(null as bigint) as caused_by_credit_number,
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
    slice_amount
from {{ kind }}
{%- endfor %}
