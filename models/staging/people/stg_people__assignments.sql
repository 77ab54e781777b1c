{{ stage_landed_rows(source('landing', 'assignments')) }}
