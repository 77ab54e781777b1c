with invoices as (
    select
        customer_id,
        period_id,
        net_company_amount,
        credited_company_amount,
        cost_company_amount
    from {{ ref('fct_invoices') }}
    where
        invoice_status_code <> 'void'
        and customer_id is not null
        and period_id is not null
        and net_company_amount is not null
),

periods as (
    select
        period_id,
        period_sequence
    from {{ ref('dim_periods') }}
    where
        is_company_calendar
        and period_kind_code = 'month'
),

customers_owned as (
    select
        customer_id,
        payee_id,
        team_id,
        region_id
    from {{ ref('int_customers_owned') }}
),

customer_months as (
    select
        invoices.customer_id,
        periods.period_sequence,
        sum(invoices.net_company_amount - invoices.credited_company_amount) as revenue_value,
        sum(
            case
                when invoices.cost_company_amount is not null
                    then invoices.net_company_amount - invoices.credited_company_amount
                else 0
            end
        ) as costed_revenue_value,
        sum(coalesce(invoices.cost_company_amount, 0)) as cost_value
    from invoices
    inner join periods
        on invoices.period_id = periods.period_id
    group by
        invoices.customer_id,
        periods.period_sequence
),

customer_months_in_order as (
    select
        customer_id,
        period_sequence,
        revenue_value,
        costed_revenue_value,
        cost_value,
        lag(period_sequence) over (partition by customer_id order by period_sequence) as previous_sequence,
        lead(period_sequence) over (partition by customer_id order by period_sequence) as next_sequence
    from customer_months
),

-- A customer is active from the month of an invoice through the eleventh month after it. Counting where activity begins
-- and where it ends keeps one row a customer and month; the running sum of both is the number of active customers.
customer_changes as (
    select
        customer_id,
        period_sequence,
        revenue_value,
        costed_revenue_value,
        cost_value,
        case when previous_sequence is null or period_sequence - previous_sequence > 12 then 1 else 0 end
            as customer_change_count
    from customer_months_in_order

    union all

    select
        customer_id,
        period_sequence + 12 as period_sequence,
        0 as revenue_value,
        0 as costed_revenue_value,
        0 as cost_value,
        -1 as customer_change_count
    from customer_months_in_order
    where next_sequence is null or next_sequence - period_sequence > 12
)

select
    periods.period_id,
    customers_owned.payee_id,
    customers_owned.team_id,
    customers_owned.region_id,
    sum(customer_changes.revenue_value) as revenue_value,
    sum(customer_changes.costed_revenue_value) as costed_revenue_value,
    sum(customer_changes.cost_value) as cost_value,
    sum(customer_changes.customer_change_count) as customer_change_count
from customer_changes
inner join periods
    on customer_changes.period_sequence = periods.period_sequence
left join customers_owned
    on customer_changes.customer_id = customers_owned.customer_id
group by
    periods.period_id,
    customers_owned.payee_id,
    customers_owned.team_id,
    customers_owned.region_id
