"""The objects of mapping.yml, and where HubSpot has them."""

from __future__ import annotations

from dataclasses import dataclass

KEY = "hs_object_id"
MERGED = "hs_merged_object_ids"
OWNERS = "owners"
# The changes of a deal's stage: records inside the pages of the deals.
DEAL_STAGES = "deal_stages"
# The property by which a meeting or call says that it was of a kind of the company's own, such as a demo.
ACTIVITY_TYPE = "hs_activity_type"
# Association target -> the field that holds its one id.
ASSOCIATED_FIELDS = {"companies": "company.id", "contacts": "contact.id", "deals": "deal.id", "leads": "lead.id"}
OWNER_FIELDS = ("id", "email", "firstName", "lastName", "userId", "type", "createdAt", "updatedAt", "archived")
TEAM_FIELDS = ("team.id", "team.name")
ACCOUNT_FIELDS = ("account.companyCurrency",)
CHANGE_FIELDS = ("change.id", "change.at", "change.user_id")
CHANGE_OWNER_FIELD = "change.owner_id"


@dataclass(frozen=True)
class HubSpotObject:
    """An object.

    Attributes:
        api_name: how the API names it.
        stamp: the property that grows with every change.
        associated: the objects whose ids are looked up for each record.
        history: properties whose past values are read; each change of the first one is a record of its own.
        stages: the properties that hold a pipeline and its stage.
        is_optional: whether a portal may lack it altogether.
        engagement: kind of activity that it is.
    """

    api_name: str
    stamp: str = "hs_lastmodifieddate"
    associated: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    stages: tuple[str, str] | None = None
    is_optional: bool = False
    engagement: str | None = None


_ALL = ("companies", "contacts", "deals", "leads")
OBJECTS = {
    "companies": HubSpotObject("companies"),
    "contacts": HubSpotObject("contacts", "lastmodifieddate"),
    "leads": HubSpotObject(
        "leads", associated=("companies", "deals"), stages=("hs_pipeline", "hs_pipeline_stage"), is_optional=True
    ),
    "deals": HubSpotObject(
        "deals",
        associated=("companies", "leads"),
        history=("dealstage", "amount", "closedate", "deal_currency_code"),
        stages=("pipeline", "dealstage"),
    ),
    "line_items": HubSpotObject("line_items", associated=("deals",)),
    "products": HubSpotObject("products"),
    "calls": HubSpotObject("calls", associated=_ALL, engagement="call"),
    "emails": HubSpotObject("emails", associated=_ALL, engagement="email"),
    "meetings": HubSpotObject("meetings", associated=_ALL, engagement="meeting"),
    "tasks": HubSpotObject("tasks", associated=_ALL, engagement="task"),
    "notes": HubSpotObject("notes", associated=_ALL, engagement="note"),
}
