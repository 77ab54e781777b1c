-- One row a line of a plan with a gate, multipliers or limits of its own, after the limits of its component: what the
-- rules of the plan read.
with plans as (
    select distinct
        rule_set_id,
        plan_id
    from {{ ref('stg_planning__plan_limits') }}
    union
    select distinct
        rule_set_id,
        plan_id
    from {{ ref('stg_planning__component_gates') }}
    where rule_level_code = 'plan'
    union
    select distinct
        rule_set_id,
        plan_id
    from {{ ref('stg_planning__component_multipliers') }}
    where rule_level_code = 'plan'
),

ruled_scopes as (
    select scopes.scope_number
    from {{ ref('int_pay_ruled_scopes') }} as scopes
    inner join plans
        on
            scopes.rule_set_id = plans.rule_set_id
            and scopes.plan_id = plans.plan_id
),

lines_of_components as (
    {{
        lines_after_effects(
            'int_pay_gated_lines', 'gated_amount', ['int_pay_limits_before', 'int_pay_multipliers', 'int_pay_limits']
        )
    }}
),

lines_of_linked_components as (
    {{
        lines_after_effects(
            'int_pay_linked_gated_lines', 'gated_amount',
            ['int_pay_linked_limits_before', 'int_pay_linked_multipliers', 'int_pay_linked_limits']
        )
    }}
),

lines as (
    {%- for source in ['lines_of_components', 'lines_of_linked_components'] %}
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
    from {{ source }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

ruled_credits as (
    select
        credit_number,
        event_order
    from {{ ref('int_pay_ruled_credits') }}
)

select
    lines.scope_number,
    lines.position,
    lines.caused_by_credit_number,
    lines.posting_credit_number,
    lines.plan_version,
    lines.period_id,
    lines.year_period_id,
    ruled_credits.event_order,
    lines.posting_order,
    lines.is_held,
    case when not lines.is_held then lines.line_amount end as limited_amount
from lines
inner join ruled_scopes
    on lines.scope_number = ruled_scopes.scope_number
inner join ruled_credits
    on lines.posting_credit_number = ruled_credits.credit_number
