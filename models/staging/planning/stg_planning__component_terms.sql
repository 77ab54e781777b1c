{{ stage_landed_rows(source('landing', 'component_terms')) }}
