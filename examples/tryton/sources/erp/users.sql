-- Who owns something: agents of commissions own invoices, employees own opportunities.
select
    'agent-' || agent.id as user_id,
    'agent-' || agent.id as employee_id,
    party.name as user_name,
    agent.active as is_active
from commission_agent as agent
inner join party_party as party on agent.party = party.id
where agent.type_ = 'agent'
union all
select
    'employee-' || employee.id,
    null,
    party.name,
    employee.end_date is null or employee.end_date >= current_date
from company_employee as employee
inner join party_party as party on employee.party = party.id
order by 1
