-- One row a line and effect: what gates, multipliers and limits change, with the factors of it, what a mirror takes
-- back of the effects of the sale's line, and what of an opening an earlier system has paid. A held row has no amount:
-- its line is held.
{%- set factor_columns = [
    ('base_amount', pay_type()), ('rate_ratio', ratio_type()), ('numerator_amount', pay_type()),
    ('denominator_amount', pay_type()), ('point_pay_amount', pay_type()), ('lower_bound_amount', pay_type()),
    ('upper_bound_amount', pay_type()), ('from_amount', pay_type()), ('to_amount', pay_type()),
] %}
{%- set columns_of = {
    'gates': ['base_amount', 'rate_ratio', 'numerator_amount', 'denominator_amount', 'point_pay_amount'],
    'multipliers': ['base_amount', 'rate_ratio'],
    'limits': ['lower_bound_amount', 'upper_bound_amount', 'from_amount', 'to_amount'],
} %}
{%- set rules = [
    ('int_pay_gates', 'gates'), ('int_pay_limits_before', 'limits'), ('int_pay_multipliers', 'multipliers'),
    ('int_pay_limits', 'limits'), ('int_pay_plan_gates', 'gates'), ('int_pay_plan_multipliers', 'multipliers'),
    ('int_pay_plan_limits', 'limits'),
] %}
with effects_of_rules as (
    {%- for model, kind in rules %}
    select
        scope_number,
        position,
        caused_by_credit_number,
        trace_kind_code,
        is_held,
        cast(null as bigint) as tier_number,
        slice_order,
        cast(null as {{ ratio_type() }}) as prior_rate_ratio,
        {%- for column, type in factor_columns %}
        {% if column in columns_of[kind] %}{{ column }}{% else %}cast(null as {{ type }}) as {{ column }}{% endif %},
        {%- endfor %}
        slice_amount
    from {{ ref(model) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

reversals as (
    select
        scope_number,
        position,
        sale_credit_number,
        event_order,
        cast(mirrored_amount as {{ pay_type() }}) as numerator_amount,
        cast(mirrored_of_amount as {{ pay_type() }}) as denominator_amount
    from {{ ref('int_pay_ruled_credits') }}
    where is_mirror
),

sales as (
    select
        credit_number,
        scope_number,
        position
    from {{ ref('int_pay_ruled_credits') }}
),

causes as (
    select
        credit_number,
        scope_number,
        position,
        event_order,
        credit_order
    from {{ ref('int_pay_ruled_credits') }}
),

-- What a gate releases of the sale after the reversal, and what changes its re-rates, is taken back as it comes.
effects_to_mirror as (
    select
        reversals.scope_number,
        reversals.position,
        effects_of_rules.caused_by_credit_number,
        effects_of_rules.trace_kind_code,
        effects_of_rules.is_held,
        effects_of_rules.slice_order,
        effects_of_rules.slice_amount,
        reversals.numerator_amount,
        reversals.denominator_amount,
        coalesce(causes.credit_order, 0) as cause_order,
        case
            when effects_of_rules.caused_by_credit_number is null then false
            when reversals.scope_number = sales.scope_number and reversals.scope_number = causes.scope_number
                then causes.position > reversals.position
            else causes.event_order > reversals.event_order
        end as is_later
    from reversals
    inner join sales
        on reversals.sale_credit_number = sales.credit_number
    inner join effects_of_rules
        on
            sales.scope_number = effects_of_rules.scope_number
            and sales.position = effects_of_rules.position
    left join causes
        on effects_of_rules.caused_by_credit_number = causes.credit_number
),

mirrored_effects as (
    select
        scope_number,
        position,
        case when is_later then caused_by_credit_number end as caused_by_credit_number,
        trace_kind_code as mirrored_kind_code,
        is_held,
        -- Effects of the sale's own line, and of what comes later, are one each in their line, and keep their place.
        case
            when caused_by_credit_number is null or is_later then slice_order
            else
                row_number() over (partition by scope_number, position order by cause_order, slice_order)
                + case
                    when slice_order > {{ first_slice_order_of_limits('after_multipliers') }} then 9100
                    else 3000
                end
        end as slice_order,
        slice_amount as base_amount,
        numerator_amount,
        denominator_amount
    from effects_to_mirror
),

-- What a mirror takes back as it comes waits with the line of the sale.
returns as (
    select
        scope_number,
        position,
        caused_by_credit_number
    from {{ ref('int_pay_curves_mirrored') }}
    where caused_by_credit_number is not null
    union
    select
        scope_number,
        position,
        caused_by_credit_number
    from mirrored_effects
    where caused_by_credit_number is not null
),

held_returns as (
    select distinct
        returns.scope_number,
        returns.position,
        returns.caused_by_credit_number
    from returns
    inner join effects_to_mirror
        on
            returns.scope_number = effects_to_mirror.scope_number
            and returns.position = effects_to_mirror.position
    where
        effects_to_mirror.caused_by_credit_number is null
        and effects_to_mirror.is_held
),

-- An opening is the first credit of its window.
openings as (
    select
        scope_number,
        case when is_compared then earned_amount end as earned_amount
    from {{ ref('int_pay_openings') }}
    where
        is_credited
        and hold_text is null
),

opening_slices as (
    {%- for style in ['fixed', 'marginal', 'path', 'retroactive', 'pointwise'] %}
    select
        slices.scope_number,
        slices.slice_amount
    from {{ ref('int_pay_curves_' ~ style) }} as slices
    inner join openings
        on slices.scope_number = openings.scope_number
    where
        slices.position = 1
        and slices.caused_by_credit_number is null
    union all
    {%- endfor %}
    select
        effects_of_rules.scope_number,
        effects_of_rules.slice_amount
    from effects_of_rules
    inner join openings
        on effects_of_rules.scope_number = openings.scope_number
    where
        effects_of_rules.position = 1
        and effects_of_rules.caused_by_credit_number is null
),

openings_owed as (
    select
        scope_number,
        sum(slice_amount) as owed_amount
    from opening_slices
    group by scope_number
),

openings_paid as (
    select
        openings.scope_number,
        cast(coalesce(openings.earned_amount, openings_owed.owed_amount) as {{ pay_type() }}) as paid_amount
    from openings
    left join openings_owed
        on openings.scope_number = openings_owed.scope_number
)

select
    scope_number,
    position,
    caused_by_credit_number,
    trace_kind_code,
    cast(null as {{ dbt.type_string() }}) as mirrored_kind_code,
    is_held,
    tier_number,
    lower_bound_amount,
    upper_bound_amount,
    slice_order,
    base_amount,
    from_amount,
    to_amount,
    rate_ratio,
    prior_rate_ratio,
    numerator_amount,
    denominator_amount,
    point_pay_amount,
    slice_amount
from effects_of_rules
union all
select
    scope_number,
    position,
    caused_by_credit_number,
    'mirror' as trace_kind_code,
    mirrored_kind_code,
    is_held,
    cast(null as bigint) as tier_number,
    cast(null as {{ pay_type() }}) as lower_bound_amount,
    cast(null as {{ pay_type() }}) as upper_bound_amount,
    slice_order,
    base_amount,
    cast(null as {{ pay_type() }}) as from_amount,
    cast(null as {{ pay_type() }}) as to_amount,
    cast(null as {{ ratio_type() }}) as rate_ratio,
    cast(null as {{ ratio_type() }}) as prior_rate_ratio,
    numerator_amount,
    denominator_amount,
    cast(null as {{ pay_type() }}) as point_pay_amount,
    cast(
        {{ divide_once(multiply_amounts('base_amount', 'numerator_amount'), 'denominator_amount') }} as {{ pay_type() }}
    ) as slice_amount
from mirrored_effects
union all
select
    scope_number,
    position,
    caused_by_credit_number,
    'mirror' as trace_kind_code,
    cast(null as {{ dbt.type_string() }}) as mirrored_kind_code,
    true as is_held,
    cast(null as bigint) as tier_number,
    cast(null as {{ pay_type() }}) as lower_bound_amount,
    cast(null as {{ pay_type() }}) as upper_bound_amount,
    5998 as slice_order,
    cast(null as {{ pay_type() }}) as base_amount,
    cast(null as {{ pay_type() }}) as from_amount,
    cast(null as {{ pay_type() }}) as to_amount,
    cast(null as {{ ratio_type() }}) as rate_ratio,
    cast(null as {{ ratio_type() }}) as prior_rate_ratio,
    cast(null as {{ pay_type() }}) as numerator_amount,
    cast(null as {{ pay_type() }}) as denominator_amount,
    cast(null as {{ pay_type() }}) as point_pay_amount,
    cast(null as {{ pay_type() }}) as slice_amount
from held_returns
union all
select
    scope_number,
    cast(1 as bigint) as position,
    cast(null as bigint) as caused_by_credit_number,
    'opening' as trace_kind_code,
    cast(null as {{ dbt.type_string() }}) as mirrored_kind_code,
    false as is_held,
    cast(null as bigint) as tier_number,
    cast(null as {{ pay_type() }}) as lower_bound_amount,
    cast(null as {{ pay_type() }}) as upper_bound_amount,
    5999 as slice_order,
    paid_amount as base_amount,
    cast(null as {{ pay_type() }}) as from_amount,
    cast(null as {{ pay_type() }}) as to_amount,
    cast(null as {{ ratio_type() }}) as rate_ratio,
    cast(null as {{ ratio_type() }}) as prior_rate_ratio,
    cast(null as {{ pay_type() }}) as numerator_amount,
    cast(null as {{ pay_type() }}) as denominator_amount,
    cast(null as {{ pay_type() }}) as point_pay_amount,
    -paid_amount as slice_amount
from openings_paid
where paid_amount <> 0
