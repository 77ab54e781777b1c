{{ stage_landed_rows(source('landing', 'recovery_consents')) }}
