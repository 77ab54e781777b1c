"""The block `sync` of company.yml. Nothing is written to a CRM without it, and nothing that it does not name."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

SubjectName = Literal[
    "lead_scores",
    "win_probabilities",
    "next_lead_actions",
    "next_opportunity_actions",
    "next_account_actions",
    "attainments",
    "payouts",
]
# Names of a CRM; they stand in queries, so nothing else may be in them.
ApiName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}$")]
PAY_SUBJECTS = frozenset({"payouts"})
OF_COMPONENTS = frozenset({"attainments"})


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldSettings(_Block):
    """A field of the CRM, and how a number gets there."""

    field: ApiName = Field(description="Name of the field in the API.")
    digits: int = Field(4, ge=0, le=8, description="Digits after the point that the field keeps.")
    factor: Decimal = Field(Decimal(1), gt=0, description="What a number is multiplied by: 100 for percents.")


class RecordSettings(_Block):
    """One kind of rows that goes to one kind of records."""

    subject: SubjectName = Field(description="What is written.")
    object: ApiName = Field(description="The kind of record: Opportunity in Salesforce, deals in HubSpot.")
    external_id: ApiName | None = Field(
        None, description="Field that holds our key; without it our key is the CRM's own id."
    )
    component_id: str | None = Field(None, description="Component of a plan, for attainments.")
    columns: dict[str, ApiName | FieldSettings] = Field(min_length=1, description="Our column -> the CRM's field.")
    clears: bool = Field(True, description="Whether fields are emptied again when our row is gone.")

    @model_validator(mode="after")
    def _names_a_component(self) -> RecordSettings:
        if (self.subject in OF_COMPONENTS) != (self.component_id is not None):
            raise ValueError("component_id is needed for attainments, and for nothing else")
        return self

    @property
    def fields(self) -> dict[str, FieldSettings]:
        """For each of our columns its field."""
        return {
            column: to if isinstance(to, FieldSettings) else FieldSettings.model_validate({"field": to})
            for column, to in self.columns.items()
        }


class TaskSettings(_Block):
    """Due actions that become tasks of the CRM."""

    rule_codes: tuple[str, ...] | None = Field(None, description="Rules that make tasks; without the key all do.")
    most_tasks_a_day: int = Field(10, ge=1, description="Most tasks that one user gets in a day.")
    most_tasks_a_run: int = Field(200, ge=1, description="Most tasks that one run makes.")


class TargetSettings(_Block):
    """A CRM that is written to. Its secrets are those of a source with the target's name."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Name of the target; the journal is kept by it.")
    source: str = Field(description="Source of company.yml whose address and kind it has: salesforce or hubspot.")
    client_id: str | None = Field(None, description="Consumer key of the app that may write, where it is another.")
    records: tuple[RecordSettings, ...] = Field((), description="What goes to which records.")
    tasks: TaskSettings | None = Field(None, description="Which due actions become tasks; none without the block.")
    most_changed_records: int = Field(1000, ge=1, description="Most records of one kind that a run may change.")
    most_changed_ratio: Decimal = Field(
        Decimal("0.5"), gt=0, le=1, description="Largest share of the records of one kind that a run may change."
    )


class SyncSettings(_Block):
    """What is written back to CRMs."""

    targets: tuple[TargetSettings, ...] = Field(min_length=1, description="The CRMs.")
    writes_pay: bool = Field(False, description="Whether payouts may be written; whoever sees the field sees pay.")
    most_age_days: int = Field(3, ge=0, description="Oldest numbers that are still written, in days.")

    @model_validator(mode="after")
    def _is_allowed(self) -> SyncSettings:
        names = [target.name for target in self.targets]
        if len(names) != len(set(names)):
            raise ValueError("two targets have one name; the journal is kept by it")
        subjects = {record.subject for target in self.targets for record in target.records}
        if subjects & PAY_SUBJECTS and not self.writes_pay:
            raise ValueError("payouts are pay: set `writes_pay: true` if everyone who sees the field may see it")
        for target in self.targets:
            fields = [(record.object, to.field) for record in target.records for to in record.fields.values()]
            for name in fields:
                if fields.count(name) > 1:
                    raise ValueError(f"{name[0]}.{name[1]} is written twice in the target {target.name!r}")
        return self
