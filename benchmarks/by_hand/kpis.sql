-- fct_kpis: numerators and denominators at payee, team, region and month, rolled up once.
create temp table parts (kpi varchar, dimension varchar, period_id varchar, payee_id varchar, team_id varchar, region_id varchar,
    numerator decimal(38, 6), denominator decimal(38, 6), is_monthly boolean);

create temp table deals as
select
    period_id, owner_payee_id as payee_id, team_id, region_id, opportunity_status_code as status, deal_company_amount as amount, sales_cycle_days,
    created_date, close_date
from fct_opportunities;

insert into parts
with closed as (
    select
        period_id, payee_id, team_id, region_id,
        count(*) filter (status = 'won') as won, count(*) filter (status = 'lost') as lost,
        count(amount) filter (status = 'won') as valued, coalesce(sum(amount) filter (status = 'won'), 0) as won_value,
        coalesce(sum(amount) filter (status = 'lost'), 0) as lost_value, coalesce(sum(sales_cycle_days) filter (status = 'won'), 0) as cycle_days,
        count(sales_cycle_days) filter (status = 'won') as cycles, coalesce(sum(amount) filter (status = 'open'), 0) as open_value
    from deals
    where period_id is not null
    group by all
)
select kpi, 'all', period_id, payee_id, team_id, region_id, numerator, denominator, true
from (
    select period_id, payee_id, team_id, region_id, unnest([
        {'kpi': 'win_rate_by_count', 'numerator': won::decimal(38, 6), 'denominator': (won + lost)::decimal(38, 6)},
        {'kpi': 'win_rate_by_value', 'numerator': won_value::decimal(38, 6), 'denominator': (won_value + lost_value)::decimal(38, 6)},
        {'kpi': 'average_deal_value', 'numerator': won_value::decimal(38, 6), 'denominator': valued::decimal(38, 6)},
        {'kpi': 'sales_cycle', 'numerator': cycle_days::decimal(38, 6), 'denominator': cycles::decimal(38, 6)},
        {'kpi': 'win_loss_ratio', 'numerator': won::decimal(38, 6), 'denominator': lost::decimal(38, 6)},
        {'kpi': 'won_value', 'numerator': won_value::decimal(38, 6), 'denominator': 0::decimal(38, 6)},
        {'kpi': 'won_count', 'numerator': won::decimal(38, 6), 'denominator': 0::decimal(38, 6)},
        {'kpi': 'open_pipeline', 'numerator': open_value::decimal(38, 6), 'denominator': 0::decimal(38, 6)}
    ], recursive := true)
    from closed
)
where numerator <> 0 or denominator <> 0;

insert into parts
select 'opened', 'all', days.period_id, payee_id, team_id, region_id, count(*), 0, true
from deals
inner join days on day = greatest(
    case when status = 'open' then coalesce(created_date, getvariable('as_of_date')) else least(coalesce(created_date, close_date), close_date) end,
    date '2023-01-01')
where status = 'open' or deals.period_id is not null
group by all
union all
select 'ended', 'all', period_id, payee_id, team_id, region_id, count(*), 0, true
from deals
where status <> 'open' and period_id is not null
group by all
union all
select 'new_accounts', 'all', period_id, payee_id, team_id, region_id, count(*), 0, true
from fct_bookings
where is_new_account and period_id is not null
group by all
union all
select 'activity_count', activity_kind_code, period_id, payee_id, team_id, region_id, count(*), 0, true
from fct_activities
where period_id is not null
group by all
union all
select 'invoiced_value', 'all', period_id, payee_id, team_id, region_id, sum(net_company_amount), 0, true
from fct_invoices
where invoice_status_code <> 'void' and period_id is not null and net_company_amount is not null
group by all
having sum(net_company_amount) <> 0;

insert into parts
select kpi, 'all', period_id, payee_id, team_id, region_id, sum(numerator), 0, true
from parts
where kpi = 'activity_count'
group by all;

