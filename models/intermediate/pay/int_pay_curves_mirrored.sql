-- One row a slice that a mirror takes back: what the lines of the sale paid, in proportion to what is reversed. A kind:
-- mirror.
with measures as (
    select
        credit_number,
        scope_number,
        position,
        is_mirror,
        sale_credit_number,
        mirrored_amount,
        mirrored_of_amount
    from {{ ref('int_pay_measures') }}
    where not is_held
),

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

-- Re-rates alone are caused by another credit.
causes_numbered as (
    select distinct caused_by_credit_number
    from {{ ref('int_pay_curves_retroactive') }}
    where caused_by_credit_number is not null
    union
    select caused_by_credit_number
    from {{ ref('int_pay_curves_returned') }}
    where caused_by_credit_number is not null
),

causes as (
    select
        measures.credit_number,
        measures.position
    from measures
    inner join causes_numbered
        on measures.credit_number = causes_numbered.caused_by_credit_number
),

forward_slices as (
    {%- for style in ['fixed', 'marginal', 'path', 'retroactive', 'pointwise', 'returned', 'matrix'] %}
    select
        scope_number,
        position,
        caused_by_credit_number,
        tier_number,
        lower_bound_amount,
        upper_bound_amount,
        slice_order,
        slice_amount
    from {{ ref('int_pay_curves_' ~ style) }}
    {%- if style == 'matrix' %}
    where trace_kind_code <> 'cell'
    {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    mirrored_credits.scope_number,
    mirrored_credits.position,
    -- A re-rate that came after the reversal is taken back as it comes.
    case
        when
            mirrored_credits.scope_number = mirrored_credits.sale_scope_number
            and causes.position > mirrored_credits.position
            then forward_slices.caused_by_credit_number
    end as caused_by_credit_number,
    'mirror' as trace_kind_code,
    forward_slices.tier_number,
    forward_slices.lower_bound_amount,
    forward_slices.upper_bound_amount,
    row_number() over (
        partition by mirrored_credits.scope_number, mirrored_credits.position
        order by coalesce(causes.position, 0), forward_slices.slice_order
    ) as slice_order,
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
left join causes
    on forward_slices.caused_by_credit_number = causes.credit_number
