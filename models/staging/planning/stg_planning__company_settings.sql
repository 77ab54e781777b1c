{{ stage_landed_rows(source('landing', 'company_settings')) }}
