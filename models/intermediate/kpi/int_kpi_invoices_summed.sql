with invoices as (
    select
        payee_id,
        team_id,
        region_id,
        period_id,
        net_company_amount
    from {{ ref('fct_invoices') }}
    where invoice_status_code <> 'void'
)

select
    period_id,
    payee_id,
    team_id,
    region_id,
    sum(net_company_amount) as invoiced_value
from invoices
where
    period_id is not null
    and net_company_amount is not null
group by
    period_id,
    payee_id,
    team_id,
    region_id
