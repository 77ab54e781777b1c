-- The data has no dates of people: everyone counts as employed for the whole of it.
select
    sales_agent as employee_id,
    sales_agent as full_name,
    '2016-01-01' as hire_date,
    _file,
    _row
from sales_teams
