{{ stage_landed_rows(source('landing', 'opportunity_splits')) }}
