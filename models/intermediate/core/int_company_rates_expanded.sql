with settings as (
    select
        company_currency_code,
        rate_table_id,
        rate_kind_code
    from {{ ref('int_settings_dated') }}
),

fx_rates as (
    select
        rate_table_id,
        rate_kind_code,
        from_currency_code,
        to_currency_code,
        valid_from_date,
        valid_to_date,
        exchange_rate
    from {{ ref('int_fx_rates_dated') }}
),

calendar_days as (
    select calendar_date
    from {{ ref('int_calendar_days_expanded') }}
),

company_rates as (
    select
        fx_rates.from_currency_code,
        fx_rates.valid_from_date,
        fx_rates.valid_to_date,
        fx_rates.exchange_rate
    from fx_rates
    inner join settings
        on
            fx_rates.rate_table_id = settings.rate_table_id
            and fx_rates.rate_kind_code = settings.rate_kind_code
            and fx_rates.to_currency_code = settings.company_currency_code
)

-- One row a day, so that facts find their rate by an equality: a join by range over millions of rows would not end.
select
    company_rates.from_currency_code as currency_code,
    calendar_days.calendar_date,
    company_rates.exchange_rate
from company_rates
inner join calendar_days
    on calendar_days.calendar_date between company_rates.valid_from_date and company_rates.valid_to_date
