"""Extracts of what a company bills and is paid, from QuickBooks Online."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar

from openspm.errors import SourceRefused
from openspm.settings import StatePaths
from openspm.sources import ExtractRequest, Finding
from openspm.sources.quickbooks.client import QuickbooksClient
from openspm.sources.quickbooks.records import quickbooks_records
from openspm.sources.quickbooks.settings import QuickbooksSourceSettings
from openspm.sources.quickbooks.tokens import KeptToken
from openspm.sources.web.credentials import RenewedToken, needed_secret
from openspm.sources.web.mapping import VendorMapping, expression_fields
from openspm.sources.web.pages import Record
from openspm.sources.web.reading import Client
from openspm.sources.web.session import NotAccepted, WebSession
from openspm.sources.web.source import WebSource

URL = "https://quickbooks.api.intuit.com"
TOKEN_URL = "https://oauth.platform.intuit.com"  # noqa: S105 - an address
TOKEN_PATH = "oauth2/v1/tokens/bearer"  # noqa: S105 - a path
# What was paid is known only with all of these.
MONEY = ("Payment", "Invoice", "SalesReceipt", "RefundReceipt")
TABLE_OF_MONEY = "payments"


class QuickbooksSource(WebSource):
    """Customers, invoices with their lines, payments and credit memos."""

    # Changes are told for 30 days.
    most_gap_days: ClassVar[int | None] = 28
    settings: QuickbooksSourceSettings

    def connect(self, request: ExtractRequest, state: StatePaths | None) -> Client:
        """Exchange the newest refresh token for an access token; a check keeps the new one just as a night does.

        Raises:
            SourceRefused: a secret is missing or not accepted.
            SourceUnreachable: QuickBooks does not answer.
            OpenspmError: a new refresh token could not be kept.
        """
        settings = self.settings
        client_id = needed_secret(settings.name, "client_id", "client id of an app of QuickBooks")
        client_secret = needed_secret(settings.name, "client_secret", "client secret of an app of QuickBooks")
        first = needed_secret(settings.name, "refresh_token", "refresh token of QuickBooks")
        kept = KeptToken(state or request.settings.state(request.company.id), settings.name, first)
        login = WebSession(f"source {settings.name}", settings.token_url or TOKEN_URL, self.patience())
        basic = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "Accept": "application/json"}

        def ask(token: str) -> tuple[str, str]:
            form = {"grant_type": "refresh_token", "refresh_token": token}
            try:
                body = login.post(TOKEN_PATH, form=form, headers=headers).json()
                return str(body["access_token"]), str(body["refresh_token"])
            except (NotAccepted, SourceRefused) as error:
                raise SourceRefused(
                    f"The source {settings.name} does not exchange the refresh token: it was used before, is older "
                    "than 100 days, or was taken back; or the client id or secret is wrong",
                    where=error.where or "",
                    next_step="Authorise again and give the new refresh token in the environment; the README of the "
                    "kind says how.",
                ) from None

        credentials = RenewedToken(lambda: kept.exchange(ask), (client_secret, basic, first))
        credentials.headers()
        session = WebSession(
            login.subject, settings.url or URL, login.patience, credentials, settings.parallel_requests
        )
        return QuickbooksClient(
            session,
            settings.realm_id,
            settings.minor_version,
            settings.parallel_requests,
            settings.look_back_seconds,
            self._named(),
        )

    def _named(self) -> tuple[str, ...]:
        """Fields that the company names."""
        where = f"company.yml, sources, {self.settings.name}, fields"
        own = [text for columns in self.settings.fields.values() for text in columns.values()]
        return tuple(dict.fromkeys(field for text in own for field in expression_fields(text, where)))

    def fitted(
        self,
        mapping: VendorMapping,
        client: Client | None,
        visible: Mapping[str, Collection[str]],
        request: ExtractRequest,
    ) -> VendorMapping:
        """No payments where a part of the money is not visible; archived pages have what was visible then."""
        del request
        if client is None or all(name in visible for name in MONEY):
            return mapping
        tables = {name: parts for name, parts in mapping.tables.items() if name != TABLE_OF_MONEY}
        return mapping.model_copy(update={"tables": tables})

    def remarks(
        self, mapping: VendorMapping, client: Client, visible: Mapping[str, Collection[str]]
    ) -> Iterator[Finding]:
        """Rights that payments lack."""
        del mapping, client
        missing = [name for name in MONEY if name not in visible]
        if missing and TABLE_OF_MONEY not in self.settings.leave_out:
            yield Finding(
                "warn",
                f"source {self.settings.name}, {TABLE_OF_MONEY}",
                f"is not given: {', '.join(missing)} is not visible, and without it less or more would count as paid",
                f"Give the user the right to read {', '.join(MONEY)}, or put the table under `leave_out`.",
            )

    def records(
        self, object_name: str, pages: Iterator[tuple[str, Any]], fields: Collection[str] | None
    ) -> Iterator[Record]:
        """The records of an entity from its pages."""
        return quickbooks_records(object_name, pages, fields)
