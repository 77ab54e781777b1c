"""A company as an organisation of Salesforce has it: its ids, its objects, and what Salesforce cannot hold."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from openspm.fakes.salesforce_objects import FIELDS, Record, numbered_id

ZONE = "Europe/Berlin"
# When the company was put into the organisation; each record of an object a second after the one before.
FILLED_AT = datetime.datetime(2026, 5, 31, 20, tzinfo=datetime.UTC)
MEETINGS = frozenset({"meeting", "demo"})
KINDS = {"new": "New Business", "expansion": "Existing Business", "renewal": "Renewal"}
TABLE_PREFIXES = {
    "accounts": "001", "contacts": "003", "leads": "00Q", "opportunities": "006", "opportunity_stages": "008",
    "opportunity_splits": "1VP", "opportunity_lines": "00k", "products": "01t", "users": "005", "campaigns": "701",
    "cases": "500", "activities": "00T",
}  # fmt: skip
REVENUE, OVERLAY = numbered_id("1VT", 1), numbered_id("1VT", 2)


def as_vendor_has_them(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The company's tables with what Salesforce keeps of them.

    Ids have 18 characters, also where tables of other systems refer to them. The conversion of a lead is a day. A deal
    does not name its lead; the lead names the deal.
    """
    ids = _ids(tables)
    kept = {}
    for name, table in tables.items():
        columns = {}
        for column in table.column_names:
            values = table.column(column).to_pylist()
            if column.endswith("_id"):
                values = [ids.get(value, value) for value in values]
            if (name, column) == ("leads", "converted_at"):
                values = [value and _day_begin(_local_day(value)) for value in values]
            if (name, column) != ("opportunities", "lead_id"):
                columns[column] = pa.array(values, pa.string())
        kept[name] = pa.table(columns)
    return kept


def objects_of(tables: Mapping[str, pa.Table]) -> dict[str, list[Record]]:
    """The records of each object, from tables as Salesforce has them; values are text, or truth values."""
    rows = {name: table.to_pylist() for name, table in tables.items()}
    objects: dict[str, list[Record]] = {name: [] for name in FIELDS}
    objects["OpportunitySplitType"] = [
        {"Id": REVENUE, "DeveloperName": "Revenue", "IsTotalValidated": True},
        {"Id": OVERLAY, "DeveloperName": "Overlay", "IsTotalValidated": False},
    ]
    for make in (_people, _deals, _products, _marketing, _activities, _service, _rates):
        for name, record in make(rows):
            objects[name].append(record)
    for records in objects.values():
        for number, record in enumerate(records):
            stamp = stamp_text(FILLED_AT + datetime.timedelta(seconds=number))
            record.setdefault("IsDeleted", False)
            record.setdefault("CreatedDate", stamp)
            record["SystemModstamp"] = stamp
    return objects


def stamp_text(moment: datetime.datetime) -> str:
    """A time as Salesforce writes it."""
    return f"{moment.astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def _ids(tables: Mapping[str, pa.Table]) -> dict[str, str]:
    """The id of each record by the one that the company's tables have."""
    ids = {}
    for name, prefix in TABLE_PREFIXES.items():
        if name not in tables:
            continue
        table = tables[name]
        kinds = table.column("activity_kind_code").to_pylist() if name == "activities" else [None] * table.num_rows
        for number, (key, kind) in enumerate(zip(table.column(0).to_pylist(), kinds, strict=True)):
            ids[key] = numbered_id("00U" if kind in MEETINGS else prefix, number)
    return ids


def _local_day(text: str) -> datetime.date:
    """The day of a time in the company's zone."""
    return datetime.datetime.fromisoformat(text).astimezone(zoneinfo.ZoneInfo(ZONE)).date()


def _day_begin(day: datetime.date) -> str:
    """When a day begins in the company's zone, in UTC."""
    begin = datetime.datetime.combine(day, datetime.time(), zoneinfo.ZoneInfo(ZONE))
    return f"{begin.astimezone(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _time(text: str | None) -> str | None:
    return stamp_text(datetime.datetime.fromisoformat(text)) if text else None


def _truth(text: str | None) -> bool:
    return text == "true"


def _percent(ratio: str | None) -> str | None:
    return str(Decimal(ratio) * 100) if ratio else None


