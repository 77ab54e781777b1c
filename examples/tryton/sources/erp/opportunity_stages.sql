-- The history table of opportunities: the rows in which the state is another one than before.
select
    change.__id as stage_change_id,
    change.id as opportunity_id,
    change.state as stage_name,
    coalesce(change.write_date, change.create_date) as entered_at,
    change.amount as deal_amount,
    currency.code as currency_code
from (
    select
        history.*,
        lag(history.state) over (partition by history.id order by history.__id) as state_before
    from sale_opportunity__history as history
    where history.state is not null
) as change
left join currency_currency as currency on change.currency = currency.id
where change.state is distinct from change.state_before
order by change.__id
