-- Names are the only keys. Revenue is given in millions.
select
    account as account_id,
    account as account_name,
    case sector when 'technolgy' then 'technology' else sector end as industry_name,
    case office_location
        when 'United States' then 'US'
        when 'Kenya' then 'KE'
        when 'Philipines' then 'PH'
        when 'Japan' then 'JP'
        when 'Italy' then 'IT'
        when 'Norway' then 'NO'
        when 'Korea' then 'KR'
        when 'Jordan' then 'JO'
        when 'Brazil' then 'BR'
        when 'Germany' then 'DE'
        when 'Panama' then 'PA'
        when 'Belgium' then 'BE'
        when 'Romania' then 'RO'
        when 'Poland' then 'PL'
        when 'China' then 'CN'
    end as country_code,
    employees as employee_count,
    cast(cast(cast(revenue as decimal(18, 2)) * 1000000 as decimal(18, 2)) as varchar) as annual_revenue_amount,
    'USD' as currency_code,
    subsidiary_of as parent_account_id,
    _file,
    _row
from accounts
