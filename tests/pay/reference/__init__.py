"""A second calculator of pay, in plain Python with fractions, written from the definitions and not from the SQL.

It knows one way to say each rule and no tables: a plan as its author wrote it, events, and the switches. It rounds
where the law says: products and quotients to 12 decimals, lines to the minor unit, and nowhere else. One module a step.
"""

from tests.pay.reference.calculation import calculate
from tests.pay.reference.numbers import rounded
from tests.pay.reference.parts import Line, Result

__all__ = ["Line", "Result", "calculate", "rounded"]
