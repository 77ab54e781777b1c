"""Saying in which zone a timestamp without an offset is, where the source declares it.

The zone is added in brackets (`2026-03-29T02:30:00[Europe/Berlin]`) and staging turns it into an instant, so that the
value as it came can still be read, and a time that the clocks skipped is quarantined instead of moved.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

BARE_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
WITHOUT_SECONDS = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}$"
NAIVE_TIMESTAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?$"


def declare_zone(texts: pa.Array, zone: str) -> pa.Array:
    """Timestamps with their zone: a bare date begins its day there; a text in any other form stays as it is."""
    for form, rest in ((BARE_DATE, "T00:00:00"), (WITHOUT_SECONDS, ":00"), (NAIVE_TIMESTAMP, f"[{zone}]")):
        texts = pc.if_else(pc.match_substring_regex(texts, form), pc.binary_join_element_wise(texts, rest, ""), texts)
    return texts
