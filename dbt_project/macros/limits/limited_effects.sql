{#-
    What limits change, one row a line and limit that changes it: what accumulated pay is worth under the limit, less what
    it was worth before the line. The event that reaches a cap gets the rest, later ones nothing, and a return first gives
    back what lay above. A held line has a held row.

    Args: lines: the model of the lines before; amount: its column with what they are worth; effects: the models of what
    changed them since; stages: the limits in their order, as lines_after_limits takes them; first_slice_order: where
    their slices begin.
-#}
{%- macro limited_effects(lines, amount, effects, stages, first_slice_order) -%}
with gated_lines as (
    {{ lines_after_effects(lines, amount, effects) }}
),

ruled_credits as (
    select
        scope_number,
        position,
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        sale_code,
        is_opening,
        credit_order
    from {{ ref('int_pay_ruled_credits') }}
),

lines_to_limit as (
    select
        gated_lines.scope_number,
        gated_lines.position,
        gated_lines.caused_by_credit_number,
        ruled_credits.rule_set_id,
        ruled_credits.payee_id,
        ruled_credits.plan_id,
        gated_lines.plan_version,
        ruled_credits.component_id,
        ruled_credits.sale_code,
        gated_lines.period_id,
        gated_lines.year_period_id,
        gated_lines.posting_order,
        cast(null as {{ pay_type() }}) as opening_window_amount,
        cast(null as {{ pay_type() }}) as opening_year_amount,
        -- The crossing event first, then the lines that it causes.
        case when gated_lines.caused_by_credit_number is null then 0 else ruled_credits.credit_order end
            as posting_position,
        gated_lines.is_held,
        gated_lines.line_amount as amount_0
    from gated_lines
    inner join ruled_credits
        on
            gated_lines.scope_number = ruled_credits.scope_number
            and gated_lines.position = ruled_credits.position
    -- What was used before it comes in its place.
    where gated_lines.caused_by_credit_number is not null or not ruled_credits.is_opening
),

lines_0 as (
    {{ lines_with_openings('lines_to_limit') }}
),
{{ lines_after_limits(stages) }}
effects_of_limits as (
    {{ effects_of_limits(stages, first_slice_order) }}
)

select
    scope_number,
    position,
    caused_by_credit_number,
    is_held,
    'limit' as trace_kind_code,
    slice_order,
    from_amount,
    to_amount,
    lower_bound_amount,
    upper_bound_amount,
    slice_amount
from effects_of_limits
{%- endmacro -%}
