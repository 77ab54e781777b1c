{{ stage_landed_rows(source('landing', 'credit_years')) }}
