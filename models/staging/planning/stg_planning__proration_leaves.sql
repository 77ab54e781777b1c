{{ stage_landed_rows(source('landing', 'proration_leaves')) }}
