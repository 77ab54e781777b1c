{{ stage_landed_rows(source('landing', 'stage_map')) }}
