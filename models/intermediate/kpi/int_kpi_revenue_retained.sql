with settings as (
    select as_of_date
    from {{ ref('int_settings_dated') }}
),

contracts as (
    select
        customer_key,
        payee_id,
        team_id,
        region_id,
        start_date,
        last_active_date,
        annual_company_amount
    from {{ ref('int_contracts_valued') }}
),

periods as (
    select
        period_id,
        start_date,
        end_date
    from {{ ref('dim_periods') }}
    where
        is_company_calendar
        and period_kind_code in ('month', 'quarter', 'year')
),

periods_begun as (
    select
        periods.period_id,
        {{ add_days('periods.start_date', -1) }} as opening_date,
        least(periods.end_date, settings.as_of_date) as closing_date
    from periods
    inner join settings
        on periods.start_date <= settings.as_of_date
),

-- An unknown value counts as none on both days: the customer then drops out where it has no other contract.
customer_values as (
    select
        periods_begun.period_id,
        contracts.customer_key,
        contracts.payee_id,
        contracts.team_id,
        contracts.region_id,
        sum(
            case
                when periods_begun.opening_date between contracts.start_date and contracts.last_active_date
                    then contracts.annual_company_amount
                else 0
            end
        ) as opening_value,
        sum(
            case
                when periods_begun.closing_date between contracts.start_date and contracts.last_active_date
                    then contracts.annual_company_amount
                else 0
            end
        ) as closing_value
    from contracts
    inner join periods_begun
        on
            contracts.start_date <= periods_begun.closing_date
            and contracts.last_active_date >= periods_begun.opening_date
    group by
        periods_begun.period_id,
        contracts.customer_key,
        contracts.payee_id,
        contracts.team_id,
        contracts.region_id
)

select
    period_id,
    payee_id,
    team_id,
    region_id,
    sum(closing_value) as closing_value,
    sum(opening_value) as opening_value
from customer_values
where opening_value > 0
group by
    period_id,
    payee_id,
    team_id,
    region_id
