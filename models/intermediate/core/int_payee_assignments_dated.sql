with assignments as (
    select
        assignment_id,
        employee_id,
        role_code,
        manager_employee_id,
        team_id,
        team_name,
        region_id,
        region_name,
        territory_id,
        plan_id,
        base_salary_amount,
        variable_target_amount,
        currency_code,
        valid_from_date,
        valid_to_date
    from {{ ref('stg_people__assignments') }}
),

assignments_in_order as (
    select
        assignment_id,
        employee_id,
        role_code,
        manager_employee_id,
        team_id,
        team_name,
        region_id,
        region_name,
        territory_id,
        plan_id,
        base_salary_amount,
        variable_target_amount,
        currency_code,
        valid_from_date,
        coalesce(valid_to_date, {{ far_future_date() }}) as valid_to_date,
        lead(valid_from_date) over (partition by employee_id order by valid_from_date, assignment_id)
            as next_valid_from_date
    from assignments
),

-- A payee has one assignment a day, or a join by date would count a deal twice: a later one ends the earlier.
assignments_without_overlap as (
    select
        assignment_id,
        employee_id,
        role_code,
        manager_employee_id,
        team_id,
        team_name,
        region_id,
        region_name,
        territory_id,
        plan_id,
        base_salary_amount,
        variable_target_amount,
        currency_code,
        valid_from_date,
        case
            when next_valid_from_date <= valid_to_date then {{ add_days('next_valid_from_date', -1) }}
            else valid_to_date
        end as valid_to_date
    from assignments_in_order
)

select
    assignment_id,
    employee_id as payee_id,
    role_code,
    team_id,
    team_name,
    region_id,
    region_name,
    territory_id,
    manager_employee_id as manager_payee_id,
    plan_id,
    base_salary_amount,
    variable_target_amount,
    currency_code,
    valid_from_date,
    valid_to_date
from assignments_without_overlap
where valid_from_date <= valid_to_date