insert into parts
with entered as (
    select opportunity_id, stage_code, stage_order, status, min(cast(entered_at as timestamptz)) as first_at, max(cast(entered_at as timestamptz)) as last_at
    from read_parquet(getvariable('data') || '/opportunity_stages.parquet')
    inner join stages using (stage_name)
    where status <> 'lost'
    group by all
),
followed as (
    select *, max(last_at) over (partition by opportunity_id order by stage_order rows between 1 following and unbounded following) as further_at
    from entered
)
select
    'stage_conversion', followed.stage_code, days.period_id, owner_payee_id, team_id, region_id,
    count(*) filter (opportunity_status_code = 'won' or further_at >= first_at), count(*), true
from followed
inner join fct_opportunities using (opportunity_id)
inner join days on day = cast(timezone('Europe/Berlin', first_at) as date)
where status = 'open'
group by all;

insert into parts
with leads as (
    select
        lead_id, payee_id, berlin_date(created_at) as created_on,
        converted_at is not null or converted_opportunity_id is not null or coalesce(cast(is_converted as boolean), false)
        or lead_id in (select lead_id from fct_opportunities where lead_id is not null) as is_won_over
    from read_parquet(getvariable('data') || '/leads.parquet')
    left join payee_of_user on user_id = owner_user_id
    where created_at is not null
)
select 'lead_conversion', 'all', period_id, leads.payee_id, team_id, region_id, count(*) filter (is_won_over), count(*), true
from leads
inner join days on day = created_on
left join assignments on assignments.payee_id = leads.payee_id and created_on between from_day and to_day
group by all;

create temp table account_owners as
select account_id, payee_id as owner_id
from read_parquet(getvariable('data') || '/accounts.parquet')
left join payee_of_user on user_id = owner_user_id;

create temp table customer_owners as
with last_invoices as (
    select
        customer_id, arg_max_null(account_id, row(invoice_date, invoice_id)) as account_id,
        arg_max_null(payee_id, row(invoice_date, invoice_id)) as payee_id
    from fct_invoices
    where customer_id is not null
    group by all
)
select coalesce(customers.customer_id, last_invoices.customer_id) as customer_id, payees.payee_id, team_id, region_id
from read_parquet(getvariable('data') || '/customers.parquet') as customers
full join last_invoices on customers.customer_id = last_invoices.customer_id
left join account_owners on account_owners.account_id = coalesce(customers.account_id, last_invoices.account_id)
left join payees on payees.payee_id = coalesce(owner_id, last_invoices.payee_id);

create temp table agreements as
with agreed as (
    select *, cast(start_date as date) as start_on, cast(end_date as date) as end_on, cast(cancelled_date as date) as cancelled_on
    from read_parquet(getvariable('data') || '/contracts.parquet')
)
select
    contract_id, coalesce(agreed.customer_id, agreed.account_id, contract_id) as customer_key,
    coalesce(customer_owners.payee_id, payees.payee_id) as payee_id,
    case when customer_owners.payee_id is null then payees.team_id else customer_owners.team_id end as team_id,
    case when customer_owners.payee_id is null then payees.region_id else customer_owners.region_id end as region_id,
    start_on, end_on, least(end_on, coalesce(cancelled_on - 1, end_on)) as last_on,
    euro(cast(annual_value_amount as decimal(18, 4)), currency_code, rate) as yearly,
    contract_id in (select renewed_from_contract_id from agreed where renewed_from_contract_id is not null) as is_renewed
from agreed
left join customer_owners on customer_owners.customer_id = agreed.customer_id
left join account_owners on account_owners.account_id = agreed.account_id
left join payees on payees.payee_id = owner_id
left join rates on rates.currency = currency_code and rates.day = getvariable('as_of_date');

