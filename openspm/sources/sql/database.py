"""What the `sql` source needs of a database: a read-only snapshot, the columns of a SELECT, and its rows as text.

One module a system: postgresql, mysql (and MariaDB), sqlite. Each gives every value as the text that says exactly what
the database has: decimals with their digits, times with zone in UTC with an offset, true and false, NULL apart from the
empty text, bytes as \\x and hexadecimal digits.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NoReturn, Protocol, cast

import pyarrow as pa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from openspm.errors import OpenspmError, SourceRefused, SourceUnreachable
from openspm.secrets import read_secret, secret_variable, without_secrets
from openspm.sources.sql.settings import SCHEMES, SqlSourceSettings

CONNECT_SECONDS = 15
APPLICATION_NAME = "openspm"
MODULES: Mapping[str, str] = {
    "postgresql": "openspm.sources.sql.postgresql",
    "mysql": "openspm.sources.sql.mysql",
    "mariadb": "openspm.sources.sql.mysql",
    "sqlite": "openspm.sources.sql.sqlite",
}
Fault = Literal["unreachable", "refused", "statement"]


@dataclass(frozen=True)
class ResultColumn:
    """A column of a SELECT.

    Attributes:
        name: its name.
        is_number: whether its values are numbers, which are compared without quotes.
        type_code: its type as the driver knows it.
    """

    name: str
    is_number: bool = False
    type_code: Any = None


@dataclass(frozen=True)
class Statement:
    """A SELECT and the mapping that it stands in, for messages.

    Attributes:
        path: the mapping file.
        text: its text, without a closing semicolon.
    """

    path: Path
    text: str

    def wrapped(self, columns: str, condition: str = "") -> str:
        """A SELECT over the mapping; the mapping's first line is the second line of it."""
        where = f"\nwhere {condition}" if condition else ""
        return f"select {columns} from (\n{self.text}\n) as mapped_rows{where}"


class Database(Protocol):
    """A connection that sees one state of the database and cannot write.

    Attributes:
        has_booleans: whether it has a type for true and false; others say 1 and 0.
    """

    has_booleans: bool

    def quote(self, name: str) -> str:
        """A name as an SQL identifier."""
        ...

    def describe(self, statement: Statement) -> list[ResultColumn]:
        """The columns of a SELECT; no row is read."""
        ...

    def highest(self, statement: Statement, column: ResultColumn) -> str | None:
        """The highest value of a column of a SELECT, as text."""
        ...

    def rows(self, statement: Statement, columns: Sequence[ResultColumn], condition: str) -> Iterator[pa.RecordBatch]:
        """The rows of a SELECT in batches of text; memory does not grow with their number."""
        ...

    def close(self) -> None:
        """End the snapshot and the connection."""
        ...


@dataclass(frozen=True)
class Address:
    """Where a database is and who asks; the secrets in it are shown nowhere.

    Attributes:
        url: the whole URL, with the password.
        source_name: the source in company.yml.
        company_folder: what a relative path of SQLite starts from.
        timeout_seconds: longest time of one statement.
        secrets: what no message may hold.
    """

    url: URL
    source_name: str
    company_folder: Path
    timeout_seconds: int
    secrets: tuple[str | None, ...] = field(default=(), repr=False)

    @property
    def shown(self) -> str:
        """The address for messages: without password and without the query."""
        return f"source {self.source_name}, {without_secrets(self.url.set(query={}).render_as_string(), self.secrets)}"

    def fail(self, fault: Fault, text: str, statement: Statement | None = None, line: int | None = None) -> NoReturn:
        """Raise what a driver said, without what it must not say.

        Raises:
            SourceUnreachable: the database is not there, or went away.
            SourceRefused: it lets us not in, or not at this table.
            OpenspmError: the mapping does not run.
        """
        message = without_secrets(" ".join(text.split()), self.secrets)
        where = self.shown
        if statement is not None:
            where = f"{statement.path}{f':{line}' if line else ''}; {where}"
        if fault == "unreachable":
            raise SourceUnreachable(
                f"The database of the source {self.source_name!r} cannot be reached: {message}",
                where=where,
                next_step="See that it runs and that this machine reaches it, and run again; nothing has landed.",
            ) from None
        if fault == "refused":
            raise SourceRefused(
                f"The database of the source {self.source_name!r} refuses us: {message}",
                where=where,
                next_step=f"Correct the user, {secret_variable(self.source_name, 'password')}, or the user's rights.",
            ) from None
        raise OpenspmError(
            f"The mapping does not run: {message}",
            where=where,
            next_step="Correct it in the database's own SQL; `openspm check` tries it without landing anything.",
        ) from None


def read_address(settings: SqlSourceSettings, company_folder: Path) -> Address:
    """The address of a source, with its secrets from the environment.

    Raises:
        OpenspmError: no URL, or one that cannot be read.
    """
    secret_url = read_secret(settings.name, "url")
    password = read_secret(settings.name, "password")
    variable = secret_variable(settings.name, "url")
    if secret_url and settings.url:
        raise OpenspmError(
            f"The URL of the source {settings.name!r} is given twice",
            where=f"company.yml, and environment variable {variable}",
            next_step="Remove one of them.",
        )
    text = secret_url or settings.url
    if not text:
        raise OpenspmError(
            f"The source {settings.name!r} has no URL",
            where=f"company.yml, sources, {settings.name}",
            next_step=f"Write `url` there, or set {variable} or {variable}_FILE.",
        )
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise OpenspmError(
            f"The URL of the source {settings.name!r} cannot be read",
            where=f"environment variable {variable}" if secret_url else f"company.yml, sources, {settings.name}",
            next_step="Write it as postgresql://user@host:5432/database, mysql://... or sqlite:///path.",
        ) from None
    if url.get_backend_name() not in SCHEMES:
        raise OpenspmError(
            f"The source {settings.name!r} cannot speak to {url.get_backend_name()}",
            where=f"environment variable {variable}" if secret_url else f"company.yml, sources, {settings.name}",
            next_step=f"Use one of: {', '.join(SCHEMES)}.",
        )
    url = url.set(password=password) if password else url
    in_query = tuple(value for name, value in url.query.items() if "pass" in name and isinstance(value, str))
    secrets = (secret_url, url.password, *in_query)
    return Address(url, settings.name, company_folder, settings.statement_timeout_seconds, secrets)


def open_database(address: Address) -> Database:
    """Connect, and begin the snapshot.

    Raises:
        SourceUnreachable: the database is not there.
        SourceRefused: it lets us not in.
    """
    module = importlib.import_module(MODULES[address.url.get_backend_name()])
    return cast(Database, module.connect(address))
