{{ stage_landed_rows(source('landing', 'team_quotas')) }}