create temp table periods as
select period_id, 'month' as kind, start_date, end_date, sequence, quarter_id, year_id from months
union all
select quarter_id, 'quarter', min(start_date), max(end_date), null, null, null from months group by all
union all
select year_id, 'year', min(start_date), max(end_date), null, null, null from months group by all;

insert into parts
select 'renewal_rate', 'all', period_id, payee_id, team_id, region_id, count(*) filter (is_renewed), count(*), true
from agreements
inner join days on day = end_on
where end_on <= getvariable('as_of_date')
group by all;

insert into parts
select 'net_revenue_retention', 'all', period_id, payee_id, team_id, region_id, sum(closing), sum(opening), false
from (
    select
        period_id, customer_key, payee_id, team_id, region_id,
        sum(case when start_date - 1 between start_on and last_on then yearly else 0 end) as opening,
        sum(case when least(end_date, getvariable('as_of_date')) between start_on and last_on then yearly else 0 end) as closing
    from agreements
    inner join periods on start_on <= least(end_date, getvariable('as_of_date')) and last_on >= start_date - 1
    where start_date <= getvariable('as_of_date')
    group by all
)
where opening > 0
group by all;

insert into parts
with spent as (
    select
        customer_id, sequence, sum(net_company_amount - credited_company_amount) as revenue,
        sum(case when cost_company_amount is not null then net_company_amount - credited_company_amount else 0 end) as costed_revenue,
        sum(coalesce(cost_company_amount, 0)) as cost
    from fct_invoices
    inner join months using (period_id)
    where invoice_status_code <> 'void' and customer_id is not null and net_company_amount is not null
    group by all
),
ordered as (
    select *, lag(sequence) over w as previous, lead(sequence) over w as next from spent window w as (partition by customer_id order by sequence)
),
changes as (
    select customer_id, sequence, revenue, costed_revenue, cost, case when previous is null or sequence - previous > 12 then 1 else 0 end as change from ordered
    union all
    select customer_id, sequence + 12, 0, 0, 0, -1 from ordered where next is null or next - sequence > 12
),
summed as (
    select
        period_id, payee_id, team_id, region_id, sum(change) as change, sum(revenue) as revenue, sum(costed_revenue) as costed_revenue, sum(cost) as cost
    from changes
    inner join months using (sequence)
    left join customer_owners using (customer_id)
    group by all
)
select 'customer_changes', 'all', period_id, payee_id, team_id, region_id, change, 0, true from summed
union all
select 'customer_revenue', 'all', period_id, payee_id, team_id, region_id, revenue, costed_revenue, true from summed
union all
select 'customer_cost', 'all', period_id, payee_id, team_id, region_id, cost, 0, true from summed;

insert into parts
with booked as (
    select payee_id, component_id, quotas.period_id, quota_amount, kind, quarter_id, year_id
    from quotas
    inner join periods using (period_id)
    where plan_id <> 'sdr_meetings'
),
rolled as (
    select payee_id, component_id, period_id, quota_amount from booked
    union all
    select payee_id, component_id, quarter_id, quota_amount from booked where kind = 'month'
    union all
    select payee_id, component_id, left(period_id, 4), quota_amount from booked where kind in ('month', 'quarter')
),
targets as (
    select payee_id, period_id, max(target) as target
    from (select payee_id, component_id, period_id, sum(quota_amount) as target from rolled group by all)
    group by all
)
select
    case when payee_id in (select manager_id from payees) then 'manager_target' else 'target' end, 'all', period_id, payee_id, team_id, region_id,
    target, 0, false
from targets
left join payees using (payee_id);

