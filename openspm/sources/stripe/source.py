"""Extracts of what a company bills and is paid through Stripe."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar, cast

from openspm.settings import StatePaths
from openspm.sources import ExtractRequest, Finding
from openspm.sources.stripe.client import METADATA, WITH_IDS, StripeClient
from openspm.sources.stripe.lists import StripeLists
from openspm.sources.stripe.objects import fields_of_object
from openspm.sources.stripe.records import stripe_records
from openspm.sources.stripe.settings import StripeSourceSettings
from openspm.sources.web.credentials import FixedToken, needed_secret
from openspm.sources.web.mapping import VendorMapping, expression_fields
from openspm.sources.web.pages import Record
from openspm.sources.web.reading import Client
from openspm.sources.web.session import WebSession
from openspm.sources.web.source import WebSource

URL = "https://api.stripe.com"
# Money that was given back is known only with these: without one of them more would count as paid than was.
MONEY = ("Charge", "Refund", "Dispute")
TABLE_OF_MONEY = "payments"


class StripeSource(WebSource):
    """Customers, invoices with their lines, charges, refunds, disputes and credit notes."""

    # Stripe keeps events for 30 days.
    most_gap_days: ClassVar[int | None] = 28
    settings: StripeSourceSettings

    def connect(self, request: ExtractRequest, state: StatePaths | None) -> Client:
        """Take the key; Stripe is not asked yet."""
        del request, state
        settings = self.settings
        credentials = FixedToken(needed_secret(settings.name, "token", "restricted key of Stripe"))
        session = WebSession(
            f"source {settings.name}", settings.url or URL, self.patience(), credentials, settings.parallel_requests
        )
        lists = StripeLists(session, settings.api_version, settings.parallel_requests)
        return StripeClient(lists, self._named(), self._metadata(), settings.look_back_seconds)

    def _metadata(self) -> tuple[str, ...]:
        """The metadata in which the company keeps ids."""
        return tuple(f"{METADATA}{key}" for key in self.settings.metadata_keys)

    def _named(self) -> tuple[str, ...]:
        """Fields that the company names."""
        own = [text for columns in self.settings.fields.values() for text in columns.values()]
        where = f"company.yml, sources, {self.settings.name}, fields"
        return tuple(dict.fromkeys(field for text in own for field in expression_fields(text, where)))

    def records(
        self, object_name: str, pages: Iterator[tuple[str, Any]], fields: Collection[str] | None
    ) -> Iterator[Record]:
        """The records of an object from its pages, with every field that there always is."""
        found = stripe_records(object_name, pages, fields)
        if fields is not None:
            return found
        metadata = self._metadata() if object_name in WITH_IDS else ()
        always = dict.fromkeys([*fields_of_object(object_name), *metadata])
        return ({**always, **record} for record in found)

    def fitted(
        self,
        mapping: VendorMapping,
        client: Client | None,
        visible: Mapping[str, Collection[str]],
        request: ExtractRequest,
    ) -> VendorMapping:
        """No payments where a part of the money is not visible."""
        del client, request
        if all(name in visible for name in MONEY):
            return mapping
        tables = {name: parts for name, parts in mapping.tables.items() if name != TABLE_OF_MONEY}
        return mapping.model_copy(update={"tables": tables})

    def remarks(
        self, mapping: VendorMapping, client: Client, visible: Mapping[str, Collection[str]]
    ) -> Iterator[Finding]:
        """Rights that payments lack, and metadata that no new record has."""
        del mapping
        subject = f"source {self.settings.name}"
        missing = [name for name in MONEY if name not in visible]
        if missing and TABLE_OF_MONEY not in self.settings.leave_out:
            yield Finding(
                "warn",
                f"{subject}, {TABLE_OF_MONEY}",
                f"is not given: {', '.join(missing)} is not visible, and without it more would count as paid than was",
                f"Give the key the right to read {', '.join(MONEY)}, or put the table under `leave_out`.",
            )
        newest = cast(StripeClient, client).newest
        records = [record for name in WITH_IDS for record in newest.get(name, ())]
        for key in self.settings.metadata_keys:
            if records and not any(record.get(f"{METADATA}{key}") for record in records):
                yield Finding(
                    "warn",
                    f"{subject}, {METADATA}{key}",
                    "stands on none of the newest customers and invoices",
                    "Name the keys that are used under `metadata_keys`; those of others make no column then.",
                )
