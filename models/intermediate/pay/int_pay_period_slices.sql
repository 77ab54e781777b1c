-- One row a slice of a line that no event causes. A floor is base_amount less point_pay_amount, what was earned without
-- it; what is carried into a period is base_amount;
-- a linked line is base_amount, what the other component earned, x rate_ratio.
{%- set columns = [
    'rule_set_id', 'line_id', 'trace_kind_code', 'slice_number', 'base_amount', 'rate_ratio', 'numerator_amount',
    'denominator_amount', 'point_pay_amount', 'slice_amount',
] %}
with floor_slices as (
    select
        rule_set_id,
        line_id,
        'floor' as trace_kind_code,
        1 as slice_number,
        floor_amount as base_amount,
        cast(null as {{ ratio_type() }}) as rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        earned_before_amount as point_pay_amount,
        floor_line_amount as slice_amount
    from {{ ref('int_pay_floors') }}
    where not is_held
),

carry_slices as (
    select
        rule_set_id,
        line_id,
        'carry' as trace_kind_code,
        1 as slice_number,
        carry_line_amount as base_amount,
        cast(null as {{ ratio_type() }}) as rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        cast(null as {{ pay_type() }}) as point_pay_amount,
        carry_line_amount as slice_amount
    from {{ ref('int_pay_carries') }}
    where
        not is_held
        and carry_line_amount <> 0
),

linked_slices as (
    select
        rule_set_id,
        line_id,
        'linked' as trace_kind_code,
        1 as slice_number,
        read_amount as base_amount,
        rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        cast(null as {{ pay_type() }}) as point_pay_amount,
        linked_amount as slice_amount
    from {{ ref('int_pay_links') }}
    where not is_held
),

rounding_slices as (
    select
        rule_set_id,
        line_id,
        'rounding' as trace_kind_code,
        2 as slice_number,
        cast(null as {{ pay_type() }}) as base_amount,
        cast(null as {{ ratio_type() }}) as rate_ratio,
        cast(null as {{ pay_type() }}) as numerator_amount,
        cast(null as {{ pay_type() }}) as denominator_amount,
        cast(null as {{ pay_type() }}) as point_pay_amount,
        cast(earned_amount - unrounded_amount as {{ pay_type() }}) as slice_amount
    from {{ ref('int_pay_period_lines') }}
    where
        not is_held
        and earned_amount <> unrounded_amount
)
{%- for source in ['floor_slices', 'carry_slices', 'linked_slices', 'rounding_slices'] %}

select
    {{ columns | join(',\n    ') }}
from {{ source }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
