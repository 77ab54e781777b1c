-- A team is what a manager leads. Managers sell nothing and have no row of their own, so they are no employees here.
select
    sales_agent as assignment_id,
    sales_agent as employee_id,
    'account_executive' as role_code,
    manager as team_id,
    'Team of ' || manager as team_name,
    regional_office as region_id,
    regional_office as region_name,
    '2016-01-01' as valid_from_date,
    _file,
    _row
from sales_teams
