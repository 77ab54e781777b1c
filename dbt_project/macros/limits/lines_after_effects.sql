{#-
    A query of lines with what rules changed of them since: keys, posting, is_held and line_amount. From an effect that is
    held its line is.

    Args: lines: the model of the lines before; amount: its column with what they are worth; effects: the models of what
    changed them since.
-#}
{%- macro lines_after_effects(lines, amount, effects) -%}
with lines_before as (
    select
        scope_number,
        position,
        caused_by_credit_number,
        posting_credit_number,
        plan_version,
        period_id,
        year_period_id,
        posting_order,
        is_held,
        {{ amount }} as line_amount
    from {{ ref(lines) }}
)
{%- if not effects %}

select
    scope_number,
    position,
    caused_by_credit_number,
    posting_credit_number,
    plan_version,
    period_id,
    year_period_id,
    posting_order,
    is_held,
    line_amount
from lines_before
{%- else %},

effects as (
    {%- for model in effects %}
    select
        scope_number,
        position,
        caused_by_credit_number,
        is_held,
        slice_amount
    from {{ ref(model) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

effects_added as (
    select
        scope_number,
        position,
        coalesce(caused_by_credit_number, -1) as caused_by_credit_number,
        max(case when is_held then 1 else 0 end) = 1 as is_held,
        sum(slice_amount) as effect_amount
    from effects
    group by scope_number, position, coalesce(caused_by_credit_number, -1)
)

select
    lines_before.scope_number,
    lines_before.position,
    lines_before.caused_by_credit_number,
    lines_before.posting_credit_number,
    lines_before.plan_version,
    lines_before.period_id,
    lines_before.year_period_id,
    lines_before.posting_order,
    lines_before.is_held or coalesce(effects_added.is_held, false) as is_held,
    cast(lines_before.line_amount + coalesce(effects_added.effect_amount, 0) as {{ pay_type() }}) as line_amount
from lines_before
left join effects_added
    on
        lines_before.scope_number = effects_added.scope_number
        and lines_before.position = effects_added.position
        and coalesce(lines_before.caused_by_credit_number, -1) = effects_added.caused_by_credit_number
{%- endif %}
{%- endmacro -%}
