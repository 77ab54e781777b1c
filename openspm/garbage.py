"""How often Python looks for garbage in cycles.

A night makes some ten million objects that live as long as it does: modules, the graph, its plan. Python would go
through them again and again, for a sixth of a small night, and find nothing: what openspm and its libraries are done
with, they let go of, and it is freed at once.
"""

from __future__ import annotations

import gc

# Python's own number is 700.
NEW_OBJECTS = 100_000


def collect_rarely() -> None:
    """Look for garbage when so many objects are new; for the start of a process."""
    gc.set_threshold(NEW_OBJECTS, 20, 20)
