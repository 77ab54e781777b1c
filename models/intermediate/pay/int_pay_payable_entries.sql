-- One row a posting between earned and payable. Where a component pays at once what it earns there is one earned and
-- one became_payable entry a payee, component and period, whatever the number of lines. A held entry has no amount.
with payout_lines as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        period_id,
        line_date,
        earned_amount,
        currency_code,
        is_held
    from {{ ref('fct_payout_lines') }}
),

components_in_periods as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        period_id,
        currency_code,
        max(line_date) as entry_date,
        sum(earned_amount) as earned_amount,
        max(case when is_held then 1 else 0 end) = 1 as is_held
    from payout_lines
    group by rule_set_id, payee_id, plan_id, component_id, calendar_id, period_id, currency_code
),

entries_of_components as (
    {%- for kind in ['earned', 'became_payable'] %}
    select
        rule_set_id,
        -- Lines of the plan as a whole, such as its floor, have no component.
        '{{ kind }}:' || payee_id || ':' || plan_id || ':' || coalesce(component_id, '') || ':' || period_id
            as entry_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        period_id,
        entry_date,
        '{{ kind }}' as entry_kind_code,
        case when not is_held then cast(earned_amount as {{ pay_type() }}) end as entry_amount,
        currency_code,
        cast(null as {{ dbt.type_string() }}) as line_id,
        cast(null as {{ dbt.type_string() }}) as event_id,
        case when is_held then 'held: a line of the period is held' end as cause_text,
        is_held
    from components_in_periods
    where is_held or earned_amount <> 0
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    rule_set_id,
    entry_id,
    payee_id,
    plan_id,
    component_id,
    calendar_id,
    period_id,
    entry_date,
    entry_kind_code,
    entry_amount,
    currency_code,
    line_id,
    event_id,
    cause_text,
    is_held
from entries_of_components
