{{ stage_landed_rows(source('landing', 'matrix_bands')) }}
