with credits as (
    select
        rule_set_id,
        credit_id,
        event_id,
        event_kind_code,
        credit_date,
        opportunity_id,
        invoice_id,
        payee_id,
        plan_id,
        plan_version,
        component_id,
        credit_kind_code,
        credit_ratio,
        taken_amount,
        quota_credit_ratio,
        pay_credit_ratio,
        quota_credit_amount,
        pay_credit_amount,
        currency_code,
        event_amount,
        event_currency_code,
        rate_number,
        calendar_id,
        period_id,
        window_period_id,
        team_id,
        region_id,
        is_source_held,
        hold_text
    from {{ ref('int_pay_credits_named') }}
),

rates as (
    select
        rate_number,
        rate_date,
        rate_kind_code,
        rate_direction_code,
        exchange_rate,
        inverse_rate
    from {{ ref('int_pay_rates') }}
),

-- Only those that name no invoice: mostly there is none.
notes_matched as (
    select
        credit_note_part_id,
        matched_by_code
    from {{ ref('int_credit_notes_matched') }}
    where matched_by_code <> 'invoice'
)

select
    credits.rule_set_id,
    credits.credit_id,
    credits.event_id,
    credits.event_kind_code,
    credits.credit_date,
    credits.opportunity_id,
    credits.invoice_id,
    credits.payee_id,
    credits.plan_id,
    credits.plan_version,
    credits.component_id,
    credits.credit_kind_code,
    credits.credit_ratio,
    credits.taken_amount,
    credits.quota_credit_ratio,
    credits.pay_credit_ratio,
    credits.quota_credit_amount,
    credits.pay_credit_amount,
    credits.currency_code,
    credits.event_amount,
    credits.event_currency_code,
    case
        when credits.event_currency_code is null or credits.event_currency_code = credits.currency_code
            then cast(1 as {{ ratio_type() }})
        else rates.exchange_rate
    end as exchange_rate,
    rates.inverse_rate,
    rates.rate_kind_code,
    rates.rate_date,
    rates.rate_direction_code,
    credits.calendar_id,
    credits.period_id,
    credits.window_period_id,
    credits.team_id,
    credits.region_id,
    credits.quota_credit_amount is null or credits.pay_credit_amount is null as is_held,
    credits.hold_text,
    coalesce(credits.is_source_held, false) as is_source_held,
    notes_matched.matched_by_code
from credits
left join rates
    on credits.rate_number = rates.rate_number
left join notes_matched
    on
        credits.event_id = notes_matched.credit_note_part_id
        and credits.event_kind_code in ('credit_note', 'margin_reversal')
