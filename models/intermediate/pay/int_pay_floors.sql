-- One row a payee and guaranteed minimum that what was earned does not reach: of a component in a pay period, its
-- window or a year, and then of a plan, after its components' floors. Shorter stretches come first, and count in longer
-- ones. It is worked out in the plan's currency, whatever is paid out.
{%- set steps = [
    ('component', 'period'), ('component', 'window'), ('component', 'year'), ('plan', 'period'), ('plan', 'year'),
] %}
{#- Lines of the floors of pay periods were here first. -#}
{%- set line_names = {'period': 'floor', 'window': 'floor_of_window', 'year': 'floor_of_year'} %}
with spans as (
    select
        span_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        per_code,
        calendar_id,
        span_period_id,
        period_id,
        start_date,
        end_date,
        team_id,
        region_id,
        hold_text,
        floor_amount
    from {{ ref('int_pay_spans') }}
    where
        rule_code = 'floor'
        and floor_amount is not null
),

plans_with_floors as (
    select distinct
        rule_set_id,
        payee_id,
        plan_id
    from spans
),

scopes as (
    select
        scopes.scope_number,
        scopes.rule_set_id,
        scopes.payee_id,
        scopes.plan_id,
        scopes.component_id,
        scopes.calendar_id
    from {{ ref('int_pay_scopes') }} as scopes
    inner join plans_with_floors
        on
            scopes.rule_set_id = plans_with_floors.rule_set_id
            and scopes.payee_id = plans_with_floors.payee_id
            and scopes.plan_id = plans_with_floors.plan_id
),

calendars as (
    select
        rule_set_id,
        calendar_id,
        period_id,
        end_date
    from {{ ref('stg_planning__calendars') }}
),

measures as (
    select
        credit_number,
        period_id
    from {{ ref('int_pay_measures') }}
),

roundings as (
    select
        scope_number,
        coalesce(cause_credit_number, credit_number) as posting_credit_number,
        coalesce(plan_amount, earned_amount) as earned_amount,
        is_held and plan_amount is null as is_held
    from {{ ref('int_pay_roundings') }}
),

paid_0 as (
    select
        scopes.rule_set_id,
        scopes.payee_id,
        scopes.plan_id,
        scopes.component_id,
        calendars.end_date,
        sum(roundings.earned_amount) as earned_amount,
        max(case when roundings.is_held then 1 else 0 end) as held_count
    from roundings
    inner join scopes
        on roundings.scope_number = scopes.scope_number
    inner join measures
        on roundings.posting_credit_number = measures.credit_number
    inner join calendars
        on
            scopes.rule_set_id = calendars.rule_set_id
            and scopes.calendar_id = calendars.calendar_id
            and measures.period_id = calendars.period_id
    group by scopes.rule_set_id, scopes.payee_id, scopes.plan_id, scopes.component_id, calendars.end_date
    union all
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        line_date as end_date,
        counted_amount as earned_amount,
        case when is_held then 1 else 0 end as held_count
    from {{ ref('int_pay_carries') }}
),
{%- for of, per in steps %}

earned_{{ loop.index }} as (
    select
        spans.rule_set_id,
        spans.payee_id,
        spans.plan_id,
        spans.component_id,
        spans.span_period_id,
        sum(paid.earned_amount) as earned_amount,
        max(paid.held_count) as held_count
    from spans
    inner join paid_{{ loop.index0 }} as paid
        on
            spans.rule_set_id = paid.rule_set_id
            and spans.payee_id = paid.payee_id
            and spans.plan_id = paid.plan_id
            {%- if of == 'component' %}
            and spans.component_id = paid.component_id
            {%- endif %}
            and spans.start_date <= paid.end_date
            and spans.end_date >= paid.end_date
    where
        spans.per_code = '{{ per }}'
        and spans.component_id is {{ 'not ' if of == 'component' }}null
    group by spans.rule_set_id, spans.payee_id, spans.plan_id, spans.component_id, spans.span_period_id
),

lifted_{{ loop.index }} as (
    select
        spans.span_number,
        spans.rule_set_id,
        '{{ line_names[per] }}:' || spans.span_period_id || ':' || spans.payee_id || ':' || spans.plan_id
        || coalesce(':' || spans.component_id, '') as line_id,
        spans.payee_id,
        spans.plan_id,
        spans.plan_version,
        spans.component_id,
        spans.calendar_id,
        spans.span_period_id,
        spans.period_id,
        spans.end_date,
        spans.team_id,
        spans.region_id,
        spans.hold_text is not null or coalesce(earned.held_count, 0) = 1 as is_held,
        spans.floor_amount,
        cast(coalesce(earned.earned_amount, 0) as {{ pay_type() }}) as earned_amount
    from spans
    left join earned_{{ loop.index }} as earned
        on
            spans.rule_set_id = earned.rule_set_id
            and spans.payee_id = earned.payee_id
            and spans.plan_id = earned.plan_id
            and coalesce(spans.component_id, '') = coalesce(earned.component_id, '')
            and spans.span_period_id = earned.span_period_id
    where
        spans.per_code = '{{ per }}'
        and spans.component_id is {{ 'not ' if of == 'component' }}null
),
{%- if not loop.last %}

paid_{{ loop.index }} as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        end_date,
        earned_amount,
        held_count
    from paid_{{ loop.index0 }}
    union all
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        end_date,
        greatest(floor_amount - earned_amount, 0) as earned_amount,
        case when is_held then 1 else 0 end as held_count
    from lifted_{{ loop.index }}
),
{%- endif %}
{%- endfor %}

lifted as (
    {%- for _ in steps %}
    select
        span_number,
        rule_set_id,
        line_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        calendar_id,
        span_period_id,
        period_id,
        end_date,
        team_id,
        region_id,
        is_held,
        floor_amount,
        earned_amount
    from lifted_{{ loop.index }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    span_number,
    rule_set_id,
    line_id,
    payee_id,
    plan_id,
    plan_version,
    component_id,
    calendar_id,
    span_period_id,
    period_id,
    end_date as line_date,
    team_id,
    region_id,
    is_held,
    floor_amount,
    earned_amount as earned_before_amount,
    case when not is_held then cast(floor_amount - earned_amount as {{ pay_type() }}) end as floor_line_amount
from lifted
where
    is_held
    or earned_amount < floor_amount
