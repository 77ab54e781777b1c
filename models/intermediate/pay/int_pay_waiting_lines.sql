-- One row a line of a component whose pay waits for something, with its sale: of open periods as they are shown, of
-- closed ones as they recompute, because what was posted for those names no sale. Rows for such components alone.
with terms as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        leaver_days,
        coalesce(earned_at_code, 'credit') as earned_at_code
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

plans_with_terms as (
    select distinct
        rule_set_id,
        plan_id
    from terms
),

closed_periods as (
    select
        closed_periods.rule_set_id,
        closed_periods.plan_id,
        closed_periods.period_id
    from {{ ref('stg_planning__closed_periods') }} as closed_periods
    inner join plans_with_terms
        on
            closed_periods.rule_set_id = plans_with_terms.rule_set_id
            and closed_periods.plan_id = plans_with_terms.plan_id
),

employees as (
    select
        employee_id,
        termination_date
    from {{ ref('stg_people__employees') }}
    where termination_date is not null
),

credit_notes as (
    select
        credit_note_part_id,
        invoice_id
    from {{ ref('int_credit_notes_matched') }}
    where matched_by_code is not null
),

{%- set columns = [
    'rule_set_id', 'line_id', 'payee_id', 'plan_id', 'plan_version', 'component_id', 'calendar_id', 'period_id',
    'credit_id', 'event_id', 'event_kind_code', 'line_kind_code', 'line_date', 'earned_amount', 'currency_code', 'is_held',
] %}

payout_lines as (
    select
        {{ columns | join(',\n        ') }}
    from {{ ref('fct_payout_lines') }}
    where line_kind_code not in ('posted', 'adjustment')
    union all
    select
        {%- for column in columns[:-1] %}
        lines.{{ column }},
        {%- endfor %}
        lines.is_held
    from {{ ref('int_pay_lines') }} as lines
    inner join closed_periods
        on
            lines.rule_set_id = closed_periods.rule_set_id
            and lines.plan_id = closed_periods.plan_id
            and lines.period_id = closed_periods.period_id
)

select
    payout_lines.rule_set_id,
    payout_lines.line_id,
    payout_lines.payee_id,
    payout_lines.plan_id,
    payout_lines.plan_version,
    payout_lines.component_id,
    payout_lines.calendar_id,
    payout_lines.period_id,
    plans.pay_period_kind_code,
    payout_lines.event_id,
    payout_lines.line_kind_code,
    payout_lines.line_date,
    payout_lines.earned_amount,
    payout_lines.currency_code,
    {{ minor_unit_digits('payout_lines.currency_code') }} as minor_unit_digits,
    payout_lines.is_held,
    terms.earned_at_code,
    case payout_lines.event_kind_code
        when 'credit_note' then 'invoice'
        when 'margin_reversal' then 'margin'
        else payout_lines.event_kind_code
    end as sale_kind_code,
    -- Pay of a period is a sale of its own. Floors have none and wait for nothing.
    coalesce(credit_notes.invoice_id, payout_lines.event_id, payout_lines.credit_id) as sale_id,
    payout_lines.event_kind_code not in ('credit_note', 'margin_reversal')
    and (
        payout_lines.line_kind_code in ('event', 'true_up')
        or (payout_lines.credit_id is not null and payout_lines.line_kind_code = payout_lines.event_kind_code)
    ) as is_sale,
    case
        when terms.leaver_days is not null then {{ add_days('employees.termination_date', 'terms.leaver_days') }}
    end as last_payable_date
from payout_lines
inner join terms
    on
        payout_lines.rule_set_id = terms.rule_set_id
        and payout_lines.plan_id = terms.plan_id
        and payout_lines.plan_version = terms.plan_version
        and payout_lines.component_id = terms.component_id
inner join plans
    on
        payout_lines.rule_set_id = plans.rule_set_id
        and payout_lines.plan_id = plans.plan_id
        and payout_lines.plan_version = plans.plan_version
left join employees
    on payout_lines.payee_id = employees.employee_id
left join credit_notes
    on
        payout_lines.event_kind_code in ('credit_note', 'margin_reversal')
        and payout_lines.event_id = credit_notes.credit_note_part_id
