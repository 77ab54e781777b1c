-- One assignment a payee and day. Where two overlap the later one counts and is held, because nobody can say which
-- holds.
with assignments as (
    select
        assignment_id,
        employee_id,
        role_code,
        manager_employee_id,
        team_id,
        region_id,
        territory_id,
        plan_id,
        variable_target_amount,
        currency_code,
        valid_from_date,
        valid_to_date
    from {{ ref('stg_people__assignments') }}
),

employees as (
    select
        employee_id,
        termination_date
    from {{ ref('stg_people__employees') }}
),

assignments_in_order as (
    select
        assignments.assignment_id,
        assignments.employee_id as payee_id,
        assignments.role_code,
        assignments.manager_employee_id as manager_payee_id,
        assignments.team_id,
        assignments.region_id,
        assignments.territory_id,
        assignments.plan_id,
        assignments.variable_target_amount,
        assignments.currency_code as pay_currency_code,
        assignments.valid_from_date,
        coalesce(assignments.valid_to_date, {{ far_future_date() }}) as declared_to_date,
        employees.termination_date,
        lead(assignments.valid_from_date) over (
            partition by assignments.employee_id
            order by assignments.valid_from_date, assignments.assignment_id
        ) as next_from_date,
        max(coalesce(assignments.valid_to_date, {{ far_future_date() }})) over (
            partition by assignments.employee_id
            order by assignments.valid_from_date, assignments.assignment_id
            rows between unbounded preceding and 1 preceding
        ) as earlier_to_date
    from assignments
    inner join employees
        on assignments.employee_id = employees.employee_id
),

assignments_without_overlap as (
    select
        assignment_id,
        payee_id,
        role_code,
        manager_payee_id,
        team_id,
        region_id,
        territory_id,
        plan_id,
        variable_target_amount,
        pay_currency_code,
        valid_from_date,
        least(
            -- The held one lasts as long as any that it overlaps, so that no disputed day is paid as if it were clear.
            greatest(
                declared_to_date,
                case when earlier_to_date >= valid_from_date then earlier_to_date else declared_to_date end
            ),
            coalesce({{ add_days('next_from_date', -1) }}, {{ far_future_date() }}),
            coalesce(termination_date, {{ far_future_date() }})
        ) as valid_to_date,
        coalesce(earlier_to_date >= valid_from_date, false) as is_overlapping
    from assignments_in_order
)

select
    assignment_id,
    payee_id,
    role_code,
    manager_payee_id,
    team_id,
    region_id,
    territory_id,
    plan_id,
    variable_target_amount,
    pay_currency_code,
    valid_from_date,
    valid_to_date,
    is_overlapping
from assignments_without_overlap
where valid_to_date >= valid_from_date
