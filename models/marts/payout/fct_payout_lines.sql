-- Lines of open periods as this run computes them, and what was posted for closed ones: a closed period never changes.
with computed_lines as (
    select
        rule_set_id,
        line_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        calendar_id,
        period_id,
        window_period_id,
        line_kind_code,
        credit_id,
        event_id,
        event_kind_code,
        line_date,
        unrounded_amount,
        earned_amount,
        currency_code,
        team_id,
        region_id,
        is_held,
        cause_text
    from {{ ref('int_pay_lines') }}
),

closed_periods as (
    select
        rule_set_id,
        plan_id,
        period_id
    from {{ ref('stg_planning__closed_periods') }}
),

closed_lines as (
    select
        rule_set_id,
        line_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        calendar_id,
        period_id,
        cast(null as {{ dbt.type_string() }}) as window_period_id,
        line_kind_code,
        cast(null as {{ dbt.type_string() }}) as credit_id,
        cast(null as {{ dbt.type_string() }}) as event_id,
        cast(null as {{ dbt.type_string() }}) as event_kind_code,
        line_date,
        unrounded_amount,
        earned_amount,
        currency_code,
        team_id,
        region_id,
        is_held,
        cause_text
    from {{ ref('int_pay_closed_lines') }}
)

select
    computed_lines.rule_set_id,
    computed_lines.line_id,
    computed_lines.payee_id,
    computed_lines.plan_id,
    computed_lines.plan_version,
    computed_lines.component_id,
    computed_lines.calendar_id,
    computed_lines.period_id,
    computed_lines.window_period_id,
    computed_lines.line_kind_code,
    computed_lines.credit_id,
    computed_lines.event_id,
    computed_lines.event_kind_code,
    computed_lines.line_date,
    computed_lines.unrounded_amount,
    computed_lines.earned_amount,
    computed_lines.currency_code,
    computed_lines.team_id,
    computed_lines.region_id,
    computed_lines.is_held,
    computed_lines.cause_text
from computed_lines
left join closed_periods
    on
        computed_lines.rule_set_id = closed_periods.rule_set_id
        and computed_lines.plan_id = closed_periods.plan_id
        and computed_lines.period_id = closed_periods.period_id
where closed_periods.period_id is null
union all
select
    rule_set_id,
    line_id,
    payee_id,
    plan_id,
    plan_version,
    component_id,
    calendar_id,
    period_id,
    window_period_id,
    line_kind_code,
    credit_id,
    event_id,
    event_kind_code,
    line_date,
    unrounded_amount,
    earned_amount,
    currency_code,
    team_id,
    region_id,
    is_held,
    cause_text
from closed_lines
