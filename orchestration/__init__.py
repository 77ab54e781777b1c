"""Dagster wiring: assets, checks, the nightly job, its schedule and sensor; and nothing else."""
