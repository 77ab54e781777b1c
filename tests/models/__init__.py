"""Tests of the dbt models: their unit tests, and properties that hold for any company."""
