-- One row a payee, manager above and stretch of days, with the distance between them. The depth is fixed, so there is
-- no recursion; someone who stands above themselves is marked, and what would roll up through them is held.
{%- set max_depth = var('pay_roll_up_max_depth', 6) %}
with assignments as (
    select
        payee_id,
        manager_payee_id,
        valid_from_date,
        valid_to_date,
        is_overlapping
    from {{ ref('int_pay_assignments') }}
    where manager_payee_id is not null
),

chain_1 as (
    select
        payee_id,
        manager_payee_id,
        valid_from_date,
        valid_to_date,
        is_overlapping as is_disputed
    from assignments
)

{%- for depth in range(2, max_depth + 1) %},

chain_{{ depth }} as (
    select
        below.payee_id,
        above.manager_payee_id,
        greatest(below.valid_from_date, above.valid_from_date) as valid_from_date,
        least(below.valid_to_date, above.valid_to_date) as valid_to_date,
        below.is_disputed or above.is_overlapping as is_disputed
    from chain_{{ depth - 1 }} as below
    inner join assignments as above
        on
            below.manager_payee_id = above.payee_id
            and below.valid_from_date <= above.valid_to_date
            and below.valid_to_date >= above.valid_from_date
)
{%- endfor %},

chains as (
    {%- for depth in range(1, max_depth + 1) %}
    select
        payee_id,
        manager_payee_id,
        valid_from_date,
        valid_to_date,
        is_disputed,
        {{ depth }} as depth
    from chain_{{ depth }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- A pair that is met at two depths on one day is a cycle: of the payee's own, or of somebody above.
cycles as (
    select distinct
        nearer.payee_id,
        greatest(nearer.valid_from_date, farther.valid_from_date) as valid_from_date,
        least(nearer.valid_to_date, farther.valid_to_date) as valid_to_date
    from chains as nearer
    inner join chains as farther
        on
            nearer.payee_id = farther.payee_id
            and nearer.manager_payee_id = farther.manager_payee_id
            and nearer.depth < farther.depth
            and nearer.valid_from_date <= farther.valid_to_date
            and nearer.valid_to_date >= farther.valid_from_date
    union
    select distinct
        payee_id,
        valid_from_date,
        valid_to_date
    from chains
    where payee_id = manager_payee_id
),

chains_marked as (
    select
        chains.payee_id,
        chains.manager_payee_id,
        chains.valid_from_date,
        chains.valid_to_date,
        chains.depth,
        max(case when cycles.payee_id is not null then 1 else 0 end) as is_in_cycle,
        max(case when chains.is_disputed then 1 else 0 end) as is_disputed
    from chains
    left join cycles
        on
            chains.payee_id = cycles.payee_id
            and chains.valid_from_date <= cycles.valid_to_date
            and chains.valid_to_date >= cycles.valid_from_date
    where chains.payee_id <> chains.manager_payee_id
    group by
        chains.payee_id, chains.manager_payee_id, chains.valid_from_date, chains.valid_to_date, chains.depth
)

select
    payee_id,
    manager_payee_id,
    valid_from_date,
    valid_to_date,
    depth,
    case
        when is_in_cycle = 1
            then 'the managers above payee ' || payee_id || ' stand above themselves'
        when is_disputed = 1
            then 'an assignment in the chain above payee ' || payee_id || ' overlaps another'
    end as hold_text
from chains_marked
