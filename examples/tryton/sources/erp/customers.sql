-- Parties that were invoiced.
select
    party.id as customer_id,
    party.id as account_id,
    coalesce(nullif(party.name, ''), party.code) as customer_name,
    party.create_date as created_at
from party_party as party
where exists (select 1 from account_invoice as invoice where invoice.type = 'out' and invoice.party = party.id)
order by party.id