create temp table rolled as
with subjects as (
    select
        kpi, dimension, rolled_id as period_id, payee_id, team_id, region_id, grouping(payee_id) as no_payee, grouping(team_id) as no_team,
        grouping(region_id) as no_region, sum(numerator) as numerator, sum(denominator) as denominator
    from parts
    inner join (
        select period_id, period_id as rolled_id, true as is_same from periods
        union all
        select period_id, quarter_id, false from periods where kind = 'month'
        union all
        select period_id, year_id, false from periods where kind = 'month'
    ) using (period_id)
    where is_monthly or is_same
    group by grouping sets (
        (kpi, dimension, rolled_id), (kpi, dimension, rolled_id, payee_id), (kpi, dimension, rolled_id, team_id), (kpi, dimension, rolled_id, region_id))
)
select
    kpi, dimension, period_id,
    case when no_payee = 0 then 'payee' when no_team = 0 then 'team' when no_region = 0 then 'region' else 'company' end as subject_kind,
    case when no_payee = 0 then payee_id when no_team = 0 then team_id when no_region = 0 then region_id else getvariable('company_id') end as subject_id,
    cast(numerator as decimal(38, 6)) as numerator, cast(denominator as decimal(38, 6)) as denominator
from subjects
where subject_id is not null and (kpi <> 'manager_target' or subject_kind = 'payee');

