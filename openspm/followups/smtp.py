"""One connection to the mail server, which knows of every mail whether it was accepted, refused, or neither for sure.

A mail is accepted when the server says so after its last line. What fails before the mail's text is sent was surely not
accepted and may be tried again; a connection that breaks from then on leaves it open, and nothing is tried.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import parseaddr
from typing import Literal

from openspm.errors import OpenspmError, SourceRefused, SourceUnreachable
from openspm.followups.mail_settings import SmtpSettings
from openspm.secrets import without_secrets

PASSWORD_VARIABLE = "OPENSPM_SMTP_PASSWORD"  # noqa: S105 - the name of the variable
FIRST_WAIT_SECONDS = 1.0

Acceptance = Literal["sent", "failed", "uncertain"]


class MailServer:
    """The server of a company, connected when the first mail goes out."""

    def __init__(
        self, settings: SmtpSettings, password: str | None, wait: Callable[[float], None] = time.sleep
    ) -> None:
        """Make ready; nothing is connected.

        Args:
            settings: where it is.
            password: of `settings.user`.
            wait: sleeps between tries; a test hands in its own.

        Raises:
            OpenspmError: a user without a password.
        """
        if settings.user is not None and password is None:
            raise OpenspmError(
                f"The mail server has a user, {settings.user!r}, but no password",
                where=f"environment variable {PASSWORD_VARIABLE}",
                next_step=f"Set {PASSWORD_VARIABLE}, or {PASSWORD_VARIABLE}_FILE with the path of its file.",
            )
        self._settings = settings
        self._password = password
        self._wait = wait
        self._connection: smtplib.SMTP | None = None

    def connect(self) -> None:
        """Connect, begin TLS and log in; tried again while the server cannot be reached.

        Raises:
            SourceUnreachable: no try reached it.
            SourceRefused: it offers no TLS, cannot prove who it is, or does not accept the password.
        """
        tries = 0
        while self._connection is None:
            tries += 1
            try:
                self._connection = self._connected()
            except ssl.SSLError as error:
                raise SourceRefused(
                    f"The mail server cannot prove who it is: {error.reason or error}",
                    where=self._place,
                    next_step="Correct `follow_ups.smtp` in company.yml; `ca_file` names certificates of your own.",
                ) from None
            except smtplib.SMTPNotSupportedError:
                raise SourceRefused(
                    "The mail server offers no TLS, or no log-in",
                    where=self._place,
                    next_step="Ask for its port with TLS. `security: none` sends mails that everyone on the way reads.",
                ) from None
            except smtplib.SMTPAuthenticationError as error:
                raise SourceRefused(
                    f"The mail server does not accept user and password ({error.smtp_code})",
                    where=self._place,
                    next_step=f"Correct `follow_ups.smtp.user` in company.yml, or {PASSWORD_VARIABLE}.",
                ) from None
            except (OSError, smtplib.SMTPException) as error:
                if tries > self._settings.retries:
                    raise SourceUnreachable(
                        f"The mail server cannot be reached: {self._clean(error)}",
                        where=self._place,
                        next_step="Run again later; what was sent is on record and is not sent again.",
                    ) from None
                self._wait(FIRST_WAIT_SECONDS * 2 ** (tries - 1))

    def send(self, message: EmailMessage) -> tuple[Acceptance, str]:
        """Send a mail to the one recipient that it names.

        Returns:
            What became of it, and the reason where it was not accepted.

        Raises:
            SourceUnreachable: the server is not to be reached any more; the mail was not accepted.
            SourceRefused: it does not let us in any more.
        """
        tries = 0
        while True:
            tries += 1
            self.connect()
            acceptance, reason, is_passing = self._once(message)
            if not is_passing or tries > self._settings.retries:
                return acceptance, reason
            self._wait(FIRST_WAIT_SECONDS * 2 ** (tries - 1))

    def close(self) -> None:
        """Say goodbye."""
        if self._connection is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._connection.quit()
            self._connection = None

    def _once(self, message: EmailMessage) -> tuple[Acceptance, str, bool]:
        """One try: what became of it, why, and whether another try may go better."""
        connection = self._connection
        if connection is None:
            return "failed", "there is no connection", True
        sender, recipient = (parseaddr(str(message[name]))[1] for name in ("From", "To"))
        text = message.as_bytes(policy=SMTP_POLICY)
        try:
            for code, answer in (connection.mail(sender), connection.rcpt(recipient)):
                if code >= 300:
                    connection.rset()
                    return "failed", _said(code, answer), code < 500
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return "failed", self._clean(error), True
        try:
            code, answer = connection.data(text)
        except smtplib.SMTPDataError as error:
            # The server did not ask for the text.
            self._drop()
            return "failed", _said(error.smtp_code, error.smtp_error), error.smtp_code < 500
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return "uncertain", f"the connection broke while the mail was sent: {self._clean(error)}", False
        if code == 250:
            return "sent", "", False
        return "failed", _said(code, answer), code < 500

    def _connected(self) -> smtplib.SMTP:
        """A connection that is encrypted and logged in as the settings say."""
        settings = self._settings
        timeout = settings.timeout_seconds
        trust = ssl.create_default_context(cafile=settings.ca_file) if settings.security != "none" else None
        connection: smtplib.SMTP
        if settings.security == "tls":
            connection = smtplib.SMTP_SSL(settings.host, settings.port, timeout=timeout, context=trust)
        else:
            connection = smtplib.SMTP(settings.host, settings.port, timeout=timeout)
        try:
            connection.ehlo_or_helo_if_needed()
            if settings.security == "starttls":
                connection.starttls(context=trust)
            if settings.user is not None:
                connection.login(settings.user, self._password or "")
        except BaseException:
            connection.close()
            raise
        return connection

    def _drop(self) -> None:
        """Forget a connection that may be broken."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _place(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    def _clean(self, error: BaseException) -> str:
        """What an error says, without the password."""
        return without_secrets(" ".join(str(error).split()) or type(error).__name__, [self._password])


def _said(code: int, answer: bytes | str) -> str:
    """What a server answered, on one line."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(text.split())}"[:300]