def _people(rows: Mapping[str, list[dict[str, Any]]]) -> Iterator[tuple[str, Record]]:
    for row in rows.get("users", ()):
        yield "User", {
            "Id": row["user_id"], "Name": row["user_name"], "Email": row["email"],
            "EmployeeNumber": row["employee_id"], "IsActive": _truth(row["is_active"]), "UserRoleId": None,
        }  # fmt: skip
    for row in rows.get("accounts", ()):
        yield "Account", {
            "Id": row["account_id"], "Name": row["account_name"], "Industry": row["industry_name"],
            "Segment__c": row["segment_name"], "BillingCountryCode": row["country_code"],
            "NumberOfEmployees": row["employee_count"], "AnnualRevenue": row["annual_revenue_amount"],
            "CurrencyIsoCode": row["currency_code"], "ParentId": row["parent_account_id"],
            "OwnerId": row["owner_user_id"], "CreatedDate": _time(row["created_at"]),
        }  # fmt: skip
    for row in rows.get("contacts", ()):
        yield "Contact", {
            "Id": row["contact_id"], "AccountId": row["account_id"], "Name": row["full_name"], "Email": row["email"],
            "Phone": row["phone"], "Title": row["job_title"], "CreatedDate": _time(row["created_at"]),
        }  # fmt: skip


def _deals(rows: Mapping[str, list[dict[str, Any]]]) -> Iterator[tuple[str, Record]]:
    for row in rows.get("opportunities", ()):
        kind = row["opportunity_kind_code"]
        yield "Opportunity", {
            "Id": row["opportunity_id"], "AccountId": row["account_id"], "Name": row["opportunity_name"],
            "Type": KINDS.get(kind, kind), "OwnerId": row["owner_user_id"], "StageName": row["stage_name"],
            "Amount": row["deal_amount"], "CurrencyIsoCode": row["currency_code"],
            "CreatedDate": _time(row["created_at"]), "CloseDate": row["close_date"],
            "LeadSource": row["lead_source_name"], "CampaignId": row["campaign_id"],
            "Loss_Reason__c": row["lost_reason_name"],
        }  # fmt: skip
    for row in rows.get("opportunity_stages", ()):
        yield "OpportunityHistory", {
            "Id": row["stage_change_id"], "OpportunityId": row["opportunity_id"], "StageName": row["stage_name"],
            "CreatedDate": _time(row["entered_at"]), "Amount": row["deal_amount"],
            "CurrencyIsoCode": row["currency_code"], "CloseDate": row["close_date"],
            "CreatedById": row["changed_by_user_id"],
        }  # fmt: skip
    for row in rows.get("opportunity_splits", ()):
        yield "OpportunitySplit", {
            "Id": row["split_id"], "OpportunityId": row["opportunity_id"], "SplitOwnerId": row["user_id"],
            "SplitTypeId": REVENUE if row["split_kind_code"] == "revenue" else OVERLAY,
            "SplitPercentage": _percent(row["split_ratio"]),
        }  # fmt: skip
    for row in rows.get("opportunity_lines", ()):
        yield "OpportunityLineItem", {
            "Id": row["opportunity_line_id"], "OpportunityId": row["opportunity_id"], "Product2Id": row["product_id"],
            "Quantity": row["quantity"], "UnitPrice": row["unit_price_amount"],
            "Discount": _percent(row["discount_ratio"]), "TotalPrice": row["line_amount"],
            "CurrencyIsoCode": row["currency_code"],
        }  # fmt: skip


def _products(rows: Mapping[str, list[dict[str, Any]]]) -> Iterator[tuple[str, Record]]:
    standard, other = numbered_id("01s", 1), numbered_id("01s", 2)
    yield "Pricebook2", {"Id": standard, "Name": "Standard", "IsStandard": True}
    yield "Pricebook2", {"Id": other, "Name": "Partners", "IsStandard": False}
    for number, row in enumerate(rows.get("products", ())):
        yield "Product2", {
            "Id": row["product_id"], "Name": row["product_name"], "Family": row["product_family_name"],
            "IsActive": _truth(row["is_active"]), "CurrencyIsoCode": row["currency_code"],
            "Unit_Cost__c": row["unit_cost_amount"],
        }  # fmt: skip
        for book, price in enumerate((row["list_price_amount"], "1.00")):
            if price is not None:
                yield "PricebookEntry", {
                    "Id": numbered_id("01u", 2 * number + book), "Product2Id": row["product_id"],
                    "Pricebook2Id": (standard, other)[book], "UnitPrice": price, "IsActive": True,
                    "CurrencyIsoCode": row["currency_code"],
                }  # fmt: skip


