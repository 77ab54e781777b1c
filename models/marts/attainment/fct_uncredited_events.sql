with components as (
    select
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        event_kind_code
    from {{ ref('stg_planning__components') }}
),

enrolments as (
    select
        enrolment_number,
        rule_set_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        calendar_id,
        event_kind_code,
        enrolled_from_date,
        enrolled_to_date
    from {{ ref('int_pay_enrolments') }}
),

shares as (
    select
        share_number,
        event_order,
        event_kind_code,
        case event_kind_code
            when 'credit_note' then 'invoice'
            when 'margin_reversal' then 'margin'
            else event_kind_code
        end as sale_kind_code,
        event_id,
        event_class_code,
        event_date,
        origin_date,
        event_amount,
        event_currency_code,
        opportunity_id,
        payee_id,
        split_total_ratio,
        share_amount
    from {{ ref('int_pay_shares') }}
    where share_kind_code <> 'overlay'
),

credits as (
    select
        credit_number,
        share_number,
        enrolment_number
    from {{ ref('int_pay_credits') }}
    where credit_kind_code in ('owner', 'split')
),

routed_credits as (
    select
        share_number,
        enrolment_number,
        share_amount
    from {{ ref('int_pay_credits_routed') }}
    where credit_kind_code in ('owner', 'split')
),

rules as (
    select distinct
        rule_set_id,
        plan_id,
        plan_version,
        component_id,
        event_class_code
    from {{ ref('int_pay_rules') }}
    where
        receiver_code = 'seller'
        and not is_routed
),

days as (
    select
        rule_set_id,
        calendar_id,
        calendar_day
    from {{ ref('int_pay_days') }}
),

kinds_paid as (
    select distinct
        rule_set_id,
        event_kind_code
    from components
),

-- A share is credited as far as the component that takes most of it does: all of it, or what lies in lines that a rule
-- takes.
shares_credited as (
    select
        enrolments.rule_set_id,
        credits.share_number,
        max(case when routed_credits.share_number is null then 1 else 0 end) = 1 as is_whole,
        max(routed_credits.share_amount) as greatest_part_amount,
        min(routed_credits.share_amount) as least_part_amount
    from credits
    inner join enrolments
        on credits.enrolment_number = enrolments.enrolment_number
    left join routed_credits
        on
            credits.share_number = routed_credits.share_number
            and credits.enrolment_number = routed_credits.enrolment_number
    group by enrolments.rule_set_id, credits.share_number
),

shares_left as (
    select
        kinds_paid.rule_set_id,
        shares.share_number,
        shares.event_kind_code,
        shares.sale_kind_code,
        shares.event_id,
        shares.event_class_code,
        shares.event_date,
        shares.origin_date,
        shares.event_amount,
        shares.event_currency_code,
        shares.opportunity_id,
        shares.payee_id,
        shares_credited.share_number is not null as is_in_part,
        shares.share_amount - case
            when shares_credited.share_number is null then 0
            when shares.share_amount < 0 then shares_credited.least_part_amount
            else shares_credited.greatest_part_amount
        end as left_amount
    from shares
    inner join kinds_paid
        on shares.sale_kind_code = kinds_paid.event_kind_code
    left join shares_credited
        on
            shares.share_number = shares_credited.share_number
            and kinds_paid.rule_set_id = shares_credited.rule_set_id
    where
        shares_credited.share_number is null
        or (
            not shares_credited.is_whole
            and shares.share_amount
            <> case
                when shares.share_amount < 0 then shares_credited.least_part_amount
                else shares_credited.greatest_part_amount
            end
        )
),

-- Of each share that is left: how far it came. 1: its holder has a plan on the day of the sale. 2: with a component for
-- such events. 3: of which a rule takes it. The calendar of the component may not hold the day.
plans_met as (
    select
        shares_left.rule_set_id,
        shares_left.share_number,
        max(
            case
                when enrolments.event_kind_code <> shares_left.sale_kind_code then 1
                when rules.component_id is null and routed_credits.share_number is null then 2
                else 3
            end
        ) as stage,
        max(
            case
                when enrolments.event_kind_code = shares_left.sale_kind_code and days.calendar_day is not null then 1
                else 0
            end
        ) as days_held,
        min(enrolments.plan_id) as plan_id
    from shares_left
    inner join enrolments
        on
            shares_left.rule_set_id = enrolments.rule_set_id
            and shares_left.payee_id = enrolments.payee_id
            and shares_left.origin_date >= enrolments.enrolled_from_date
            and shares_left.origin_date <= enrolments.enrolled_to_date
    left join rules
        on
            enrolments.rule_set_id = rules.rule_set_id
            and enrolments.plan_id = rules.plan_id
            and enrolments.plan_version = rules.plan_version
            and enrolments.component_id = rules.component_id
            and shares_left.event_class_code = rules.event_class_code
    left join routed_credits
        on
            shares_left.share_number = routed_credits.share_number
            and enrolments.enrolment_number = routed_credits.enrolment_number
    left join days
        on
            enrolments.rule_set_id = days.rule_set_id
            and enrolments.calendar_id = days.calendar_id
            and shares_left.event_date = days.calendar_day
    where not shares_left.is_in_part
    group by shares_left.rule_set_id, shares_left.share_number
),

