-- The core marts and the reconciliation of deals with invoices.
create table fct_activities as
with activities as (
    select *, berlin_date(occurred_at) as occurred_date
    from read_parquet(getvariable('data') || '/activities.parquet')
    left join payee_of_user using (user_id)
)
select
    activity_id, activity_kind_code, activities.payee_id, team_id, region_id, account_id, lead_id, opportunity_id,
    cast(timezone('UTC', cast(occurred_at as timestamptz)) as timestamp) as occurred_at, occurred_date, period_id,
    cast(duration_minutes as bigint) as duration_minutes, outcome_name
from activities
left join assignments on assignments.payee_id = activities.payee_id and occurred_date between from_day and to_day
left join days on days.day = occurred_date;

create table fct_opportunities as
with deals as (
    select
        *,
        cast(deal_amount as decimal(18, 4)) as amount,
        berlin_date(created_at) as opened_on,
        cast(close_date as date) as closed_on,
        case when status = 'open' then getvariable('as_of_date') else cast(close_date as date) end as valued_on
    from read_parquet(getvariable('data') || '/opportunities.parquet')
    left join stages using (stage_name)
),
converting as (
    select converted_opportunity_id as opportunity_id, min(lead_id) as converting_lead_id
    from read_parquet(getvariable('data') || '/leads.parquet')
    where converted_opportunity_id is not null
    group by all
),
products as (
    select
        opportunity_id,
        arg_max(product_id, row(coalesce(cast(line_amount as decimal(18, 4)), 0), product_id)) as product_id
    from read_parquet(getvariable('data') || '/opportunity_lines.parquet')
    where product_id is not null
    group by all
),
touched as (
    select opportunity_id, max(occurred_date) as last_activity_date
    from fct_activities
    where opportunity_id is not null and occurred_date <= getvariable('as_of_date')
    group by all
)
select
    deals.opportunity_id, opportunity_name, account_id, coalesce(lead_id, converting_lead_id) as lead_id, opportunity_kind_code, owner_user_id,
    payee_of_user.payee_id as owner_payee_id, team_id, region_id, stage_code, deals.stage_name, stage_order, status as opportunity_status_code,
    amount as deal_amount, deals.currency_code, euro(amount, deals.currency_code, rate) as deal_company_amount,
    opened_on as created_date, closed_on as close_date, period_id,
    case when status <> 'open' and closed_on >= opened_on then closed_on - opened_on end as sales_cycle_days,
    last_activity_date,
    status = 'open' and (
        getvariable('as_of_date') - closed_on > 60
        or getvariable('as_of_date') - coalesce(last_activity_date, opened_on) > 60
    ) as is_stale,
    lost_reason_name, lead_source_name, product_id as primary_product_id
from deals
left join payee_of_user on payee_of_user.user_id = owner_user_id
left join assignments on assignments.payee_id = payee_of_user.payee_id and valued_on between from_day and to_day
left join rates on rates.currency = deals.currency_code and rates.day = valued_on
left join days on days.day = closed_on
left join converting on converting.opportunity_id = deals.opportunity_id
left join products on products.opportunity_id = deals.opportunity_id
left join touched on touched.opportunity_id = deals.opportunity_id;

create table fct_bookings as
select
    opportunity_id as booking_id, opportunity_id, account_id, owner_payee_id as payee_id, team_id, region_id, close_date as booking_date, period_id,
    opportunity_kind_code as booking_kind_code, deal_amount as booking_amount, currency_code, deal_company_amount as booking_company_amount,
    account_id is not null and row_number() over (partition by account_id order by close_date, opportunity_id) = 1 as is_new_account
from fct_opportunities
where opportunity_status_code = 'won';

