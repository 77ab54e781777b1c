{#-
    The columns of an effect, the same in every model that unites them, and what kinds of rules fill of them.
-#}
{%- macro effect_columns() -%}
    {{ return({
        'scope_number': 'bigint', 'position': 'bigint', 'caused_by_credit_number': 'bigint',
        'trace_kind_code': dbt.type_string(), 'mirrored_kind_code': dbt.type_string(), 'is_held': 'boolean',
        'tier_number': 'bigint', 'slice_order': 'integer', 'base_amount': pay_type(), 'from_amount': pay_type(),
        'to_amount': pay_type(),
        'rate_ratio': ratio_type(), 'prior_rate_ratio': ratio_type(), 'numerator_amount': pay_type(),
        'denominator_amount': pay_type(), 'point_pay_amount': pay_type(), 'lower_bound_amount': pay_type(),
        'upper_bound_amount': pay_type(), 'slice_amount': pay_type(),
    }) }}
{%- endmacro -%}

{#-
    A query of effects with all of their columns; what its relation has not is NULL.

    Args: relation: where they are; filled: columns that it has beside those of every effect.
-#}
{%- macro effects_from(relation, filled) -%}
{%- set of_all = [
    'scope_number', 'position', 'caused_by_credit_number', 'trace_kind_code', 'is_held', 'slice_order', 'slice_amount'
] -%}
select
    {%- for column, type in effect_columns().items() %}
    {% if column in of_all + filled %}{{ column }}{% else %}cast(null as {{ type }}) as {{ column }}{% endif %}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from {{ relation }}
{%- endmacro -%}

{#-
    The effects of rules, one after the other: pairs of a model and the kind of its rules.
-#}
{%- macro effects_of_rules(rules) -%}
{%- set columns_of = {
    'gates': ['base_amount', 'rate_ratio', 'numerator_amount', 'denominator_amount', 'point_pay_amount'],
    'multipliers': ['base_amount', 'rate_ratio'],
    'limits': ['lower_bound_amount', 'upper_bound_amount', 'from_amount', 'to_amount'],
} -%}
{%- for model, kind in rules %}
{{ effects_from(ref(model), columns_of[kind]) }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endmacro -%}
