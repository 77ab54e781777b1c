with fx_rates as (
    select
        rate_table_id,
        rate_kind_code,
        from_currency_code,
        to_currency_code,
        rate_date,
        exchange_rate
    from {{ ref('stg_finance__fx_rates') }}
),

fx_rates_in_order as (
    select
        rate_table_id,
        rate_kind_code,
        from_currency_code,
        to_currency_code,
        rate_date,
        exchange_rate,
        lead(rate_date) over (
            partition by rate_table_id, rate_kind_code, from_currency_code, to_currency_code
            order by rate_date
        ) as next_rate_date
    from fx_rates
)

select
    rate_table_id,
    rate_kind_code,
    from_currency_code,
    to_currency_code,
    rate_date as valid_from_date,
    coalesce({{ add_days('next_rate_date', -1) }}, {{ far_future_date() }}) as valid_to_date,
    exchange_rate
from fx_rates_in_order
