{{ stage_landed_rows(source('landing', 'closed_events')) }}
