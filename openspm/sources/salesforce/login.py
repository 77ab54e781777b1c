"""Logging in: OAuth 2.0 client credentials, or a JWT that is signed with the app's key. Never a password.

The answer names the address of the organisation (`instance_url`), which every later request goes to.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import jwt

from openspm.errors import SourceRefused, SourceUnreachable
from openspm.sources.salesforce.settings import SalesforceSourceSettings
from openspm.sources.web.credentials import needed_secret
from openspm.sources.web.session import NotAccepted, Patience, WebSession
from openspm.sources.web.settings import LOOPBACK_URL, PLAIN_URL

TOKEN_PATH = "services/oauth2/token"  # noqa: S105 - an address, and no secret
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Salesforce takes a signed token for at most three minutes.
JWT_SECONDS = 180
SCOPES = frozenset({"api", "full"})


class _Unsent:
    """Secrets that stand in the form of a request; no message may show them."""

    def __init__(self, *secrets: str) -> None:
        self._secrets = secrets

    def headers(self) -> Mapping[str, str]:
        """None: the form says who we are."""
        return {}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """There is no other one."""
        del refused
        return False

    def secrets(self) -> tuple[str, ...]:
        """What the form holds."""
        return self._secrets


class Login:
    """Gives tokens.

    Attributes:
        instance_url: the organisation's address; None before the first token.
    """

    def __init__(self, settings: SalesforceSourceSettings, patience: Patience) -> None:
        """Read the secret; nothing is sent.

        Raises:
            SourceRefused: the environment has no secret.
            OpenspmError: it is given twice, or its file cannot be read or may be read by anyone.
        """
        self._settings = settings
        self.instance_url: str | None = None
        field, meaning = (
            ("client_secret", "consumer secret")
            if settings.login == "client_credentials"
            else ("private_key", "private key")
        )
        self._secret = needed_secret(settings.name, field, meaning)
        self._session = WebSession(
            f"source {settings.name}", settings.url or settings.audience, patience, _Unsent(self._secret)
        )

    def secrets(self) -> tuple[str, ...]:
        """What we log in with."""
        return (self._secret,)

    def ask(self) -> str:
        """A new token.

        Raises:
            SourceRefused: we are not let in, or the app lacks the right to use the API.
            SourceUnreachable: no answer, or the organisation has moved meanwhile.
        """
        try:
            answer = self._session.post(TOKEN_PATH, form=self._form()).json()
        except NotAccepted as error:
            raise SourceRefused(
                error.message.replace("answers with status", "does not let us in, with status"),
                where=error.where,
                next_step="Look at the connected app: its consumer key, the secret or certificate, the user that it "
                "runs as, and whether that user is allowed. The README of the kind lists what is needed.",
            ) from None
        token, url = answer.get("access_token"), str(answer.get("instance_url", "")).rstrip("/")
        if not token or not PLAIN_URL.match(url) or (url.startswith("http://") and not LOOPBACK_URL.match(url)):
            raise SourceRefused(
                f"The {self._session.subject} answers our login without a token or a safe instance_url",
                where=self._session.base_url,
                next_step="Correct `url` in company.yml: https://<my domain>.my.salesforce.com.",
            )
        scopes = set(str(answer.get("scope", "api")).split())
        if not scopes & SCOPES:
            raise SourceRefused(
                f"The {self._session.subject} gives a token that may not use the API (scopes: {sorted(scopes)})",
                where=self._session.base_url,
                next_step="Give the connected app the scope `api`.",
            )
        if self.instance_url not in (None, url):
            raise SourceUnreachable(
                f"The {self._session.subject} moved to another address while it was read",
                where=url,
                next_step="Run again.",
            )
        self.instance_url = url
        return str(token)

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def _form(self) -> dict[str, str]:
        """What is sent."""
        settings = self._settings
        if settings.login == "client_credentials":
            return {
                "grant_type": "client_credentials",
                "client_id": settings.client_id,
                "client_secret": self._secret,
            }
        claims = {
            "iss": settings.client_id,
            "sub": settings.user,
            "aud": settings.audience,
            "exp": int(time.time()) + JWT_SECONDS,
        }
        try:
            assertion = jwt.encode(claims, self._secret, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise SourceRefused(
                f"The private key of the source {settings.name!r} is no RSA key in PEM form",
                next_step="Give it the key whose certificate the connected app has, without a passphrase.",
            ) from None
        return {"grant_type": JWT_GRANT, "assertion": assertion}
