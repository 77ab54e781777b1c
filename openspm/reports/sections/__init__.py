"""The chapters of the leaders' report: each module reads its marts and returns one Section, in words if empty."""
