{{ stage_landed_rows(source('landing', 'period_component_parts')) }}
