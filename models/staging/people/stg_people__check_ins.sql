{{ stage_landed_rows(source('landing', 'check_ins')) }}
