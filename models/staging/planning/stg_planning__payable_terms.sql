{{ stage_landed_rows(source('landing', 'payable_terms')) }}
