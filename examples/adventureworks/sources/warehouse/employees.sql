-- A person has a row for each job held; the newest one stands for the person, who is known by the national id.
with jobs as (
    select
        *,
        row_number() over (partition by national_id order by start_date desc, employee_key desc) as job_number
    from employees
)

select
    national_id as employee_id,
    first_name || ' ' || last_name as full_name,
    email,
    hire_date,
    _file,
    _row
from jobs
where job_number = 1 and title like '%Sales%'
