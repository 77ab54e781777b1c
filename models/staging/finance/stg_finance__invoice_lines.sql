{{ stage_landed_rows(source('landing', 'invoice_lines')) }}
