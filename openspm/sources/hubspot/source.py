"""The source `hubspot`: a portal, read through its CRM API."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar

from openspm.settings import StatePaths
from openspm.sources import ExtractRequest
from openspm.sources.hubspot.client import LABEL_SUFFIX, HubSpotClient, daily_limit
from openspm.sources.hubspot.records import records_of
from openspm.sources.hubspot.settings import HubSpotSourceSettings
from openspm.sources.web.credentials import FixedToken, needed_secret
from openspm.sources.web.mapping import MAPPING_FILE, VendorMapping
from openspm.sources.web.pages import Record
from openspm.sources.web.reading import Client
from openspm.sources.web.session import Patience, WebSession
from openspm.sources.web.source import WebSource

URL = "https://api.hubapi.com"
DERIVED = re.compile(r'"((?:user\.[A-Za-z0-9_]+|[A-Za-z0-9_]+\.label))"')


class HubSpotSource(WebSource):
    """A HubSpot portal."""

    settings: HubSpotSourceSettings
    derived_suffix: ClassVar[str | None] = LABEL_SUFFIX
    # So long HubSpot keeps what was archived.
    most_gap_days: ClassVar[int | None] = 90

    def connect(self, request: ExtractRequest, state: StatePaths | None) -> Client:
        """Take the token; HubSpot says only later whether it accepts it."""
        del request, state
        settings = self.settings
        token = FixedToken(needed_secret(settings.name, "token", "token of a private app"))
        session = WebSession(
            f"source {settings.name}",
            settings.url or URL,
            Patience.of(settings.answer_seconds, settings.most_tries, settings.deadline_seconds),
            token,
            settings.parallel_requests,
            hopeless=daily_limit,
        )
        texts = [(self._folder / MAPPING_FILE).read_text("utf-8")]
        texts += [expression for columns in settings.fields.values() for expression in columns.values()]
        return HubSpotClient(session, settings, frozenset(name for text in texts for name in DERIVED.findall(text)))

    def fitted(
        self,
        mapping: VendorMapping,
        client: Client | None,
        visible: Mapping[str, Collection[str]],
        request: ExtractRequest,
    ) -> VendorMapping:
        """The mapping with the names of the stages in it: where one is renamed, all deals are read anew."""
        del visible, request
        if not isinstance(client, HubSpotClient):
            return mapping
        tables = {}
        for name, parts in mapping.tables.items():
            tables[name] = tuple(
                part.model_copy(update={"where": f"({part.where or 'true'}) and '{names}' is not null"})
                if (names := client.stage_names(mapping.objects[part.object_name].inside or part.object_name))
                else part
                for part in parts
            )
        return mapping.model_copy(update={"tables": tables})

    def records(
        self, object_name: str, pages: Iterator[tuple[str, Any]], fields: Collection[str] | None
    ) -> Iterator[Record]:
        """The records of an object from its pages."""
        return records_of(object_name, pages, fields)
