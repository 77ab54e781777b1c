-- One row a line and limit that changes it, in the order event, period, window, year, and then those of the plan across
-- its components: what accumulated pay is worth under the limit, less what it was worth before the line. The event that
-- reaches a cap gets the rest, later ones nothing, and a return first gives back what lay above.
{%- set stages = steps_of_limits() %}
with gated_lines as (
    select
        scope_number,
        position,
        caused_by_credit_number,
        plan_version,
        period_id,
        year_period_id,
        posting_order,
        is_held,
        gated_amount
    from {{ ref('int_pay_gated_lines') }}
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

effects as (
    select
        scope_number,
        position,
        caused_by_credit_number,
        is_held,
        slice_amount
    from {{ ref('int_pay_limits_before') }}
    union all
    select
        scope_number,
        position,
        caused_by_credit_number,
        is_held,
        slice_amount
    from {{ ref('int_pay_multipliers') }}
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
        gated_lines.is_held or coalesce(effects_added.is_held, false) as is_held,
        cast(gated_lines.gated_amount + coalesce(effects_added.effect_amount, 0) as {{ pay_type() }}) as amount_0
    from gated_lines
    inner join ruled_credits
        on
            gated_lines.scope_number = ruled_credits.scope_number
            and gated_lines.position = ruled_credits.position
    left join effects_added
        on
            gated_lines.scope_number = effects_added.scope_number
            and gated_lines.position = effects_added.position
            and coalesce(gated_lines.caused_by_credit_number, -1) = effects_added.caused_by_credit_number
    -- What was used before it comes in its place.
    where gated_lines.caused_by_credit_number is not null or not ruled_credits.is_opening
),

lines_0 as (
    {{ lines_with_openings('lines_to_limit') }}
),
{{ lines_after_limits(stages) }}
effects_of_limits as (
    {{ effects_of_limits(stages, first_slice_order_of_limits()) }}
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
