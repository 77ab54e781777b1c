"""Dagster wiring: assets, checks, the nightly job, its schedule and sensor; and nothing else.

What a step does stands in openspm.nightly. Importing this package imports nothing of Dagster.

| module | what is in it |
|---|---|
| definitions | `defs`, what `dagster dev -w workspace.yaml` loads |
| build | `build_defs`: puts everything together, with what a test wants to exchange |
| assets | the graph: one module a group, in the order of the pipeline |
| dbt_assets | one part of dbt's graph as assets and checks |
| dbt_parts | which models and tests of dbt's graph belong to which step |
| listening_night | a run that keeps what dbt and the gates answer |
| night_resource | the run that is going on, shared by all assets of a job |
| triggers | the nightly schedule and the sensor for dropped files |
| failure | who hears of a failed run |
| instance | Dagster's own state of a company: its folder, its dead runs, its pruning |
| event_log | Dagster's event log, fast enough for a run with a thousand checks |
| run | `run_nightly`: the same job in this process, for `openspm run` |
"""
