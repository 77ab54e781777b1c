{{ stage_landed_rows(source('landing', 'posted_earnings')) }}
