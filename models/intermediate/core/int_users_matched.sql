with users as (
    select
        user_id,
        employee_id
    from {{ ref('stg_crm__users') }}
),

employees as (
    select employee_id
    from {{ ref('stg_people__employees') }}
)

select
    users.user_id,
    employees.employee_id as payee_id
from users
inner join employees
    on users.employee_id = employees.employee_id
