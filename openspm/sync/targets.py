"""Opens the CRM that a target names."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import cast

from openspm.company import Company
from openspm.errors import UsageError
from openspm.sync.settings import TargetSettings
from openspm.sync.writer import CrmWriter

# Kind of source -> module with `open_writer(settings, timezone_name) -> CrmWriter`. Imported when a target is opened.
REGISTRY: Mapping[str, str] = {
    "salesforce": "openspm.sources.salesforce.writing",
    "hubspot": "openspm.sources.hubspot.writing",
}


def open_writer(company: Company, target: TargetSettings) -> CrmWriter:
    """The CRM of a target: the address of its source, with secrets of its own, so that what reads cannot write.

    Raises:
        UsageError: no such source, or one that cannot be written to.
        SourceRefused, SourceUnreachable: the CRM.
    """
    source = next((source for source in company.sources if source.name == target.source), None)
    if source is None or source.kind not in REGISTRY:
        raise UsageError(
            f"The target {target.name!r} needs a source of the kind {' or '.join(sorted(REGISTRY))}",
            where=str(company.folder / "company.yml"),
            next_step=f"Name one in company.yml; {target.source!r} is {source.kind if source else 'not there'}.",
        )
    changed = {"name": target.name, **({"client_id": target.client_id} if target.client_id else {})}
    module = importlib.import_module(REGISTRY[source.kind])
    return cast("CrmWriter", module.open_writer(source.model_copy(update=changed), company.timezone_name))
