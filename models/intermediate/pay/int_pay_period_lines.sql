-- One row a line that no event causes: of a period, with its cause in words. One model a kind; each is united here, and
-- its slices in int_pay_period_slices.
{%- set columns = [
    'rule_set_id', 'line_id', 'payee_id', 'plan_id', 'plan_version', 'component_id', 'calendar_id', 'period_id',
    'window_period_id', 'line_kind_code', 'line_date', 'unrounded_amount', 'earned_amount', 'currency_code', 'team_id',
    'region_id', 'is_held', 'cause_text',
] %}
with floor_lines as (
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
        'floor' as line_kind_code,
        line_date,
        floor_line_amount as unrounded_amount,
        floor_line_amount as earned_amount,
        currency_code,
        team_id,
        region_id,
        is_held,
        case
            when is_held then 'held: a line that the floor reads is held'
            else 'lifts ' || coalesce(component_id, 'the plan') || ' in ' || span_period_id || ' to its floor'
        end as cause_text
    from {{ ref('int_pay_floors') }}
),

carry_lines as (
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
        'carry' as line_kind_code,
        line_date,
        carry_line_amount as unrounded_amount,
        earned_amount,
        currency_code,
        team_id,
        region_id,
        is_held,
        case
            when is_held then 'held: a line of this period or an earlier one is held, so nobody knows what is carried'
            else 'paid in ' || period_id || ' of what lay above the cap of earlier periods'
        end as cause_text
    from {{ ref('int_pay_carries') }}
    where
        is_held
        or carry_line_amount <> 0
),

linked_lines as (
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
        'linked' as line_kind_code,
        line_date,
        linked_amount as unrounded_amount,
        earned_amount,
        currency_code,
        team_id,
        region_id,
        is_held,
        case
            when is_held then 'held: a line of ' || of_component_id || ' in the period is held'
            else 'a rate of what ' || of_component_id || ' earned in ' || period_id
        end as cause_text
    from {{ ref('int_pay_links') }}
)
{%- for source in ['floor_lines', 'carry_lines', 'linked_lines'] %}

select
    {{ columns | join(',\n    ') }}
from {{ source }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
