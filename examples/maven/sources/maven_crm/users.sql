select
    sales_agent as user_id,
    sales_agent as employee_id,
    sales_agent as user_name,
    'true' as is_active,
    _file,
    _row
from sales_teams
