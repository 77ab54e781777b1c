{{ stage_landed_rows(source('landing', 'surveys')) }}
