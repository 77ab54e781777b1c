"""A company as a HubSpot portal has it."""

from __future__ import annotations

import datetime
import json
import re
import zoneinfo
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from openspm.contract import load_contract
from openspm.fakes.hubspot_portal import Portal, milliseconds

ZONE = zoneinfo.ZoneInfo("Europe/Berlin")
NEVER = "2020-01-01T00:00:00.000Z"
# Column -> whose key it holds, and the first number that such keys get.
KEYS = {
    "account_id": "account", "parent_account_id": "account", "converted_account_id": "account",
    "contact_id": "contact", "lead_id": "lead", "opportunity_id": "deal", "converted_opportunity_id": "deal",
    "opportunity_line_id": "line", "product_id": "product", "user_id": "owner", "owner_user_id": "owner",
    "changed_by_user_id": "owner", "salesperson_user_id": "owner", "activity_id": "activity",
}  # fmt: skip
FIRST_KEYS = {
    "account": 9_000_000_001, "contact": 101, "lead": 500_000_001, "deal": 18_374_659_201, "line": 4_000_000_001,
    "product": 1_200_000_001, "owner": 70_000_001, "activity": 31_000_000_001,
}  # fmt: skip
GIVEN = (
    "accounts", "contacts", "leads", "opportunities", "opportunity_stages", "opportunity_lines", "products",
    "activities", "users",
)  # fmt: skip
# Properties of the company's own, in place of those that HubSpot has nothing for.
FIELDS = {
    "accounts": {"segment_name": "segment", "currency_code": "revenue_currency"},
    "leads": {
        "phone": "phone", "country_code": "country", "industry_name": "industry", "employee_count": "employees",
        "campaign_id": "campaign", "first_responded_at": "first_responded_at", "converted_at": "converted_at",
    },
    "opportunities": {"lead_source_name": "lead_source", "campaign_id": "campaign"},
    "products": {"product_family_name": "family", "is_active": "is_sold", "currency_code": "price_currency"},
    "users": {"employee_id": '"user.employee_number"'},
}  # fmt: skip
ENGAGEMENTS = {"call": "calls", "email": "emails", "meeting": "meetings", "demo": "meetings", "task": "tasks"}
OUTCOMES = {"calls": "hs_call_disposition", "emails": "hs_email_status", "meetings": "hs_meeting_outcome"}

FORMS = {"integer": r"-?\d+", "amount": r"-?\d+(\.\d+)?", "ratio": r"-?\d+(\.\d+)?", "boolean": "true|false"}

Row = dict[str, Any]
Tables = Mapping[str, pa.Table]


def as_vendor_has_them(tables: Tables) -> dict[str, pa.Table]:
    """A company's tables with the keys that HubSpot gives, and without what it cannot hold."""
    keys: dict[tuple[str, str], str] = {}
    counts = dict.fromkeys(FIRST_KEYS, 0)

    def key_of(column: str, text: str | None) -> str | None:
        if text is None:
            return None
        kind = KEYS[column]
        if (kind, text) not in keys:
            keys[kind, text] = str(FIRST_KEYS[kind] + counts[kind])
            counts[kind] += 1
        return keys[kind, text]

    rewritten = {}
    for name, table in tables.items():
        rows = [
            {column: key_of(column, value) if column in KEYS else value for column, value in row.items()}
            for row in table.to_pylist()
        ]
        held = _held_rows(name, rows) if name in GIVEN else rows
        rewritten[name] = pa.Table.from_pylist(
            held, pa.schema([(column, pa.string()) for column in table.column_names])
        )
    return rewritten


def _held_rows(name: str, rows: list[Row]) -> list[Row]:
    """The rows that HubSpot holds: the last of a key, without values that a property of their type refuses."""
    table = load_contract()[name]
    kept: dict[str, Row] = {}
    for row in rows:
        typed = {
            column: value if value is not None and _is_typed(table.column(column).type, value) else None
            for column, value in row.items()
        }
        if all(typed.get(column) for column in table.required_names):
            held = _held(name, typed)
            kept.pop(held[table.key[0]], None)
            kept[held[table.key[0]]] = held
    return list(kept.values())


def _is_typed(kind: str, value: str) -> bool:
    """Whether a property of a type takes a value."""
    if kind in FORMS:
        return re.fullmatch(FORMS[kind], value) is not None
    try:
        if kind == "date":
            datetime.date.fromisoformat(value)
        elif kind == "timestamp":
            return datetime.datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
    return True


def _held(table: str, row: Row) -> Row:
    """A row as HubSpot holds it."""
    if table == "activities":
        api_name = ENGAGEMENTS.get(row["activity_kind_code"], "notes")
        row["activity_id"] = f"{api_name.removesuffix('s')}-{row['activity_id']}"
        if api_name not in ("calls", "meetings"):
            row["duration_minutes"] = None
        if api_name not in OUTCOMES:
            row["outcome_name"] = None
    elif table == "opportunity_stages":
        row["stage_change_id"] = f"{row['opportunity_id']}-{milliseconds(row['entered_at'])}"
    elif table == "leads":
        row["is_converted"] = "true" if row["converted_opportunity_id"] else "false"
        row["converted_account_id"] = row["converted_account_id"] if row["converted_opportunity_id"] else None
    return row


