"""How a request says who sends it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from openspm.errors import SourceRefused
from openspm.secrets import FILE_SUFFIX, read_secret, secret_variable


class Credentials(Protocol):
    """Who we are, in a vendor's words."""

    def headers(self) -> Mapping[str, str]:
        """The headers of a request."""
        ...

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Ask for a new token after `refused` headers were refused; False where there is none to be had."""
        ...

    def secrets(self) -> tuple[str, ...]:
        """Everything that no message may show."""
        ...


class FixedToken:
    """A secret that is sent as it is, such as a private app's token or an API key."""

    def __init__(self, token: str) -> None:
        self._token = token

    def headers(self) -> Mapping[str, str]:
        """The bearer header."""
        return {"Authorization": f"Bearer {self._token}"}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """There is no other one."""
        del refused
        return False

    def secrets(self) -> tuple[str, ...]:
        """The token."""
        return (self._token,)


class RenewedToken:
    """A token that a vendor gives for a while; asked for when it is first needed, and again when it is refused.

    Several threads may find a token refused at once: only the first asks for another.
    """

    def __init__(self, ask: Callable[[], str], secrets: tuple[str, ...]) -> None:
        """Take how a token is asked for.

        Args:
            ask: gives a new token, or raises SourceRefused or SourceUnreachable.
            secrets: what it asks with.
        """
        self._ask = ask
        self._secrets = secrets
        self._token: str | None = None
        self._asking = threading.Lock()

    def headers(self) -> Mapping[str, str]:
        """The bearer header."""
        with self._asking:
            if self._token is None:
                self._token = self._ask()
            return {"Authorization": f"Bearer {self._token}"}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Ask for another token, unless somebody did since."""
        with self._asking:
            if refused.get("Authorization") == f"Bearer {self._token}":
                self._token = self._ask()
        return True

    def secrets(self) -> tuple[str, ...]:
        """The token, and what it was asked for with."""
        return (*self._secrets, self._token) if self._token else self._secrets


def needed_secret(source_name: str, field: str, meaning: str) -> str:
    """A secret without which a source cannot be asked.

    Raises:
        SourceRefused: the environment has none.
        OpenspmError: it is given twice, or its file cannot be read or may be read by anyone.
    """
    value = read_secret(source_name, field)
    if value is None:
        variable = secret_variable(source_name, field)
        raise SourceRefused(
            f"The source {source_name!r} has no {meaning}",
            where=f"environment variable {variable}",
            next_step=f"Set {variable}, or {variable}{FILE_SUFFIX} with the path of a file that holds it.",
        )
    return value
