"""The words of a mail: templates of the company folder, or ours where it has none.

Templates run in Jinja's sandbox and see the actions, the recipient's name and the company's name: nothing that could
hold pay, and nothing of this process.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from openspm.company import Company
from openspm.errors import OpenspmError
from openspm.followups.actions import DueAction
from openspm.followups.mail_settings import FollowUpSettings

TEMPLATES = Path(__file__).parent / "templates"
COMPANY_TEMPLATES = "follow_ups"
SUBJECT, BODY = "subject.j2", "body.txt.j2"


@dataclass(frozen=True)
class Mail:
    """One mail to one person: what is due, most urgent first.

    Attributes:
        recipient: the address.
        actions: what it tells of.
        message: the mail itself.
    """

    recipient: str
    actions: tuple[DueAction, ...]
    message: EmailMessage

    @property
    def keys(self) -> list[str]:
        """The ids of its actions."""
        return [action.action_id for action in self.actions]

    @property
    def reference(self) -> str:
        """Its Message-ID, by which mail servers log it."""
        return str(self.message["Message-ID"])


class MailWriter:
    """Writes the mails of a company."""

    def __init__(self, company: Company, settings: FollowUpSettings, now: datetime.datetime) -> None:
        """Read the templates.

        Raises:
            OpenspmError: a template that cannot be parsed.
        """
        self._company = company
        self._settings = settings
        self._now = now
        folders = [company.folder / COMPANY_TEMPLATES, TEMPLATES]
        environment = ImmutableSandboxedEnvironment(
            loader=jinja2.FileSystemLoader(folders),
            undefined=jinja2.StrictUndefined,
            autoescape=False,
        )
        try:
            self._subject = environment.get_template(SUBJECT)
            self._body = environment.get_template(BODY)
        except jinja2.TemplateSyntaxError as error:
            raise OpenspmError(
                f"A template of follow-ups cannot be read: {error.message}",
                where=f"{error.filename}:{error.lineno}",
                next_step="Correct the line named, or delete the file to have the template of openspm.",
            ) from None

    def write(self, recipient: str, actions: Sequence[DueAction], left_count: int) -> Mail:
        """The mail to one person.

        Args:
            recipient: the address.
            actions: what it tells of, at least one.
            left_count: actions that are due too and wait for another day.

        Raises:
            OpenspmError: a template that does not fit.
        """
        context = {
            "recipient_name": actions[0].payee_name or recipient,
            "company_name": self._company.name,
            "as_of_date": actions[0].as_of_date,
            "actions": tuple(actions),
            "left_count": left_count,
            "unsubscribe_address": self._settings.unsubscribe_address,
        }
        message = EmailMessage()
        message["From"] = self._settings.sender
        message["To"] = recipient
        message["Subject"] = " ".join(self._render(self._subject, context).split())
        message["Date"] = format_datetime(self._now)
        message["Message-ID"] = make_msgid(domain=parseaddr(self._settings.sender)[1].rpartition("@")[2])
        # Machines that answer every mail leave this one alone.
        message["Auto-Submitted"] = "auto-generated"
        if self._settings.unsubscribe_address:
            message["List-Unsubscribe"] = f"<mailto:{parseaddr(self._settings.unsubscribe_address)[1]}>"
        message.set_content(self._render(self._body, context))
        return Mail(recipient, tuple(actions), message)

    def _render(self, template: jinja2.Template, context: dict[str, object]) -> str:
        """The text of a template."""
        try:
            return template.render(context)
        except (jinja2.TemplateError, TypeError, ValueError, KeyError, OverflowError, ArithmeticError) as error:
            raise OpenspmError(
                f"A template of follow-ups does not fit: {error}",
                where=str(template.filename),
                next_step="Correct it; docs/how-to/send_follow_ups.md lists what a template can name.",
            ) from None
