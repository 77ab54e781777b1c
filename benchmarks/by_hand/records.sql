-- The records of the simulated company, cast as an analyst would who trusts the files: no grammar, no quarantine.
-- `data` is the folder of Parquet files, `as_of_date` the day that the numbers are for.
create macro berlin_date(ts) as cast(timezone('Europe/Berlin', cast(ts as timestamptz)) as date);
create macro euro(amount, currency, rate) as
    case when currency = 'EUR' then cast(amount as decimal(18, 4)) else cast(round(cast(amount as decimal(20, 4)) * rate, 4) as decimal(18, 4)) end;

create temp table months as
select
    strftime(month_start, '%Y-%m') as period_id,
    cast(month_start as date) as start_date,
    last_day(month_start) as end_date,
    row_number() over (order by month_start) as sequence,
    year(month_start) || '-Q' || quarter(month_start) as quarter_id,
    cast(year(month_start) as varchar) as year_id
from (select unnest(generate_series(date '2023-01-01', date '2027-12-01', interval 1 month)) as month_start);

create temp table days as
select
    cast(unnest(generate_series(start_date, end_date, interval 1 day)) as date) as day,
    period_id,
    sequence
from months;

create temp table rates as
select from_currency_code as currency, day, cast(exchange_rate as decimal(18, 12)) as rate
from (
    select
        from_currency_code,
        exchange_rate,
        cast(rate_date as date) as from_day,
        coalesce(lead(cast(rate_date as date)) over (partition by from_currency_code order by rate_date) - 1, date '9999-12-31') as to_day
    from read_parquet(getvariable('data') || '/fx_rates.parquet')
    where rate_table_id = 'main' and rate_kind_code = 'spot' and to_currency_code = 'EUR'
)
inner join days on days.day between from_day and to_day;

create temp table payee_of_user as
select user_id, employee_id as payee_id
from read_parquet(getvariable('data') || '/users.parquet')
where employee_id in (select employee_id from read_parquet(getvariable('data') || '/employees.parquet'));

create temp table employees as
select employee_id as payee_id, cast(termination_date as date) as last_day
from read_parquet(getvariable('data') || '/employees.parquet');

create temp table assignments as
select
    employee_id as payee_id,
    manager_employee_id as manager_id,
    team_id,
    region_id,
    region_name,
    team_name,
    plan_id,
    cast(valid_from_date as date) as from_day,
    coalesce(cast(valid_to_date as date), date '9999-12-31') as to_day
from read_parquet(getvariable('data') || '/assignments.parquet');

-- The assignment of the as-of date; a leaver keeps the last one.
create temp table payees as
select payee_id, team_id, region_id, manager_id
from assignments
where from_day <= getvariable('as_of_date')
qualify row_number() over (partition by payee_id order by from_day desc) = 1;

create temp table stages as
select stage_name, stage_code, cast(stage_order as bigint) as stage_order, stage_status_code as status
from read_parquet(getvariable('data') || '/stage_map.parquet');

create temp table quotas as
select payee_id, plan_id, component_id, period_id, cast(quota_amount as decimal(18, 4)) as quota_amount, currency_code
from read_parquet(getvariable('data') || '/quotas.parquet');

-- Exact quotients: amounts as integers of 10^-12 units, divided once.
create macro as_units(amount) as cast(cast(amount as decimal(24, 12)) * cast(1000000000000 as decimal(13, 0)) as hugeint);
create macro from_units(units) as
    cast(units // 1000000000000 as decimal(26, 0)) + cast(units % 1000000000000 as decimal(12, 0)) * cast(0.000000000001 as decimal(12, 12));
