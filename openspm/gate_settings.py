"""The `gates` block of company.yml: how much a company lets pass before a night is stopped.

Only limits that a company may well set otherwise stand here; what must always hold (money is conserved, a forecast
lies inside its band) is written into the suites of `expectations/` and has no switch.
"""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field


class GateSettings(BaseModel):
    """Limits of both gates; every one has a default that suits most companies.

    Ratios are shares from 0 to 1 unless their sentence says otherwise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    most_quarantined_ratio: Decimal = Field(
        Decimal("0.05"), ge=0, le=1, description="Share of a table's landed rows that may be quarantined."
    )
    most_quarantined_rows: int = Field(
        5, ge=0, description="Quarantined rows of a table that always pass, so that one bad row of ten stops nothing."
    )
    most_dropped_ratio: Decimal = Field(
        Decimal("0.20"),
        ge=0,
        le=1,
        description="Share of a table's records that may be gone since the last publication.",
    )
    most_dropped_rows: int = Field(
        5, ge=0, description="Records of a table that may always be gone since the last publication."
    )
    most_silent_days: int = Field(
        45,
        ge=1,
        description="Days before the as-of date by which deals, activities and invoices must have newer records.",
    )
    most_negative_invoices_ratio: Decimal = Field(
        Decimal("0"), ge=0, le=1, description="Share of invoices below zero that may pass, where credits are booked so."
    )
    most_missing_invoices_ratio: Decimal = Field(
        Decimal("0.25"), ge=0, le=1, description="Share of the won deals that are due that may lack an invoice."
    )
    most_unmatched_invoices_ratio: Decimal = Field(
        Decimal("0.25"),
        ge=0,
        le=1,
        description="Share of the invoices that may match no deal where finance names deals.",
    )
    most_attainment_ratio: Decimal = Field(
        Decimal("25"), gt=0, description="Highest attainment of a payee in a finished window, 1 being the quota."
    )
    most_outlier_factor: Decimal = Field(
        Decimal("1000"), gt=1, description="How many times the median won deal one won deal may be worth."
    )
    most_changed_ratio: Decimal = Field(
        Decimal("0.10"),
        ge=0,
        description="Share by which a finished month's won value may change since the last publication.",
    )