create table fct_kpis as
with velocity_parts as (
    select
        subject_kind, subject_id, rolled.period_id, kind, start_date,
        sum(numerator) filter (kpi = 'win_rate_by_count') as won, sum(denominator) filter (kpi = 'win_rate_by_count') as closed,
        sum(numerator) filter (kpi = 'average_deal_value') as won_value, sum(denominator) filter (kpi = 'average_deal_value') as valued,
        sum(numerator) filter (kpi = 'sales_cycle') as cycle_days, sum(denominator) filter (kpi = 'sales_cycle') as cycles,
        coalesce(sum(numerator) filter (kpi = 'opened'), 0) - coalesce(sum(numerator) filter (kpi = 'ended'), 0) as change
    from rolled
    inner join periods using (period_id)
    where kpi in ('win_rate_by_count', 'average_deal_value', 'sales_cycle', 'opened', 'ended')
    group by all
),
velocities as (
    select *, sum(change) over (partition by subject_kind, subject_id, kind order by start_date) as open_deals
    from velocity_parts
),
pipelines as (
    select
        subject_kind, subject_id, period_id, coalesce(sum(numerator) filter (kpi = 'open_pipeline'), 0) as open_value,
        coalesce(sum(numerator) filter (kpi = 'won_value'), 0) as won_value, max(numerator) filter (kpi in ('target', 'manager_target')) as quota
    from rolled
    where kpi in ('open_pipeline', 'won_value', 'target', 'manager_target')
    group by all
),
goals as (
    select subject_kind_code as subject_kind, subject_id, period_id, max(cast(goal_value as decimal(18, 4))) as goal
    from read_parquet(getvariable('data') || '/goals.parquet')
    where rule_set_id = 'live' and kpi_code = 'won_value' and currency_code = 'EUR'
    group by all
),
lifetime_months as (
    select
        subject_kind, subject_id, sequence,
        coalesce(sum(numerator) filter (kpi = 'customer_changes'), 0) as change,
        coalesce(sum(numerator) filter (kpi = 'customer_revenue'), 0) as revenue,
        coalesce(sum(denominator) filter (kpi = 'customer_revenue'), 0) as costed_revenue,
        coalesce(sum(numerator) filter (kpi = 'customer_cost'), 0) as cost,
        coalesce(sum(denominator) filter (kpi = 'renewal_rate'), 0) as due,
        coalesce(sum(denominator - numerator) filter (kpi = 'renewal_rate'), 0) as lost
    from rolled
    inner join months using (period_id)
    where kpi in ('customer_changes', 'customer_revenue', 'customer_cost', 'renewal_rate') and start_date <= getvariable('as_of_date')
    group by all
),
first_month as (select min(sequence) as first_sequence from lifetime_months where change <> 0),
filled as (
    select
        subject_kind, subject_id, months.period_id, quarter_id, year_id, sequence, least(sequence - first_sequence + 1, 12) as covered,
        coalesce(change, 0) as change, coalesce(revenue, 0) as revenue, coalesce(costed_revenue, 0) as costed_revenue, coalesce(cost, 0) as cost,
        coalesce(due, 0) as due, coalesce(lost, 0) as lost
    from (select distinct subject_kind, subject_id from lifetime_months)
    cross join first_month
    inner join months on sequence >= first_sequence and start_date <= getvariable('as_of_date')
    left join lifetime_months using (subject_kind, subject_id, sequence)
),
twelve_months as (
    select
        subject_kind, subject_id, period_id, quarter_id, year_id, sequence, covered, sum(change) over to_date as active,
        sum(revenue) over year_back as revenue, sum(costed_revenue) over year_back as costed_revenue, sum(cost) over year_back as cost,
        sum(due) over year_back as due, sum(lost) over year_back as lost
    from filled
    window
        to_date as (partition by subject_kind, subject_id order by sequence),
        year_back as (partition by subject_kind, subject_id order by sequence rows between 11 preceding and current row)
),
valued as (
    select
        *, revenue::double * 12 / covered * case when costed_revenue > 0 then 1 - cost::double / costed_revenue::double else 1 end
        * case when lost > 0 then least(5::double, due::double / lost::double) else 5::double end as worth
    from twelve_months
    where active > 0
),
lifetimes as (
    select *
    from (select subject_kind, subject_id, unnest([period_id, quarter_id, year_id]) as period_id, sequence, active, worth from valued)
    qualify row_number() over (partition by subject_kind, subject_id, period_id order by sequence desc) = 1
),
kpis as (
    select kpi, dimension, period_id, subject_kind, subject_id, numerator,
        case when kpi in ('activity_count', 'new_accounts', 'won_value', 'won_count', 'invoiced_value') then 1 else denominator end as denominator
    from rolled
    where kpi not in ('opened', 'ended', 'open_pipeline', 'customer_changes', 'customer_revenue', 'customer_cost', 'target', 'manager_target')
    union all
    select 'pipeline_velocity', 'all', period_id, subject_kind, subject_id,
        cast(round(open_deals::double * won::double / closed::double * won_value::double / valued::double, 6) as decimal(38, 6)),
        cast(round(cycle_days::double / cycles::double, 6) as decimal(38, 6))
    from velocities
    where closed > 0 and valued > 0 and cycles > 0
    union all
    select 'pipeline_coverage', 'all', period_id, subject_kind, subject_id, coalesce(open_value, 0),
        cast(greatest(coalesce(goal, quota) - coalesce(won_value, 0), 0) as decimal(38, 6))
    from pipelines
    full join goals using (subject_kind, subject_id, period_id)
    inner join periods using (period_id)
    where coalesce(goal, quota) is not null and end_date >= getvariable('as_of_date')
    union all
    select 'customer_lifetime_value', 'all', period_id, subject_kind, subject_id, cast(round(worth, 6) as decimal(38, 6)), cast(active as decimal(38, 6))
    from lifetimes
)
select
    subject_kind as subject_kind_code, subject_id, kpi as kpi_code, dimension as dimension_code, period_id, kind as period_kind_code, start_date,
    numerator, cast(denominator as decimal(38, 6)) as denominator,
    -- Twelve decimals of a quotient need integers: a double has sixteen digits in all.
    cast(units // 1000000000000 as decimal(26, 0)) + cast(units % 1000000000000 as decimal(12, 0)) * cast(0.000000000001 as decimal(12, 12)) as kpi_value
from (
    select
        *, cast(sign(numerator) as integer) * (
            cast(abs(numerator) * 1000000 as hugeint) * 1000000000000::hugeint + cast(abs(denominator) * 1000000 as hugeint) // 2
        ) // nullif(cast(abs(denominator) * 1000000 as hugeint), 0) as units
    from kpis
)
inner join periods using (period_id);