def build(tables: Tables) -> Portal:
    """A portal that has the records of a company."""
    portal = Portal(lines={"fields": json.dumps(FIELDS), "searches_per_second": "100"})
    rows = {name: table.to_pylist() for name, table in as_vendor_has_them(tables).items()}
    for name in GIVEN:
        rows.setdefault(name, [])
    users = _fill_users(portal, rows["users"])
    for row in rows["accounts"]:
        _fill_company(portal, row)
    for row in rows["contacts"]:
        portal.put("contacts", row["contact_id"], _moment(row["created_at"]), {
            "associatedcompanyid": row["account_id"], **_names("firstname", "lastname", row["full_name"]),
            "email": row["email"], "phone": row["phone"], "jobtitle": row["job_title"],
            "createdate": row["created_at"],
        })  # fmt: skip
    _fill_leads(portal, rows["leads"])
    _fill_deals(portal, rows["opportunities"], rows["opportunity_stages"], users)
    _fill_goods(portal, rows["products"], rows["opportunity_lines"])
    for row in rows["activities"]:
        _fill_engagement(portal, row)
    return portal


def _moment(text: str | None) -> str:
    """A time with milliseconds, as HubSpot words it."""
    if text is None:
        return NEVER
    moment = datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _at_night(day: str | None) -> str | None:
    """A day as the time at which it is just past midnight in the portal's zone."""
    if day is None:
        return None
    local = datetime.datetime.combine(datetime.date.fromisoformat(day), datetime.time(0, 30), ZONE)
    return _moment(local.isoformat())


def _names(first: str, last: str, full_name: str | None) -> dict[str, str | None]:
    """A name in two parts."""
    given, _, family = (full_name or "").partition(" ")
    return {first: given or None, last: family or None}


def _option(portal: Portal, api_name: str, name: str, label: str | None) -> str | None:
    """The internal value of a label, which the property then has among its options."""
    if label is None:
        return None
    value = label.upper().replace(" ", "_")
    portal.properties.setdefault(api_name, {}).setdefault(name, {})[value] = label
    return value


def _stage(portal: Portal, api_name: str, label: str) -> str:
    """The id of a stage, which the pipeline then has."""
    pipelines = portal.pipelines.setdefault(api_name, [{"id": "default", "label": "Sales", "stages": []}])
    stages = pipelines[0]["stages"]
    for stage in stages:
        if stage["label"] == label:
            return str(stage["id"])
    stages.append({"id": f"{api_name}-{len(stages) + 1}", "label": label, "metadata": {"isClosed": "false"}})
    return str(stages[-1]["id"])


def _fill_users(portal: Portal, rows: list[Row]) -> dict[str | None, str]:
    """Owners and their users; gives the user of each owner."""
    users: dict[str | None, str] = {}
    for number, row in enumerate(rows, 5_000_001):
        is_archived = row["is_active"] == "false"
        portal.owners.append({
            "id": row["user_id"], "email": row["email"], "type": "PERSON",
            **_names("firstName", "lastName", row["user_name"]),
            "userId": None if is_archived else number, "userIdIncludingInactive": number, "createdAt": NEVER,
            "updatedAt": NEVER, "archived": is_archived, "teams": [{"id": "1", "name": "Sales", "primary": True}],
        })  # fmt: skip
        users[row["user_id"]] = str(number)
        portal.put("users", str(number + 1_000_000), NEVER, {
            "hs_internal_user_id": str(number), "employee_number": row["employee_id"],
        })  # fmt: skip
    portal.teams.append({"id": "1", "name": "Sales", "userIds": list(users.values()), "secondaryUserIds": []})
    return users


def _fill_company(portal: Portal, row: Row) -> None:
    portal.put("companies", row["account_id"], _moment(row["created_at"]), {
        "name": row["account_name"], "domain": None,
        "industry": _option(portal, "companies", "industry", row["industry_name"]),
        "segment": row["segment_name"], "hs_country_code": row["country_code"],
        "numberofemployees": row["employee_count"], "annualrevenue": row["annual_revenue_amount"],
        "revenue_currency": row["currency_code"], "hs_parent_company_id": row["parent_account_id"],
        "hubspot_owner_id": row["owner_user_id"], "createdate": row["created_at"],
    })  # fmt: skip


def _fill_leads(portal: Portal, rows: list[Row]) -> None:
    for row in rows:
        name = _names("hs_associated_contact_firstname", "hs_associated_contact_lastname", row["full_name"])
        status = row["lead_status_name"]
        portal.put("leads", row["lead_id"], _moment(row["created_at"]), {
            "hs_createdate": row["created_at"], **name, "hs_lead_name": row["full_name"],
            "hs_associated_company_name": row["company_name"], "hs_associated_contact_email": row["email"],
            "hs_lead_source": _option(portal, "leads", "hs_lead_source", row["lead_source_name"]),
            "hubspot_owner_id": row["owner_user_id"], "hs_pipeline": "default",
            "hs_pipeline_stage": _stage(portal, "leads", status) if status else None,
            **{field: row[column] for column, field in FIELDS["leads"].items()},
        })  # fmt: skip
        if row["converted_opportunity_id"]:
            portal.associate(("leads", row["lead_id"]), ("deals", row["converted_opportunity_id"]))
        if row["converted_account_id"]:
            portal.associate(("leads", row["lead_id"]), ("companies", row["converted_account_id"]))


