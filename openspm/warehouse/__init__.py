"""From a checked candidate to what readers see, and back.

| module | what it does |
|---|---|
| lock | one run of a company at a time |
| run_records | one JSON file a run, failed ones too |
| candidate | a fresh file to build in; clearing away what a dead run left |
| published_tables | which marts and columns readers get, read from dbt's manifest |
| meta_tables | writes validation results, publications and runs into the candidate after the gate |
| generation_files | writes and verifies the files of one generation |
| generations | the published folder: publish by one rename, list, roll back, prune |

The order of a run stands in openspm.nightly.
"""
