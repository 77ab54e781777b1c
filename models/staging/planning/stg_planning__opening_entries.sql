{{ stage_landed_rows(source('landing', 'opening_entries')) }}
