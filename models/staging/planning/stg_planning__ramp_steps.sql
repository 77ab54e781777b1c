{{ stage_landed_rows(source('landing', 'ramp_steps')) }}
