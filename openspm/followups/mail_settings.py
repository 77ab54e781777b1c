"""The block `follow_ups` of company.yml: through which server people are told what is due, and how often."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class SmtpSettings(BaseModel):
    """The mail server. Its password is OPENSPM_SMTP_PASSWORD, or stands in the file of OPENSPM_SMTP_PASSWORD_FILE."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(min_length=1, description="Mail server.")
    port: int = Field(587, ge=1, le=65535, description="Its port; 465 where TLS begins with the connection.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="TLS after the greeting, from the first byte, or none at all."
    )
    user: str | None = Field(None, description="User to log in as; without one nobody logs in.")
    ca_file: str | None = Field(None, description="Certificates to trust instead of the machine's, as a PEM file.")
    timeout_seconds: int = Field(30, ge=1, description="How long an answer is waited for.")
    retries: int = Field(2, ge=0, le=10, description="How often a mail is tried again that was surely not accepted.")

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> SmtpSettings:
        if self.security == "none" and self.user is not None:
            raise ValueError("without TLS nobody logs in: remove `user`, or set `security: starttls`")
        return self


class FollowUpSettings(BaseModel):
    """How people are told by e-mail what is due."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sender: str = Field(description="Address that mails come from, such as `Sales Operations <sales@example.org>`.")
    smtp: SmtpSettings
    rule_codes: tuple[str, ...] | None = Field(None, description="Rules that are mailed; without the key all are.")
    recipient_domains: tuple[str, ...] | None = Field(
        None, description="Domains that mails may go to; without the key wherever people have their address."
    )
    unsubscribed_file: str = Field(
        "unsubscribed.txt", description="File of the company folder: one address a line that gets no mail."
    )
    unsubscribe_address: str | None = Field(None, description="Address that people write to who want no more mails.")
    most_actions_a_day: int = Field(10, ge=1, description="Most actions that one person is told of in a day.")
    most_mails_a_run: int = Field(200, ge=1, description="Most mails that one run sends.")
    most_age_days: int = Field(3, ge=0, description="Oldest numbers that are still mailed, in days.")

    @field_validator("sender", "unsubscribe_address")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if value is not None and ("@" not in parseaddr(value)[1] or "\n" in value or "\r" in value):
            raise ValueError("is no e-mail address")
        return value