shares_explained as (
    select
        shares_left.rule_set_id,
        shares_left.event_kind_code,
        shares_left.event_id,
        shares_left.event_date,
        shares_left.event_amount,
        shares_left.event_currency_code,
        shares_left.opportunity_id,
        shares_left.payee_id,
        shares_left.left_amount,
        plans_met.plan_id,
        case
            when shares_left.payee_id is null then 'no_payee'
            when shares_left.is_in_part then 'part_filtered'
            when plans_met.stage is null then 'no_plan'
            when plans_met.stage = 1 then 'no_component'
            when plans_met.days_held = 0 or plans_met.stage = 3 then 'outside_periods'
            else 'filtered'
        end as reason_code
    from shares_left
    left join plans_met
        on
            shares_left.rule_set_id = plans_met.rule_set_id
            and shares_left.share_number = plans_met.share_number
),

-- What splits leave of an event: within the tolerance nobody has it, beyond it the credits are held.
events_split as (
    select
        event_kind_code,
        sale_kind_code,
        event_id,
        event_date,
        event_amount,
        event_currency_code,
        opportunity_id,
        event_amount - sum(share_amount) as left_amount
    from shares
    where split_total_ratio <> 1
    group by
        event_kind_code, sale_kind_code, event_id, event_date, event_amount, event_currency_code, opportunity_id
),

split_rests as (
    select
        kinds_paid.rule_set_id,
        events_split.event_kind_code,
        events_split.event_id,
        events_split.event_date,
        events_split.event_amount,
        events_split.event_currency_code,
        events_split.opportunity_id,
        cast(null as {{ dbt.type_string() }}) as payee_id,
        events_split.left_amount,
        cast(null as {{ dbt.type_string() }}) as plan_id,
        'split_rest' as reason_code
    from events_split
    inner join kinds_paid
        on events_split.sale_kind_code = kinds_paid.event_kind_code
    where events_split.left_amount <> 0
),

runs as (
    select as_of_date
    from {{ source('landing', 'run') }}
),

credit_notes as (
    select
        credit_note_id,
        credit_note_date,
        note_net_amount,
        net_amount,
        currency_code,
        unmatched_code
    from {{ ref('int_credit_notes_matched') }}
    where unmatched_code is not null
),

-- What of a credit note reduces no invoice that is known takes nothing back from anybody: it is shown, not guessed.
notes_without_invoice as (
    select
        kinds_paid.rule_set_id,
        case kinds_paid.event_kind_code when 'margin' then 'margin_reversal' else 'credit_note' end as event_kind_code,
        credit_notes.credit_note_id as event_id,
        credit_notes.credit_note_date as event_date,
        -credit_notes.note_net_amount as event_amount,
        credit_notes.currency_code as event_currency_code,
        cast(null as {{ dbt.type_string() }}) as opportunity_id,
        cast(null as {{ dbt.type_string() }}) as payee_id,
        -credit_notes.net_amount as left_amount,
        cast(null as {{ dbt.type_string() }}) as plan_id,
        credit_notes.unmatched_code as reason_code
    from credit_notes
    inner join kinds_paid
        on kinds_paid.event_kind_code in ('invoice', 'margin')
    inner join runs
        on credit_notes.credit_note_date <= runs.as_of_date
),

-- What rule sets wait for and take back: a payment or a cancelled contract matters to these alone.
terms as (
    select
        rule_set_id,
        max(case when is_cash_read or clawback_from_code = 'payment' then 1 else 0 end) = 1 as is_cash_read,
        max(case when clawback_days is not null then 1 else 0 end) = 1 as is_taken_back
    from {{ ref('stg_planning__payable_terms') }}
    group by rule_set_id
),

