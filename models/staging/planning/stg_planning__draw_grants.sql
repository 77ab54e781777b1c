{{ stage_landed_rows(source('landing', 'draw_grants')) }}
