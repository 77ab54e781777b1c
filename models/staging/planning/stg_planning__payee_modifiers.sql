{{ stage_landed_rows(source('landing', 'payee_modifiers')) }}
