"""The objects of an organisation of Salesforce: which fields they have, and how their values are written."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Record = dict[str, Any]

# What stands in JSON where a number belongs, whose digits no encoder may choose.
NUMBER_MARK = "\u0001"
NUMBERS = frozenset({"double", "currency", "percent"})
REFERENCES = {
    "OwnerId": ("Owner", "User"), "AccountId": ("Account", "Account"), "ParentId": ("Parent", "Account"),
    "OpportunityId": ("Opportunity", "Opportunity"), "Product2Id": ("Product2", "Product2"),
    "SplitTypeId": ("SplitType", "OpportunitySplitType"), "SplitOwnerId": ("SplitOwner", "User"),
    "CampaignId": ("Campaign", "Campaign"), "UserRoleId": ("UserRole", "UserRole"),
    "Pricebook2Id": ("Pricebook2", "Pricebook2"), "LeadId": ("Lead", "Lead"), "ContactId": ("Contact", "Contact"),
}  # fmt: skip

# Fields of each object with their types; `text` where nothing else is said.
_AUDITED = "Id:id IsDeleted:boolean CreatedDate:datetime CreatedById:reference SystemModstamp:datetime"
_MONEY = "CurrencyIsoCode:picklist"
FIELDS: Mapping[str, str] = {
    "Account": f"{_AUDITED} {_MONEY} Name Industry Segment__c:picklist BillingCountryCode:picklist "
    "BillingAddress:address NumberOfEmployees:int AnnualRevenue:currency ParentId:reference OwnerId:reference "
    "MasterRecordId:reference Website",
    "Contact": f"{_AUDITED} Name AccountId:reference Email:email Phone:phone Title MasterRecordId:reference",
    "Lead": f"{_AUDITED} Name Company Email:email Phone:phone CountryCode:picklist Industry NumberOfEmployees:int "
    "LeadSource OwnerId:reference Status IsConverted:boolean ConvertedDate:date ConvertedOpportunityId:reference "
    "ConvertedAccountId:reference First_Response__c:datetime",
    "Opportunity": f"{_AUDITED} {_MONEY} Name AccountId:reference Type OwnerId:reference StageName Amount:currency "
    "CloseDate:date LeadSource CampaignId:reference Loss_Reason__c ExpectedRevenue:currency:calculated "
    "Lead_15__c",
    "OpportunityHistory": f"{_AUDITED} {_MONEY} OpportunityId:reference StageName Amount:currency CloseDate:date",
    "OpportunityFieldHistory": "Id:id IsDeleted:boolean CreatedDate:datetime CreatedById:reference "
    "OpportunityId:reference Field OldValue:anyType NewValue:anyType",
    "OpportunitySplit": f"{_AUDITED} OpportunityId:reference SplitOwnerId:reference SplitPercentage:percent "
    "SplitTypeId:reference",
    "OpportunitySplitType": f"{_AUDITED} DeveloperName IsTotalValidated:boolean",
    "OpportunityLineItem": f"{_AUDITED} {_MONEY} OpportunityId:reference Product2Id:reference Quantity:double "
    "UnitPrice:currency Discount:percent TotalPrice:currency",
    "Product2": f"{_AUDITED} {_MONEY} Name Family IsActive:boolean Unit_Cost__c:currency",
    "Pricebook2": f"{_AUDITED} Name IsStandard:boolean",
    "PricebookEntry": f"{_AUDITED} {_MONEY} Product2Id:reference Pricebook2Id:reference UnitPrice:currency "
    "IsActive:boolean",
    "Task": f"{_AUDITED} TaskSubtype OwnerId:reference IsClosed:boolean CompletedDateTime:datetime "
    "CallDurationInSeconds:int CallDisposition Outcome__c AccountId:reference WhoId:reference WhatId:reference",
    "Event": f"{_AUDITED} Type OwnerId:reference StartDateTime:datetime IsAllDayEvent:boolean "
    "ActivityDate:date DurationInMinutes:int Outcome__c "
    "IsChild:boolean AccountId:reference WhoId:reference WhatId:reference",
    "User": "Id:id CreatedDate:datetime SystemModstamp:datetime Name Email:email EmployeeNumber IsActive:boolean "
    "UserRoleId:reference",
    "UserRole": "Id:id SystemModstamp:datetime Name",
    "Campaign": f"{_AUDITED} {_MONEY} Name Type StartDate:date EndDate:date BudgetedCost:currency",
    "CampaignMember": f"{_AUDITED} CampaignId:reference LeadId:reference ContactId:reference",
    "Case": f"{_AUDITED} AccountId:reference ClosedDate:datetime Priority Status",
    "CurrencyType": "Id:id SystemModstamp:datetime IsoCode ConversionRate:double IsCorporate:boolean",
    "DatedConversionRate": "Id:id SystemModstamp:datetime IsoCode StartDate:date ConversionRate:double",
}


def describe_fields(name: str) -> list[dict[str, Any]]:
    """The fields of an object as a describe shows them."""
    described = []
    for text in FIELDS[name].split():
        field, kind, calculated = (*text.split(":"), "", "")[:3]
        relation, parent = REFERENCES.get(field, (None, None))
        described.append(
            {
                "name": field,
                "type": kind or "string",
                "calculated": calculated == "calculated",
                "relationshipName": relation,
                "referenceTo": [parent] if parent else [],
            }
        )
    return described


def java_double(text: str) -> str:
    """A number as Java writes a double: 60960.0, and 1.0635E8 from ten millions on."""
    number = Decimal(text).normalize()
    if number == 0:
        return "0.0"
    sign, digits, _ = number.as_tuple()
    point = number.adjusted()
    if -3 <= point < 7:
        plain = f"{number:f}"
        return plain if "." in plain else f"{plain}.0"
    figures = "".join(map(str, digits))
    return f"{'-' if sign else ''}{figures[0]}.{figures[1:] or '0'}E{point}"


def id18(id15: str) -> str:
    """An id of 15 characters with the three that tell upper from lower case."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    parts = (id15[start : start + 5] for start in (0, 5, 10))
    return id15 + "".join(letters[sum(1 << n for n, c in enumerate(part) if "A" <= c <= "Z")] for part in parts)


def numbered_id(prefix: str, number: int) -> str:
    """The id of a record, with letters of both cases in it."""
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    text = ""
    rest = number + 62**5
    while rest:
        rest, digit = divmod(rest, 62)
        text = letters[digit] + text
    return id18(f"{prefix}5w0{text.rjust(9, '0')}")


def as_json(value: Any) -> bytes:
    """JSON in which marked texts are numbers with the digits that they have."""
    text = json.dumps(value, ensure_ascii=False)
    mark = json.dumps(NUMBER_MARK)[1:-1]
    return re.sub(f'"{re.escape(mark)}([^"]*)"', r"\1", text).encode()


def as_csv(records: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """A page of a Bulk job: every value quoted, nothing where there is none."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(columns)
    for record in records:
        writer.writerow(_csv_text(record[column]) for column in columns)
    return text.getvalue().encode()


def _csv_text(value: Any) -> str:
    """A value in a page of a Bulk job, where times end with Z and not with an offset."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return re.sub(r"^(\d{4}-\d\d-\d\dT[0-9:.]+)\+0000$", r"\1Z", str(value).lstrip(NUMBER_MARK))


def cursor_text(number: int) -> str:
    """A cursor that says nothing to whoever gets it."""
    return base64.urlsafe_b64encode(f"cursor {number}".encode()).decode().rstrip("=")
