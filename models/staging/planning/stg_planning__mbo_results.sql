{{ stage_landed_rows(source('landing', 'mbo_results')) }}
