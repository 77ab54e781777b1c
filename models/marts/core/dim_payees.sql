with settings as (
    select as_of_date
    from {{ ref('int_settings_dated') }}
),

employees as (
    select
        employee_id,
        full_name,
        country_code,
        hire_date,
        termination_date
    from {{ ref('stg_people__employees') }}
),

users_matched as (
    select
        user_id,
        payee_id
    from {{ ref('int_users_matched') }}
),

assignments as (
    select
        payee_id,
        role_code,
        team_id,
        team_name,
        region_id,
        region_name,
        manager_payee_id,
        plan_id,
        variable_target_amount,
        currency_code,
        valid_from_date
    from {{ ref('int_payee_assignments_dated') }}
),

payee_users as (
    select
        payee_id,
        min(user_id) as user_id
    from users_matched
    group by payee_id
),

-- The assignment of the as-of date; a leaver keeps the last one, someone not yet started has the first.
assignments_ranked as (
    select
        assignments.payee_id,
        assignments.role_code,
        assignments.team_id,
        assignments.team_name,
        assignments.region_id,
        assignments.region_name,
        assignments.manager_payee_id,
        assignments.plan_id,
        assignments.variable_target_amount,
        assignments.currency_code,
        row_number() over (
            partition by assignments.payee_id
            order by
                case when assignments.valid_from_date <= settings.as_of_date then 0 else 1 end,
                abs({{ days_between('assignments.valid_from_date', 'settings.as_of_date') }})
        ) as assignment_rank
    from assignments
    cross join settings
)

select
    employees.employee_id as payee_id,
    employees.full_name as payee_name,
    payee_users.user_id,
    assignments_ranked.role_code,
    assignments_ranked.team_id,
    assignments_ranked.team_name,
    assignments_ranked.region_id,
    assignments_ranked.region_name,
    assignments_ranked.manager_payee_id,
    assignments_ranked.plan_id,
    employees.hire_date,
    employees.termination_date,
    settings.as_of_date between employees.hire_date and coalesce(employees.termination_date, {{ far_future_date() }})
        as is_active,
    employees.country_code,
    assignments_ranked.variable_target_amount,
    assignments_ranked.currency_code
from employees
cross join settings
left join payee_users
    on employees.employee_id = payee_users.payee_id
left join assignments_ranked
    on
        employees.employee_id = assignments_ranked.payee_id
        and assignments_ranked.assignment_rank = 1
