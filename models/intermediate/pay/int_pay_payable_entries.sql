-- One row a posting between earned and payable. Where a component pays at once what it earns there is one earned and
-- one became_payable entry a payee, component and period, whatever the number of lines; where pay waits for triggers or
-- is held back, one a line, kind and day. A held entry has no amount.
with runs as (
    select as_of_date
    from {{ source('landing', 'run') }}
),

terms as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id
    from {{ ref('stg_planning__payable_terms') }}
),

plans as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        pay_period_kind_code
    from {{ ref('stg_planning__plans') }}
),

days as (
    select
        rule_set_id,
        calendar_id,
        calendar_day,
        month_period_id,
        quarter_period_id,
        half_period_id,
        year_period_id
    from {{ ref('int_pay_days') }}
),

payout_lines as (
    select
        lines.rule_set_id,
        lines.line_id,
        lines.payee_id,
        lines.plan_id,
        lines.plan_version,
        lines.component_id,
        lines.calendar_id,
        lines.period_id,
        lines.event_id,
        lines.line_kind_code,
        lines.line_date,
        lines.earned_amount,
        lines.currency_code,
        lines.is_held,
        -- Lines of no event have no trigger to wait for.
        terms.component_id is not null and lines.event_id is not null as is_waiting
    from {{ ref('fct_payout_lines') }} as lines
    left join terms
        on
            lines.rule_set_id = terms.rule_set_id
            and lines.plan_id = terms.plan_id
            and lines.plan_version = terms.plan_version
            and lines.component_id = terms.component_id
),

triggers as (
    select
        rule_set_id,
        line_id,
        trigger_date,
        posting_date,
        is_held,
        payable_amount,
        held_amount,
        forfeited_amount
    from {{ ref('int_pay_triggers') }}
),

holdbacks as (
    select
        rule_set_id,
        line_id,
        released_date,
        held_amount,
        is_forfeited
    from {{ ref('int_pay_holdbacks') }}
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
    where not is_waiting
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
),

waiting_lines as (
    select
        payout_lines.rule_set_id,
        payout_lines.line_id,
        payout_lines.payee_id,
        payout_lines.plan_id,
        payout_lines.component_id,
        payout_lines.calendar_id,
        payout_lines.period_id,
        payout_lines.event_id,
        payout_lines.line_kind_code,
        payout_lines.line_date,
        payout_lines.earned_amount,
        payout_lines.currency_code,
        payout_lines.is_held,
        plans.pay_period_kind_code
    from payout_lines
    inner join plans
        on
            payout_lines.rule_set_id = plans.rule_set_id
            and payout_lines.plan_id = plans.plan_id
            and payout_lines.plan_version = plans.plan_version
    where payout_lines.is_waiting
),

movements as (
    select
        rule_set_id,
        line_id,
        line_date as entry_date,
        case when line_kind_code = 'rerate' then 'rerate' else 'earned' end as entry_kind_code,
        earned_amount as entry_amount,
        is_held,
        case when is_held then 'held: the line is held' end as cause_text
    from waiting_lines
    where is_held or earned_amount <> 0
    union all
    select
        rule_set_id,
        line_id,
        line_date as entry_date,
        'became_payable' as entry_kind_code,
        earned_amount as entry_amount,
        is_held,
        'held: the line is held' as cause_text
    from waiting_lines
    where is_held
    {%- for kind, amount, cause in [
        ('became_payable', 'payable_amount - held_amount', none),
        ('held', 'held_amount', none),
        ('forfeited', 'forfeited_amount', 'the rate was fixed earlier, or the payee had left'),
    ] %}
    union all
    select
        rule_set_id,
        line_id,
        posting_date as entry_date,
        '{{ kind }}' as entry_kind_code,
        {{ amount }} as entry_amount,
        false as is_held,
        {{ "cast(null as " ~ dbt.type_string() ~ ")" if cause is none else "'" ~ cause ~ "'" }} as cause_text
    from triggers
    where not is_held
    {%- endfor %}
    union all
    select
        rule_set_id,
        line_id,
        posting_date as entry_date,
        'became_payable' as entry_kind_code,
        payable_amount as entry_amount,
        true as is_held,
        'held: an invoice or payment of the sale is unknown or in another currency' as cause_text
    from triggers
    where is_held
    union all
    select
        rule_set_id,
        line_id,
        released_date as entry_date,
        case when is_forfeited then 'forfeited_held' else 'released' end as entry_kind_code,
        held_amount as entry_amount,
        false as is_held,
        case when is_forfeited then 'the payee had left' end as cause_text
    from holdbacks
    where released_date is not null
),

movements_of_days as (
    select
        movements.rule_set_id,
        movements.line_id,
        movements.entry_date,
        movements.entry_kind_code,
        sum(movements.entry_amount) as entry_amount,
        max(case when movements.is_held then 1 else 0 end) = 1 as is_held,
        min(movements.cause_text) as cause_text
    from movements
    cross join runs
    where movements.entry_date <= runs.as_of_date
    group by movements.rule_set_id, movements.line_id, movements.entry_date, movements.entry_kind_code
),

-- What falls after the last period of the calendar has no pay run yet.
entries_of_lines as (
    select
        movements_of_days.rule_set_id,
        movements_of_days.entry_kind_code || ':' || movements_of_days.line_id || ':'
        || cast(movements_of_days.entry_date as {{ dbt.type_string() }}) as entry_id,
        waiting_lines.payee_id,
        waiting_lines.plan_id,
        waiting_lines.component_id,
        waiting_lines.calendar_id,
        case
            when movements_of_days.entry_date = waiting_lines.line_date then waiting_lines.period_id
            {%- for kind in ['month', 'quarter', 'half', 'year'] %}
            when waiting_lines.pay_period_kind_code = '{{ kind }}' then days.{{ kind }}_period_id
            {%- endfor %}
        end as period_id,
        movements_of_days.entry_date,
        movements_of_days.entry_kind_code,
        case when not movements_of_days.is_held then cast(movements_of_days.entry_amount as {{ pay_type() }}) end
            as entry_amount,
        waiting_lines.currency_code,
        movements_of_days.line_id,
        waiting_lines.event_id,
        movements_of_days.cause_text,
        movements_of_days.is_held
    from movements_of_days
    inner join waiting_lines
        on
            movements_of_days.rule_set_id = waiting_lines.rule_set_id
            and movements_of_days.line_id = waiting_lines.line_id
    left join days
        on
            waiting_lines.rule_set_id = days.rule_set_id
            and waiting_lines.calendar_id = days.calendar_id
            and movements_of_days.entry_date = days.calendar_day
    where movements_of_days.is_held or movements_of_days.entry_amount <> 0
),

{%- set columns = [
    'rule_set_id', 'entry_id', 'payee_id', 'plan_id', 'component_id', 'calendar_id', 'period_id', 'entry_date',
    'entry_kind_code', 'entry_amount', 'currency_code', 'line_id', 'event_id', 'cause_text', 'is_held',
] %}

entries as (
    select
        {{ columns | join(',\n        ') }}
    from entries_of_components
    union all
    select
        {{ columns | join(',\n        ') }}
    from entries_of_lines
    where period_id is not null
)

select
    {{ columns | join(',\n    ') }}
from entries
