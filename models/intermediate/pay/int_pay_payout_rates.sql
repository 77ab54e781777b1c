-- One row a credit whose pay goes out in another currency than its plan's, with the exchange rate of its sale's day:
-- what reverses it, re-rates it, releases it or adjusts it has the same. Rows for such credits alone.
with enrolments as (
    select
        enrolment_number,
        currency_code,
        payout_currency_code,
        payout_rate_source_number,
        payout_rate_table_id,
        payout_rate_kind_code,
        payout_rate_day_code
    from {{ ref('int_pay_enrolments') }}
    where payout_rate_source_number is not null
),

event_credits as (
    select
        credits.credit_number,
        credits.enrolment_number,
        shares.origin_date as sale_date
    from {{ ref('int_pay_credits') }} as credits
    inner join enrolments
        on credits.enrolment_number = enrolments.enrolment_number
    inner join {{ ref('int_pay_shares') }} as shares
        on credits.share_number = shares.share_number
),

period_credits as (
    select
        credit_number,
        enrolment_number,
        event_date as sale_date
    from {{ ref('int_pay_period_credits') }}
),

rates as (
    select
        rate_source_number,
        sale_date,
        rate_date,
        rate_kind_code,
        rate_direction_code,
        exchange_rate,
        inverse_rate
    from {{ ref('int_pay_rates') }}
    where use_code = 'payout'
),

credits as (
    {%- for source in ['event_credits', 'period_credits'] %}
    select
        credit_number,
        enrolment_number,
        sale_date
    from {{ source }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    credits.credit_number,
    enrolments.currency_code as from_currency_code,
    rates.rate_date,
    rates.rate_kind_code,
    rates.rate_direction_code,
    rates.exchange_rate,
    rates.inverse_rate,
    case
        when rates.exchange_rate is null
            then {{
                no_rate_text(
                    'enrolments.payout_rate_kind_code', 'enrolments.currency_code', 'enrolments.payout_currency_code',
                    'enrolments.payout_rate_day_code', 'credits.sale_date', 'enrolments.payout_rate_table_id'
                )
            }}
    end as hold_text
from credits
inner join enrolments
    on credits.enrolment_number = enrolments.enrolment_number
left join rates
    on
        enrolments.payout_rate_source_number = rates.rate_source_number
        and credits.sale_date = rates.sale_date
