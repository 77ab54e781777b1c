{{ stage_landed_rows(source('landing', 'quota_parts')) }}
