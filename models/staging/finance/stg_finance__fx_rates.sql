{{ stage_landed_rows(source('landing', 'fx_rates')) }}