def _fill_deals(portal: Portal, rows: list[Row], changes: list[Row], users: Mapping[str | None, str]) -> None:
    """Deals with their history."""
    by_deal: dict[str, list[Row]] = {}
    for change in sorted(changes, key=lambda row: milliseconds(row["entered_at"])):
        by_deal.setdefault(change["opportunity_id"], []).append(change)
    kinds = {"new": "newbusiness", "expansion": "existingbusiness"}
    for row in rows:
        at = _moment(row["created_at"])
        for change in by_deal.get(row["opportunity_id"], ()):
            at = _moment(change["entered_at"])
            portal.put("deals", row["opportunity_id"], at, {
                "dealstage": _stage(portal, "deals", change["stage_name"]), "amount": change["deal_amount"],
                "closedate": _at_night(change["close_date"]), "deal_currency_code": change["currency_code"],
            }, users.get(change["changed_by_user_id"], ""))  # fmt: skip
        after = datetime.datetime.fromisoformat(at) + datetime.timedelta(milliseconds=1)
        kind = row["opportunity_kind_code"]
        portal.put("deals", row["opportunity_id"], _moment(after.isoformat()), {
            "dealname": row["opportunity_name"], "dealtype": kinds.get(kind, kind), "pipeline": "default",
            "dealstage": _stage(portal, "deals", row["stage_name"]), "amount": row["deal_amount"],
            "closedate": _at_night(row["close_date"]), "deal_currency_code": row["currency_code"],
            "hubspot_owner_id": row["owner_user_id"], "createdate": row["created_at"],
            "hs_analytics_source": _option(portal, "deals", "hs_analytics_source", "Offline sources"),
            "lead_source": row["lead_source_name"], "campaign": row["campaign_id"],
            "closed_lost_reason": row["lost_reason_name"],
        })  # fmt: skip
        if row["account_id"]:
            portal.associate(("deals", row["opportunity_id"]), ("companies", row["account_id"]))
        if row["lead_id"]:
            portal.associate(("deals", row["opportunity_id"]), ("leads", row["lead_id"]))


def _fill_goods(portal: Portal, products: list[Row], lines: list[Row]) -> None:
    for row in products:
        portal.put("products", row["product_id"], NEVER, {
            "name": row["product_name"], "family": row["product_family_name"], "price": row["list_price_amount"],
            "hs_cost_of_goods_sold": row["unit_cost_amount"], "price_currency": row["currency_code"],
            "is_sold": row["is_active"], "hs_product_type": "inventory",
        })  # fmt: skip
    for row in lines:
        ratio = row["discount_ratio"]
        portal.put("line_items", row["opportunity_line_id"], NEVER, {
            "hs_product_id": row["product_id"], "quantity": row["quantity"], "price": row["unit_price_amount"],
            "hs_discount_percentage": str(Decimal(ratio) * 100) if ratio else None, "amount": row["line_amount"],
            "hs_line_item_currency_code": row["currency_code"],
        })  # fmt: skip
        portal.associate(("line_items", row["opportunity_line_id"]), ("deals", row["opportunity_id"]))


def _fill_engagement(portal: Portal, row: Row) -> None:
    api_name = ENGAGEMENTS.get(row["activity_kind_code"], "notes")
    record_id = row["activity_id"].partition("-")[2]
    properties: dict[str, str | None] = {"hubspot_owner_id": row["user_id"], "hs_timestamp": row["occurred_at"]}
    minutes = int(row["duration_minutes"]) if row["duration_minutes"] else None
    if api_name == "calls":
        properties["hs_call_duration"] = None if minutes is None else str(minutes * 60_000)
    elif api_name == "meetings":
        begins = datetime.datetime.fromisoformat(row["occurred_at"])
        ends = None if minutes is None else _moment((begins + datetime.timedelta(minutes=minutes)).isoformat())
        properties |= {"hs_meeting_start_time": row["occurred_at"], "hs_meeting_end_time": ends}
        kind = "Demo" if row["activity_kind_code"] == "demo" else "First meeting"
        properties["hs_activity_type"] = _option(portal, api_name, "hs_activity_type", kind)
    elif api_name == "tasks":
        properties |= {"hs_task_status": "COMPLETED", "hs_task_completion_date": row["occurred_at"]}
    if api_name in OUTCOMES:
        outcome = OUTCOMES[api_name]
        properties[outcome] = _option(portal, api_name, outcome, row["outcome_name"])
    portal.put(api_name, record_id, _moment(row["occurred_at"]), properties)
    for column, target in (
        ("account_id", "companies"), ("contact_id", "contacts"), ("lead_id", "leads"), ("opportunity_id", "deals"),
    ):  # fmt: skip
        if row[column]:
            portal.associate((api_name, record_id), (target, row[column]))
