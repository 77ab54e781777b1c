with payable_entries as (
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
    from {{ ref('int_pay_payable_entries') }}
    where is_held or entry_amount <> 0
),

payables as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        calendar_id,
        period_id,
        end_date,
        recovered_amount,
        currency_code
    from {{ ref('int_pay_payables') }}
    where recovered_amount <> 0 or recovered_amount is null
),

draws as (
    select
        rule_set_id,
        payee_id,
        plan_id,
        draw_id,
        calendar_id,
        period_id,
        end_date,
        case
            when style_code = 'guarantee' then 'guarantee'
            when granted_amount > 0 then 'draw_advance'
            else 'draw_recovery'
        end as held_kind_code,
        advanced_amount,
        guaranteed_amount,
        recovered_amount,
        forgiven_amount,
        currency_code,
        is_held,
        hold_text
    from {{ ref('int_pay_draws') }}
),

-- A held draw moves nobody knows what: one entry says so.
draws_posted as (
    {%- for kind, amount in [
        ('draw_advance', 'advanced_amount'),
        ('guarantee', 'guaranteed_amount'),
        ('draw_recovery', 'recovered_amount'),
        ('draw_forgiven', 'forgiven_amount'),
    ] %}
    select
        rule_set_id,
        payee_id,
        plan_id,
        draw_id,
        calendar_id,
        period_id,
        end_date,
        '{{ kind }}' as entry_kind_code,
        {{ amount }} as entry_amount,
        currency_code,
        is_held,
        hold_text
    from draws
    where {{ amount }} <> 0 or (is_held and held_kind_code = '{{ kind }}')
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

entries as (
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
        cast(null as {{ dbt.type_string() }}) as draw_id,
        line_id,
        event_id,
        cause_text,
        is_held
    from payable_entries
    union all
    select
        rule_set_id,
        'clawback_recovered:' || payee_id || ':' || plan_id || ':' || period_id as entry_id,
        payee_id,
        plan_id,
        cast(null as {{ dbt.type_string() }}) as component_id,
        calendar_id,
        period_id,
        end_date as entry_date,
        'clawback_recovered' as entry_kind_code,
        recovered_amount as entry_amount,
        currency_code,
        cast(null as {{ dbt.type_string() }}) as draw_id,
        cast(null as {{ dbt.type_string() }}) as line_id,
        cast(null as {{ dbt.type_string() }}) as event_id,
        case
            when recovered_amount is null
                then 'held: what is owed of clawbacks is unknown, or the net floor is in another currency'
            else 'taken from the pay of the period, within the country profile'
        end as cause_text,
        recovered_amount is null as is_held
    from payables
    union all
    select
        rule_set_id,
        entry_kind_code || ':' || payee_id || ':' || plan_id || ':' || draw_id || ':' || period_id as entry_id,
        payee_id,
        plan_id,
        cast(null as {{ dbt.type_string() }}) as component_id,
        calendar_id,
        period_id,
        end_date as entry_date,
        entry_kind_code,
        entry_amount,
        currency_code,
        draw_id,
        cast(null as {{ dbt.type_string() }}) as line_id,
        cast(null as {{ dbt.type_string() }}) as event_id,
        case when is_held then 'held: ' || hold_text end as cause_text,
        is_held
    from draws_posted
),

kinds as (
    select
        entry_kind_code,
        debit_account_code,
        credit_account_code
    from {{ ref('int_pay_entry_kinds') }}
)

select
    entries.rule_set_id,
    entries.entry_id,
    entries.payee_id,
    entries.plan_id,
    entries.component_id,
    entries.calendar_id,
    entries.period_id,
    entries.entry_date,
    entries.entry_kind_code,
    kinds.debit_account_code,
    kinds.credit_account_code,
    entries.entry_amount,
    entries.currency_code,
    entries.draw_id,
    entries.line_id,
    entries.event_id,
    entries.cause_text,
    entries.is_held
from entries
inner join kinds
    on entries.entry_kind_code = kinds.entry_kind_code