def _marketing(rows: Mapping[str, list[dict[str, Any]]]) -> Iterator[tuple[str, Record]]:
    for row in rows.get("campaigns", ()):
        yield "Campaign", {
            "Id": row["campaign_id"], "Name": row["campaign_name"], "Type": row["campaign_kind_name"],
            "StartDate": row["start_date"], "EndDate": row["end_date"], "BudgetedCost": row["budget_amount"],
            "CurrencyIsoCode": row["currency_code"],
        }  # fmt: skip
    for number, row in enumerate(rows.get("leads", ())):
        converted_at = row["converted_at"]
        yield "Lead", {
            "Id": row["lead_id"], "Name": row["full_name"], "Company": row["company_name"], "Email": row["email"],
            "Phone": row["phone"], "CountryCode": row["country_code"], "Industry": row["industry_name"],
            "NumberOfEmployees": row["employee_count"], "LeadSource": row["lead_source_name"],
            "OwnerId": row["owner_user_id"], "Status": row["lead_status_name"],
            "IsConverted": _truth(row["is_converted"]),
            "ConvertedDate": _local_day(converted_at).isoformat() if converted_at else None,
            "ConvertedOpportunityId": row["converted_opportunity_id"],
            "ConvertedAccountId": row["converted_account_id"],
            "First_Response__c": _time(row["first_responded_at"]), "CreatedDate": _time(row["created_at"]),
        }  # fmt: skip
        if row["campaign_id"] is not None:
            yield "CampaignMember", {
                "Id": numbered_id("00v", number), "CampaignId": row["campaign_id"], "LeadId": row["lead_id"],
                "CreatedDate": _time(row["created_at"]),
            }  # fmt: skip


def _activities(rows: Mapping[str, list[dict[str, Any]]]) -> Iterator[tuple[str, Record]]:
    for row in rows.get("activities", ()):
        kind, minutes = row["activity_kind_code"], row["duration_minutes"]
        shared = {
            "Id": row["activity_id"], "OwnerId": row["user_id"], "AccountId": row["account_id"],
            "WhoId": row["contact_id"] or row["lead_id"], "WhatId": row["opportunity_id"] or row["account_id"],
            "Outcome__c": row["outcome_name"],
        }  # fmt: skip
        if kind in MEETINGS:
            yield "Event", {
                **shared, "Type": kind.title(), "StartDateTime": _time(row["occurred_at"]),
                "DurationInMinutes": minutes, "IsChild": False, "IsAllDayEvent": False,
                "ActivityDate": row["occurred_at"][:10],
            }  # fmt: skip
        else:
            yield "Task", {
                **shared, "TaskSubtype": kind.title(), "CompletedDateTime": _time(row["occurred_at"]),
                "IsClosed": True, "CallDurationInSeconds": str(int(minutes) * 60) if minutes else None,
            }  # fmt: skip


def _service(rows: Mapping[str, list[dict[str, Any]]]) -> Iterator[tuple[str, Record]]:
    for row in rows.get("cases", ()):
        yield "Case", {
            "Id": row["case_id"], "AccountId": row["account_id"], "CreatedDate": _time(row["opened_at"]),
            "ClosedDate": _time(row["closed_at"]), "Priority": row["priority_name"], "Status": row["case_status_name"],
        }  # fmt: skip


def _rates(rows: Mapping[str, list[dict[str, Any]]]) -> Iterator[tuple[str, Record]]:
    rates = rows.get("fx_rates", ())
    corporate = rates[0]["to_currency_code"] if rates else "EUR"
    for number, code in enumerate(sorted({corporate, *(row["from_currency_code"] for row in rates)})):
        yield "CurrencyType", {
            "Id": numbered_id("01L", number), "IsoCode": code, "IsCorporate": code == corporate, "ConversionRate": "1",
        }  # fmt: skip
    for number, row in enumerate(rates):
        yield "DatedConversionRate", {
            "Id": numbered_id("04w", number), "IsoCode": row["from_currency_code"], "StartDate": row["rate_date"],
            "ConversionRate": f"{1 / Decimal(row['exchange_rate']):.9f}",
        }  # fmt: skip
