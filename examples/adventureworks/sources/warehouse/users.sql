-- Orders name the key of a job, not the person: every key of a person is a user of that person.
select
    employee_key as user_id,
    national_id as employee_id,
    first_name || ' ' || last_name as user_name,
    email,
    'true' as is_active,
    _file,
    _row
from employees
where title like '%Sales%'
