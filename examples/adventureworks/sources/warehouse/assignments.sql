-- Sales managers lead the teams and sell too, so they have a quota and the plan like everyone; the vice president has
-- neither. The bridge of employees and territories is not read: it lists several territories for one person, and a join
-- through it multiplies sales.
select
    person.employee_key as assignment_id,
    person.national_id as employee_id,
    case when person.title = 'Sales Representative' then 'account_executive' else 'manager' end as role_code,
    manager.national_id as manager_employee_id,
    'team_' || lead_job.employee_key as team_id,
    replace(lead_job.title, ' Sales Manager', '') as team_name,
    case lead_job.title
        when 'North American Sales Manager' then 'north_america'
        when 'European Sales Manager' then 'europe'
        when 'Pacific Sales Manager' then 'pacific'
    end as region_id,
    case lead_job.title
        when 'North American Sales Manager' then 'North America'
        when 'European Sales Manager' then 'Europe'
        when 'Pacific Sales Manager' then 'Pacific'
    end as region_name,
    person.start_date as valid_from_date,
    person.end_date as valid_to_date,
    case when person.sales_person_flag = '1' then 'reseller_sales' end as plan_id,
    'USD' as currency_code,
    person._file,
    person._row
from employees as person
left join employees as manager on person.parent_employee_key = manager.employee_key and manager.title like '%Sales%'
left join employees as lead_job
    on
        lead_job.employee_key
        = case when person.title = 'Sales Representative' then person.parent_employee_key else person.employee_key end
        and lead_job.title like '%Sales Manager'
where person.title like '%Sales%'
