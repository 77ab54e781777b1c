"""The block `due_actions` of company.yml: when something is due to be done.

The thresholds are landed with the company's settings, because the mart of due actions follows from what was landed. A
threshold without a value (`quiet_deal_days: null`) turns its rule off.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class DueActionSettings(BaseModel):
    """When which action is due; the columns of planning.company_settings that the mart of due actions reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lead_response_hours: int | None = Field(
        24, ge=0, description="Hours within which someone answers or contacts a new lead."
    )
    lead_chase_days: int = Field(90, ge=1, description="Days after which an unanswered lead is no longer asked for.")
    closed_lead_status_names: tuple[str, ...] = Field(
        ("disqualified", "unqualified", "rejected", "closed", "lost"),
        description="Statuses of leads that nobody is to answer, as the CRM names them.",
    )
    quiet_deal_days: int | None = Field(14, ge=1, description="Days without activity after which a deal is asked for.")
    passed_close_days: int | None = Field(
        1, ge=1, description="Days after its expected close by which an open deal gets a new date or is closed."
    )
    likely_deal_ratio: Decimal | None = Field(
        Decimal("0.8"), gt=0, le=1, description="Win probability from which a deal always has a next step."
    )
    next_step_days: int = Field(
        7, ge=1, description="Days without activity after which a likely deal lacks a next step."
    )
    moved_back_days: int | None = Field(
        3, ge=0, description="Days within which a deal that went back to an earlier stage is followed up."
    )
    renewal_notice_days: int | None = Field(
        90, ge=1, description="Days before a contract's end by which its renewal is an open deal."
    )
    invoice_grace_days: int | None = Field(
        7, ge=1, description="Days after its due date by which an unpaid invoice is asked for."
    )
    missing_invoice_days: int | None = Field(
        1, ge=1, description="Days after the invoice of a won deal was expected by which it is asked for."
    )
    cross_sell_days: int | None = Field(
        180, ge=1, description="Days after its last won deal by which a customer has an open deal again."
    )
    answered_outcome_names: tuple[str, ...] = Field(
        ("reached", "connected", "answered", "replied"),
        description="Outcomes of activities that mean that somebody answered.",
    )
    unanswered_outcome_names: tuple[str, ...] = Field(
        ("no answer", "not reached", "busy", "left voicemail", "no reply"),
        description="Outcomes of activities that mean that nobody answered.",
    )
    contact_hour_count: int = Field(
        30, ge=10, description="Contacts at one hour of a weekday that it takes to call it a good hour."
    )

    @field_validator("closed_lead_status_names", "answered_outcome_names", "unanswered_outcome_names")
    @classmethod
    def _names_can_be_listed(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if "|" in name or not name.strip():
                raise ValueError("a name must not be empty and must not hold `|`")
        return value

    def columns(self) -> Iterator[tuple[str, str | None]]:
        """Each threshold as its column of company_settings; names in small letters, between bars."""
        for name, value in self.model_dump().items():
            if isinstance(value, tuple):
                yield name, "|" + "|".join(part.strip().lower() for part in value) + "|"
            else:
                yield name, None if value is None else str(value)
