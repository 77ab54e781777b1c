{{ stage_landed_rows(source('landing', 'multiplier_tiers')) }}
