-- One row a posting for a line of such a component, by kind and day, of closed periods too. A held one has no amount,
-- but for what nobody takes over yet: how much that is is known.
with runs as (
    select as_of_date
    from {{ source('landing', 'run') }}
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

waiting_lines as (
    select
        rule_set_id,
        line_id,
        payee_id,
        plan_id,
        component_id,
        calendar_id,
        period_id,
        pay_period_kind_code,
        event_id,
        sale_id,
        line_kind_code,
        line_date,
        earned_amount,
        currency_code,
        earned_at_code,
        is_held
    from {{ ref('int_pay_waiting_lines') }}
),

triggers as (
    select
        rule_set_id,
        line_id,
        trigger_date,
        posting_date,
        last_payable_date,
        paid_in_full_date,
        holdback_days,
        is_passed_on,
        is_held,
        is_earned_later,
        is_earned_held,
        became_earned_amount,
        advanced_amount,
        payable_amount,
        held_amount,
        passed_on_amount,
        forfeited_amount
    from {{ ref('int_pay_triggers') }}
),

successors as (
    select
        payee_id,
        successor_payee_id,
        valid_from_date,
        valid_to_date
    from {{ ref('int_pay_successors') }}
),

-- A payout has the terms of its plan, so a successor is on the plan, and is paid in the currency of the line.
payees_on_plans as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        min(enrolled_from_date) as enrolled_from_date,
        min(payout_currency_code) as currency_code,
        count(distinct payout_currency_code) as currency_count
    from {{ ref('int_pay_enrolments') }}
    group by rule_set_id, payee_id, plan_id
),

-- Days of a holdback count from the trigger, so that a reversal is released with what it takes back.
holdbacks as (
    select
        rule_set_id,
        line_id,
        posting_date,
        last_payable_date,
        is_passed_on,
        held_amount,
        case
            when holdback_days is not null then {{ add_days('trigger_date', 'holdback_days') }}
            when paid_in_full_date is not null then greatest(trigger_date, paid_in_full_date)
        end as due_date
    from triggers
    where held_amount <> 0 and not is_held
),

movements as (
    select
        rule_set_id,
        line_id,
        line_date as entry_date,
        case
            when earned_at_code <> 'credit' and sale_id is not null then 'credited'
            when line_kind_code = 'rerate' then 'rerate'
            else 'earned'
        end as entry_kind_code,
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
        case when is_held then 'held: the line is held' end as cause_text
    from waiting_lines
    where is_held or sale_id is null
    {%- for kind, amount, cause in [
        ('became_payable', 'payable_amount - held_amount - passed_on_amount', none),
        ('held', 'held_amount', none),
        ('passed_on', 'passed_on_amount', 'the payee had left'),
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
        'became_earned' as entry_kind_code,
        became_earned_amount as entry_amount,
        is_earned_held as is_held,
        case when is_earned_held then 'held: an invoice or payment of the sale is unknown or in another currency' end
            as cause_text
    from triggers
    where is_earned_later
    union all
    select
        rule_set_id,
        line_id,
        posting_date as entry_date,
        'advanced' as entry_kind_code,
        advanced_amount as entry_amount,
        false as is_held,
        'payable before it is earned, less what has been earned of that' as cause_text
    from triggers
    where is_earned_later and not is_held and not is_earned_held
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
        greatest(due_date, posting_date) as entry_date,
        case
            when due_date > last_payable_date and is_passed_on then 'passed_on_held'
            when due_date > last_payable_date then 'forfeited_held'
            else 'released'
        end as entry_kind_code,
        held_amount as entry_amount,
        false as is_held,
        case when due_date > last_payable_date then 'the payee had left' end as cause_text
    from holdbacks
    where due_date is not null
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

entries_in_periods as (
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
    'rule_set_id', 'plan_id', 'component_id', 'calendar_id', 'period_id', 'entry_date', 'currency_code', 'line_id',
    'event_id',
] %}

entries_passed_on as (
    select
        {%- for column in columns %}
        entries.{{ column }},
        {%- endfor %}
        entries.entry_id,
        entries.payee_id,
        entries.entry_kind_code,
        entries.entry_amount,
        successors.successor_payee_id,
        case
            when successors.successor_payee_id is null
                then
                    'held: payee ' || entries.payee_id
                    || ' had left, and nobody in work follows by successor_employee_id of people/employees'
            when payees_on_plans.payee_id is null
                then 'held: successor ' || successors.successor_payee_id || ' is not on the plan by then'
            when
                payees_on_plans.currency_count > 1 or payees_on_plans.currency_code <> entries.currency_code
                then 'held: successor ' || successors.successor_payee_id || ' is paid in another currency'
        end as hold_text
    from entries_in_periods as entries
    left join successors
        on
            entries.payee_id = successors.payee_id
            and entries.entry_date >= successors.valid_from_date
            and entries.entry_date <= successors.valid_to_date
    left join payees_on_plans
        on
            entries.rule_set_id = payees_on_plans.rule_set_id
            and successors.successor_payee_id = payees_on_plans.payee_id
            and entries.plan_id = payees_on_plans.plan_id
            and entries.entry_date >= payees_on_plans.enrolled_from_date
    where entries.entry_kind_code in ('passed_on', 'passed_on_held')
),

entries_of_everybody as (
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        entry_id,
        payee_id,
        entry_kind_code,
        entry_amount,
        cause_text,
        is_held
    from entries_in_periods
    where entry_kind_code not in ('passed_on', 'passed_on_held')
    union all
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        entry_id,
        payee_id,
        entry_kind_code,
        entry_amount,
        coalesce(hold_text, 'the payee had left: payee ' || successor_payee_id || ' takes over') as cause_text,
        hold_text is not null as is_held
    from entries_passed_on
    union all
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        'taken_over:' || line_id || ':' || cast(entry_date as {{ dbt.type_string() }}) as entry_id,
        successor_payee_id as payee_id,
        'taken_over' as entry_kind_code,
        sum(entry_amount) as entry_amount,
        'pay of payee ' || payee_id || ', who had left' as cause_text,
        false as is_held
    from entries_passed_on
    where hold_text is null
    group by {{ columns | join(', ') }}, payee_id, successor_payee_id
)

-- What falls after the last period of the calendar has no pay run yet.
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
from entries_of_everybody
where period_id is not null
