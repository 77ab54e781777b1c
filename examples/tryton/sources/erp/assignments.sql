-- The plan that an agent has. Tryton keeps no history of it: today's plan counts for all time.
-- plan_id: the plan's name in lower case, with _ for what is neither letter nor digit.
select
    'agent-' || agent.id as assignment_id,
    'agent-' || agent.id as employee_id,
    'agent' as role_code,
    date '2000-01-01' as valid_from_date,
    trim(both '_' from regexp_replace(lower(plan.name), '[^a-z0-9]+', '_', 'g')) as plan_id,
    currency.code as currency_code
from commission_agent as agent
inner join currency_currency as currency on agent.currency = currency.id
left join commission_plan as plan on agent.plan = plan.id
where agent.type_ = 'agent'
order by agent.id
