-- Who is paid: agents. Tryton does not say since when; before its first record nobody was paid.
select
    'agent-' || agent.id as employee_id,
    party.name as full_name,
    date '2000-01-01' as hire_date
from commission_agent as agent
inner join party_party as party on agent.party = party.id
where agent.type_ = 'agent'
order by agent.id
