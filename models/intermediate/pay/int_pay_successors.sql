-- One row a payee who has left, somebody who takes over and stretch of days: the first of those who follow each other
-- by successor_employee_id that is in work. Stretches of one payee do not overlap; who is followed by nobody has none.
{%- set max_depth = 6 %}
with employees as (
    select
        employee_id,
        hire_date,
        termination_date,
        successor_employee_id
    from {{ ref('stg_people__employees') }}
),

followed as (
    select
        employee_id,
        successor_employee_id,
        {{ add_days('termination_date', 1) }} as valid_from_date
    from employees
    where termination_date is not null and successor_employee_id is not null
),

chain_1 as (
    select
        employee_id as payee_id,
        successor_employee_id as successor_payee_id,
        valid_from_date
    from followed
)

{%- for depth in range(2, max_depth + 1) %},

chain_{{ depth }} as (
    select
        before.payee_id,
        followed.successor_employee_id as successor_payee_id,
        greatest(before.valid_from_date, followed.valid_from_date) as valid_from_date
    from chain_{{ depth - 1 }} as before
    inner join followed
        on before.successor_payee_id = followed.employee_id
)
{%- endfor %},

chains as (
    {%- for depth in range(1, max_depth + 1) %}
    select
        payee_id,
        successor_payee_id,
        valid_from_date
    from chain_{{ depth }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- Who comes before has left by the first day; a circle of leavers comes to nobody.
stretches as (
    select
        chains.payee_id,
        chains.successor_payee_id,
        greatest(chains.valid_from_date, employees.hire_date) as valid_from_date,
        coalesce(employees.termination_date, {{ far_future_date() }}) as valid_to_date
    from chains
    inner join employees
        on chains.successor_payee_id = employees.employee_id
)

select
    payee_id,
    successor_payee_id,
    valid_from_date,
    valid_to_date
from stretches
where valid_from_date <= valid_to_date
