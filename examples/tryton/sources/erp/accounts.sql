-- Parties; those that are agents, employees or the company itself are among them, as Tryton keeps one list of all.
select
    party.id as account_id,
    coalesce(nullif(party.name, ''), party.code) as account_name,
    party.create_date as created_at
from party_party as party
order by party.id