create table fct_invoices as
with costs as (
    select invoice_id, case when count(cost_amount) = count(*) then sum(cast(cost_amount as decimal(18, 4))) end as cost_amount
    from read_parquet(getvariable('data') || '/invoice_lines.parquet')
    group by all
),
paid as (
    select invoice_id, currency_code, sum(cast(payment_amount as decimal(18, 4))) as paid_amount
    from read_parquet(getvariable('data') || '/payments.parquet')
    where cast(payment_date as date) <= getvariable('as_of_date')
    group by all
),
credited as (
    select
        invoice_id, currency_code, sum(cast(net_amount as decimal(18, 4))) as credited_amount,
        sum(cast(coalesce(tax_amount, '0') as decimal(18, 4))) as credited_tax_amount
    from read_parquet(getvariable('data') || '/credit_notes.parquet')
    where cast(credit_note_date as date) <= getvariable('as_of_date')
    group by all
),
contracts as (
    select contract_id, opportunity_id as contract_opportunity_id
    from read_parquet(getvariable('data') || '/contracts.parquet')
),
invoices as (
    select
        invoices.invoice_id, invoices.customer_id, coalesce(customers.account_id, deals.account_id) as account_id,
        coalesce(invoices.opportunity_id, contract_opportunity_id) as opportunity_id, invoices.contract_id,
        coalesce(deals.owner_payee_id, payee_of_user.payee_id) as payee_id,
        cast(invoice_date as date) as invoice_date, cast(due_date as date) as due_date,
        cast(invoices.net_amount as decimal(18, 4)) as net_amount, cast(coalesce(tax_amount, '0') as decimal(18, 4)) as tax_amount,
        invoices.currency_code, coalesce(cast(is_void as boolean), false) as is_void,
        coalesce(credited_amount, 0) as credited_amount, coalesce(credited_tax_amount, 0) as credited_tax_amount,
        coalesce(paid_amount, 0) as paid_amount, cost_amount
    from read_parquet(getvariable('data') || '/invoices.parquet') as invoices
    left join contracts on contracts.contract_id = invoices.contract_id
    left join fct_opportunities as deals on deals.opportunity_id = coalesce(invoices.opportunity_id, contract_opportunity_id)
    left join read_parquet(getvariable('data') || '/customers.parquet') as customers on customers.customer_id = invoices.customer_id
    left join payee_of_user on payee_of_user.user_id = salesperson_user_id
    left join costs on costs.invoice_id = invoices.invoice_id
    left join paid on paid.invoice_id = invoices.invoice_id and paid.currency_code = invoices.currency_code
    left join credited on credited.invoice_id = invoices.invoice_id and credited.currency_code = invoices.currency_code
),
settled as (
    select
        *,
        net_amount > 0 and credited_amount + credited_tax_amount >= net_amount + tax_amount as is_credited,
        case when is_void then 0 else net_amount + tax_amount - credited_amount - credited_tax_amount - paid_amount end as open_amount
    from invoices
)
select
    invoice_id, customer_id, account_id, opportunity_id, contract_id, settled.payee_id, team_id, region_id, invoice_date, due_date, period_id,
    net_amount, tax_amount, cast(credited_amount as decimal(18, 4)) as credited_amount, cast(paid_amount as decimal(18, 4)) as paid_amount,
    cast(open_amount as decimal(18, 4)) as open_amount, currency_code, euro(net_amount, currency_code, rate) as net_company_amount,
    euro(credited_amount, currency_code, rate) as credited_company_amount, euro(paid_amount, currency_code, rate) as paid_company_amount,
    euro(cost_amount, currency_code, rate) as cost_company_amount,
    case
        when is_void then 'void'
        when is_credited then 'credited'
        when open_amount <= 0 then 'paid'
        when due_date < getvariable('as_of_date') then 'overdue'
        else 'open'
    end as invoice_status_code,
    cast(cost_amount as decimal(18, 4)) as cost_amount
from settled
left join assignments on assignments.payee_id = settled.payee_id and invoice_date between from_day and to_day
left join rates on rates.currency = settled.currency_code and rates.day = invoice_date
left join days on days.day = invoice_date;

create table fct_crm_finance_matches as
with invoiced as (
    select
        opportunity_id,
        arg_min(invoice_id, row(invoice_date, invoice_id)) as invoice_id,
        arg_min(customer_id, row(invoice_date, invoice_id)) as customer_id,
        min(invoice_date) as invoice_date,
        case when min(currency_code) = max(currency_code) then sum(net_amount - credited_amount) end as invoiced_amount,
        case when min(currency_code) = max(currency_code) then min(currency_code) end as invoice_currency_code,
        case when count(net_company_amount) = count(*) then sum(net_company_amount - credited_company_amount) end as invoiced_company_amount
    from fct_invoices
    where invoice_status_code <> 'void' and opportunity_id is not null
    group by all
),
compared as (
    select
        bookings.*, invoiced.invoice_id, invoiced.customer_id, invoiced.invoice_date, invoiced_amount, invoice_currency_code, invoiced_company_amount,
        invoiced.invoice_id is null as is_missing,
        coalesce(bookings.currency_code <> invoice_currency_code, true) as is_other_currency,
        coalesce(abs(invoiced_amount - booking_amount) > abs(booking_amount) * cast(0.005 as decimal(9, 6)), true) as is_other_amount,
        coalesce(abs(invoiced.invoice_date - booking_date) > 45, true) as is_other_date,
        coalesce(getvariable('as_of_date') - booking_date > 45, true) as is_expected,
        coalesce(invoiced_amount < booking_amount, false) as is_below
    from fct_bookings as bookings
    left join invoiced using (opportunity_id)
),
judged as (
    select
        *,
        case
            when is_missing then 'missing_invoice'
            when is_other_currency then 'currency_differs'
            when is_other_amount then 'amount_differs'
            when is_other_date then 'date_differs'
            else 'matched'
        end as match_status_code
    from compared
    where is_expected or not (is_missing or (is_other_amount and is_below and not is_other_currency))
)
select
    'opportunity:' || opportunity_id as match_id, match_status_code, opportunity_id, invoice_id, customer_id, account_id, payee_id, team_id, region_id,
    booking_amount as deal_amount, currency_code as deal_currency_code, cast(invoiced_amount as decimal(18, 4)) as invoiced_amount, invoice_currency_code,
    cast(case when is_missing then -booking_company_amount else invoiced_company_amount - booking_company_amount end as decimal(18, 4))
        as difference_company_amount,
    cast(case
        when is_missing then booking_company_amount
        when match_status_code in ('amount_differs', 'currency_differs') then abs(invoiced_company_amount - booking_company_amount)
        else 0
    end as decimal(18, 4)) as at_risk_company_amount,
    booking_date as close_date, invoice_date, getvariable('as_of_date') - booking_date as age_days
from judged
union all
select
    'invoice:' || invoice_id, 'missing_opportunity', opportunity_id, invoice_id, customer_id, account_id, payee_id, team_id, region_id,
    null, null, cast(net_amount - credited_amount as decimal(18, 4)), currency_code,
    cast(net_company_amount - credited_company_amount as decimal(18, 4)), cast(abs(net_company_amount - credited_company_amount) as decimal(18, 4)),
    null, invoice_date, getvariable('as_of_date') - invoice_date
from fct_invoices
where invoice_status_code <> 'void' and (opportunity_id is null or opportunity_id not in (select opportunity_id from fct_bookings));
