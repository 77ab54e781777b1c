-- One row a slice of a line that no event causes. A floor is base_amount less point_pay_amount, what was earned without
-- it.
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
)
{%- for source in ['floor_slices'] %}

select
    {{ columns | join(',\n    ') }}
from {{ source }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
