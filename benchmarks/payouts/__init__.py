"""Payouts alone: the pay models against hand-written SQL, pandas, polars and Tryton, on one fixed plan."""
