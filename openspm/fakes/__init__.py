"""Fake vendors: a company served through a vendor's protocol, for tests and for trying a source out.

    server     an HTTP server on this machine; latency and faults on demand
    faults     which request fails, and how
    records    the company's tables, as the vendors' modules read them
    <vendor>   what the vendor would answer: paging, cursors, limits, log-in

`openspm fake salesforce --company examples/micro --port 8080` starts one. Nothing that runs a company imports this.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from openspm.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from openspm.fakes.server import FakeVendor

# Kind of source -> module with `build(tables) -> FakeVendor`. Imported when one is asked for.
REGISTRY: Mapping[str, str] = {
    "salesforce": "openspm.fakes.salesforce_writing",
    "hubspot": "openspm.fakes.hubspot_writing",
    "quickbooks": "openspm.fakes.quickbooks",
    "stripe": "openspm.fakes.stripe",
}


def build_fake(kind: str, tables: Mapping[str, pa.Table]) -> FakeVendor:
    """A vendor that has the records of a company.

    Args:
        kind: a kind of source.
        tables: the company's tables by canonical name, every value as text.

    Raises:
        UsageError: no fake of that kind.
    """
    if kind not in REGISTRY:
        raise UsageError(
            f"There is no fake of the kind {kind!r}", next_step=f"Name one of: {', '.join(sorted(REGISTRY))}."
        )
    return cast("FakeVendor", importlib.import_module(REGISTRY[kind]).build(tables))
