{{ stage_landed_rows(source('landing', 'plan_proration_leaves')) }}
