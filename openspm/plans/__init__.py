"""Compensation plans: reading, checking, compiling to planning tables, explaining, and running worked cases.

Here: plans as data. Not here: what pay a plan gives, which SQL computes (models/intermediate/pay).
"""
