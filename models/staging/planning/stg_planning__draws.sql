{{ stage_landed_rows(source('landing', 'draws')) }}
