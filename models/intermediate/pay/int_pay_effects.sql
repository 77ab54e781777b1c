-- One row a line and effect: what gates, multipliers and limits change, with the factors of it, what a mirror takes
-- back of the effects of the sale's line, what a linked component has of another one's pay, and what of an opening an
-- earlier system has paid. A held row has no amount: its line is held.
with effects_of_plans as (
    {{
        effects_of_rules([
            ('int_pay_plan_gates', 'gates'), ('int_pay_plan_multipliers', 'multipliers'),
            ('int_pay_plan_limits', 'limits'),
        ])
    }}
),

{{ mirrored_effects('effects_of_plans', 'int_pay_component_effects', [(none, 'plan_mirror')]) }},

links as (
    select
        scope_number,
        position,
        caused_by_credit_number,
        'linked' as trace_kind_code,
        is_held,
        {{ slice_order('linked') }} as slice_order,
        read_amount as base_amount,
        rate_ratio,
        linked_amount as slice_amount
    from {{ ref('int_pay_links') }}
),

effects_of_linked_components as (
    {{
        effects_of_rules([
            ('int_pay_linked_gates', 'gates'), ('int_pay_linked_limits_before', 'limits'),
            ('int_pay_linked_multipliers', 'multipliers'), ('int_pay_linked_limits', 'limits'),
        ])
    }}
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
    {%- for effects in [ref('int_pay_component_effects'), 'effects_of_plans'] %}
    select
        effects.scope_number,
        effects.slice_amount
    from {{ effects }} as effects
    inner join openings
        on effects.scope_number = openings.scope_number
    where
        effects.position = 1
        and effects.caused_by_credit_number is null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

openings_owed as (
    select
        scope_number,
        sum(slice_amount) as owed_amount
    from opening_slices
    group by scope_number
),

openings_compared as (
    select
        openings.scope_number,
        cast(coalesce(openings.earned_amount, openings_owed.owed_amount) as {{ pay_type() }}) as paid_amount
    from openings
    left join openings_owed
        on openings.scope_number = openings_owed.scope_number
),

openings_paid as (
    select
        scope_number,
        cast(1 as bigint) as position,
        cast(null as bigint) as caused_by_credit_number,
        'opening' as trace_kind_code,
        false as is_held,
        {{ slice_order('opening') }} as slice_order,
        paid_amount as base_amount,
        -paid_amount as slice_amount
    from openings_compared
    where paid_amount <> 0
)
{%- for relation, filled in [
    (ref('int_pay_component_effects'), effect_columns() | list), ('links', ['base_amount', 'rate_ratio']),
    ('effects_of_linked_components', effect_columns() | list), ('effects_of_plans', effect_columns() | list),
    ('mirrored_effects', ['mirrored_kind_code', 'base_amount', 'numerator_amount', 'denominator_amount']),
    ('openings_paid', ['base_amount']),
] %}

{{ effects_from(relation, filled) }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
