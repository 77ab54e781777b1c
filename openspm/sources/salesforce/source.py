"""Salesforce as a source: what it has beside what every source over HTTP does."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar, cast

from openspm.contract import load_contract
from openspm.errors import OpenspmError
from openspm.settings import StatePaths
from openspm.sources import ExtractRequest, Finding
from openspm.sources.salesforce.client import SalesforceClient
from openspm.sources.salesforce.login import Login
from openspm.sources.salesforce.settings import SalesforceSourceSettings
from openspm.sources.web.credentials import RenewedToken
from openspm.sources.web.mapping import MAPPING_FILE, Part, VendorMapping, fields_of, load_mapping
from openspm.sources.web.pages import Record
from openspm.sources.web.reading import Client
from openspm.sources.web.session import Patience, WebSession
from openspm.sources.web.source import WebSource

CURRENCY_FIELD = "CurrencyIsoCode"
HISTORIES = frozenset({"OpportunityHistory", "OpportunityFieldHistory"})
# A condition of mapping.yml that holds for every record where there is one currency.
SAME_CURRENCY = 'CurrencyIsoCode = "Product2.CurrencyIsoCode"'
# What stands in mapping.yml for a setting or a fact of the organisation.
RATE_TABLE, RATE_KIND, CORPORATE = "rate_table()", "rate_kind()", "corporate_currency()"


class SalesforceSource(WebSource):
    """Extracts of the tables that the objects of Salesforce make."""

    # Deleted records are told for as long as they lie in the recycle bin: 15 days.
    most_gap_days: ClassVar[int | None] = 14

    settings: SalesforceSourceSettings

    def patience(self) -> Patience:
        """How long Salesforce is waited for, from now on."""
        settings = self.settings
        return Patience.of(settings.answer_seconds, settings.most_tries, settings.deadline_seconds)

    def connect(self, request: ExtractRequest, state: StatePaths | None) -> Client:
        """Log in; the answer says at which address the organisation is.

        Raises:
            SourceRefused: a secret is missing or not accepted.
            SourceUnreachable: Salesforce does not answer.
        """
        del state
        patience = self.patience()
        login = Login(self.settings, patience)
        credentials = RenewedToken(login.ask, login.secrets())
        credentials.headers()
        session = WebSession(
            f"source {self.settings.name}",
            login.instance_url or "",
            patience,
            credentials,
            self.settings.parallel_requests,
        )
        mapping = self._chosen(load_mapping(self._folder, self.settings, request.company.extend(load_contract())))
        parts = [part for parts in mapping.tables.values() for part in parts]
        look_ups = {name: (it.by, part.object_name) for part in parts for name, it in part.look_ups.items()}
        wanted = {part.object_name for part in parts} | set(look_ups)
        paths = {
            name: tuple(field for field in fields_of(mapping, name, str(self._folder / MAPPING_FILE)) if "." in field)
            for name in mapping.objects
            if name in wanted
        }
        stamps = {name: mapped.stamp for name, mapped in mapping.objects.items()}
        return SalesforceClient(session, self.settings, stamps, paths, look_ups)

    def records(
        self, object_name: str, pages: Iterator[tuple[str, Any]], fields: Collection[str] | None
    ) -> Iterator[Record]:
        """The records of an object from its JSON pages: flat, by the names of the fields."""
        del object_name
        paths = None if fields is None else tuple(name for name in fields if "." in name)
        for _, page in pages:
            if paths is None:
                yield from map(_flat, page["records"])
            elif paths:
                yield from ({**record, **{path: _inside(record, path) for path in paths}} for record in page["records"])
            else:
                yield from page["records"]

    def fitted(
        self,
        mapping: VendorMapping,
        client: Client | None,
        visible: Mapping[str, Collection[str]],
        request: ExtractRequest,
    ) -> VendorMapping:
        """The mapping with what is said once for the whole organisation: its currency and its rates.

        Raises:
            OpenspmError: archived rates are mapped again, and their pages do not say which currency they are against.
        """
        del request
        organisation = cast(SalesforceClient, client) if client is not None else None
        settings, rates = self.settings, self.settings.exchange_rates
        facts: dict[str, str | None] = {}
        if rates is not None and "DatedConversionRate" in visible:
            if organisation is None:
                raise OpenspmError(
                    "Archived exchange rates of Salesforce do not say which currency they are against",
                    where=f"company.yml, sources, {settings.name}",
                    next_step="Put fx_rates under `leave_out` while archived pages are mapped again.",
                )
            corporate = organisation.corporate_currency()
            facts |= {RATE_TABLE: rates.rate_table_id, RATE_KIND: rates.rate_kind_code, CORPORATE: corporate}
        has_currencies = (
            organisation.has_currencies
            if organisation is not None
            else any(CURRENCY_FIELD in fields for fields in visible.values())
        )
        currency = None if has_currencies else settings.currency_code
        tables = {}
        for name, parts in self._chosen(mapping).tables.items():
            filled = [_filled(part, facts, currency) for part in parts]
            tables[name] = tuple(filled if has_currencies else map(_of_one_currency, filled))
        return mapping.model_copy(update={"tables": tables})

    def _chosen(self, mapping: VendorMapping) -> VendorMapping:
        """The mapping without the parts that the settings do not want."""
        left_out = HISTORIES - {self.settings.stage_history}
        tables = {
            name: tuple(part for part in parts if part.object_name not in left_out)
            for name, parts in mapping.tables.items()
            if name != "fx_rates" or self.settings.exchange_rates is not None
        }
        return mapping.model_copy(update={"tables": tables})

    def remarks(
        self, mapping: VendorMapping, client: Client, visible: Mapping[str, Collection[str]]
    ) -> Iterator[Finding]:
        """Fields whose changes do not move the stamp, and an organisation whose currency nobody says."""
        organisation = cast(SalesforceClient, client)
        subject = f"source {self.settings.name}"
        for name, calculated in organisation.calculated.items():
            if name in mapping.objects:
                read = fields_of(mapping, name, str(self._folder / MAPPING_FILE))
                found = [field for field in read if field in calculated and field in visible.get(name, ())]
                if found:
                    yield Finding(
                        "warn",
                        f"{subject}, {name}",
                        f"{', '.join(found)}: formulas and roll-ups change without a new SystemModstamp",
                        "Changes are found by a full compare: `full_compare_days`, or `openspm run --full-compare` "
                        "before money is paid by them.",
                    )
        if not organisation.has_currencies and self.settings.currency_code is None:
            yield Finding(
                "warn",
                f"{subject}, currency",
                "the organisation has one currency, and its records do not name it, so no amount has a currency",
                "Write `currency_code` into the source's block of company.yml.",
            )
        if "fx_rates" in mapping.tables and any(
            "to_currency_code" not in part.columns for part in mapping.tables["fx_rates"]
        ):
            yield Finding(
                "warn",
                f"{subject}, fx_rates",
                "is not given: the corporate currency cannot be seen",
                "Give the right to read CurrencyType, or take `exchange_rates` out.",
            )


def _flat(record: Mapping[str, Any]) -> Record:
    """A record with the fields of its parents by their paths, and without what Salesforce says about each."""
    nested = [(name, value) for name, value in record.items() if isinstance(value, dict)]
    fields = {**record}
    for name, value in nested:
        del fields[name]
        if name != "attributes":
            fields |= {f"{name}.{inner}": inside for inner, inside in _flat(value).items()}
    return fields


def _inside(record: Mapping[str, Any], path: str) -> Any:
    """The field of a parent, by its path; None where there is no parent."""
    value: Any = record
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _filled(part: Part, facts: Mapping[str, str | None], currency: str | None) -> Part:
    """A part with facts in place of what stands for them; a column whose fact is not known is left out."""
    columns = {}
    for column, expression in part.columns.items():
        is_constant = expression == CURRENCY_FIELD and currency is not None
        text = _literal(currency or "") if is_constant else _with_facts(expression, facts)
        if text is not None:
            columns[column] = text
    where = _with_facts(part.where, facts) if part.where is not None else None
    return part.model_copy(update={"columns": columns, "where": where})


def _of_one_currency(part: Part) -> Part:
    """A part without comparisons of currencies, which records do not have."""
    look_ups = {
        name: look_up.model_copy(update={"where": look_up.where and look_up.where.replace(SAME_CURRENCY, "true")})
        for name, look_up in part.look_ups.items()
    }
    return part.model_copy(update={"look_ups": look_ups})


def _with_facts(expression: str, facts: Mapping[str, str | None]) -> str | None:
    """An expression with facts in it; None where one is not known."""
    for name, value in facts.items():
        if name in expression:
            if value is None:
                return None
            expression = expression.replace(name, _literal(value))
    return expression


def _literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