payments as (
    select
        payment_id,
        invoice_id,
        payment_date,
        payment_amount,
        currency_code
    from {{ ref('stg_finance__payments') }}
),

invoices as (
    select invoice_id
    from {{ ref('stg_finance__invoices') }}
),

contracts as (
    select
        contract_id,
        opportunity_id,
        cancelled_date,
        annual_value_amount,
        currency_code
    from {{ ref('stg_finance__contracts') }}
    where cancelled_date is not null
),

-- Deals of the CRM, and those that an invoice names alone.
deals_known as (
    select opportunity_id
    from {{ ref('stg_crm__opportunities') }}
    union
    select opportunity_id
    from {{ ref('stg_finance__invoices') }}
    where opportunity_id is not null
),

-- Money that is matched to no sale makes nothing payable.
payments_without_invoice as (
    select
        terms.rule_set_id,
        'payment' as event_kind_code,
        payments.payment_id as event_id,
        payments.payment_date as event_date,
        payments.payment_amount as event_amount,
        payments.currency_code as event_currency_code,
        cast(null as {{ dbt.type_string() }}) as opportunity_id,
        cast(null as {{ dbt.type_string() }}) as payee_id,
        payments.payment_amount as left_amount,
        cast(null as {{ dbt.type_string() }}) as plan_id,
        'no_invoice' as reason_code
    from payments
    inner join terms
        on terms.is_cash_read
    inner join runs
        on payments.payment_date <= runs.as_of_date
    left join invoices
        on payments.invoice_id = invoices.invoice_id
    where invoices.invoice_id is null
),

-- A cancelled contract of no deal that is known takes no pay back.
contracts_without_sale as (
    select
        terms.rule_set_id,
        'cancelled_contract' as event_kind_code,
        contracts.contract_id as event_id,
        contracts.cancelled_date as event_date,
        contracts.annual_value_amount as event_amount,
        contracts.currency_code as event_currency_code,
        contracts.opportunity_id,
        cast(null as {{ dbt.type_string() }}) as payee_id,
        contracts.annual_value_amount as left_amount,
        cast(null as {{ dbt.type_string() }}) as plan_id,
        'no_sale' as reason_code
    from contracts
    inner join terms
        on terms.is_taken_back
    inner join runs
        on contracts.cancelled_date <= runs.as_of_date
    left join deals_known
        on contracts.opportunity_id = deals_known.opportunity_id
    where deals_known.opportunity_id is null
),

parts_left as (
    {%- for source in [
        'shares_explained', 'split_rests', 'notes_without_invoice', 'payments_without_invoice', 'contracts_without_sale',
    ] %}
    select
        rule_set_id,
        event_kind_code,
        event_id,
        event_date,
        event_amount,
        event_currency_code,
        opportunity_id,
        payee_id,
        left_amount,
        plan_id,
        reason_code
    from {{ source }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

-- Several holders who are no payees are one row.
select
    rule_set_id,
    event_kind_code || ':' || event_id || ':' || reason_code || coalesce(':' || payee_id, '') as uncredited_id,
    event_kind_code,
    event_id,
    event_date,
    opportunity_id,
    payee_id,
    reason_code,
    case reason_code
        when 'no_payee' then 'whoever owns or shares it is nobody''s user, or nobody does'
        when 'no_plan' then 'payee ' || payee_id || ' has no plan on the day of the sale'
        when 'no_component'
            then 'plan ' || max(plan_id) || ' of payee ' || payee_id || ' has no component that pays for it'
        when 'outside_periods'
            then 'it lies outside of every period of the calendar of plan ' || max(plan_id)
        when 'filtered' then 'no credit rule of plan ' || max(plan_id) || ' takes it for its sellers'
        when 'part_filtered' then 'no credit rule takes this part of it for payee ' || payee_id
        when 'split_rest' then 'its revenue splits do not add up to 1'
        when 'no_invoice'
            then 'it names no invoice that is known, so nobody knows whose sale it '
                || case event_kind_code when 'payment' then 'pays' else 'takes back' end
        when 'no_sale' then 'it names no deal that is known, so nobody knows whose pay its cancellation takes back'
        when 'nothing_left'
            then 'it names no invoice, and of none that the company''s key leads to is anything left for it'
    end as reason_text,
    event_amount,
    cast(sum(left_amount) as {{ pay_type() }}) as uncredited_amount,
    event_currency_code as currency_code
from parts_left
group by
    rule_set_id,
    event_kind_code,
    event_id,
    event_date,
    opportunity_id,
    payee_id,
    reason_code,
    event_amount,
    event_currency_code
