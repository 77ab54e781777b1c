"""The entities of QuickBooks Online that are read, and the fields that are always asked for."""

from __future__ import annotations

from collections.abc import Mapping

# Worked out for every record: when it changed last, and the currency where it names none.
CHANGED, HOME_CURRENCY = "Changed", "HomeCurrency"
CUSTOM = "CustomField."
# Records that come inside those of another entity.
INSIDE: Mapping[str, str] = {"InvoiceLine": "Invoice", "PaymentPart": "Payment", "SalesReceiptLine": "SalesReceipt"}

COMMON = ("Id", "MetaData.CreateTime", "MetaData.LastUpdatedTime", "PrivateNote", "SyncToken", "status", CHANGED)
SALE = (*COMMON, "CurrencyRef.value", "CustomerRef.value", "TotalAmt", "TxnDate")
TAXED = (*SALE, "TxnTaxDetail.TotalTax")
LINE = (
    "Id", "Description", "DetailType", "Invoice.Id", "NetAmount", "SalesItemLineDetail.ItemRef.name",
    "SalesItemLineDetail.ItemRef.value", "SalesItemLineDetail.Qty", CHANGED,
)  # fmt: skip
FIELDS: Mapping[str, tuple[str, ...]] = {
    "Customer": (*COMMON, "Active", "CompanyName", "CurrencyRef.value", "DisplayName", "Notes"),
    "Invoice": (*TAXED, "Balance", "CustomerMemo.value", "Deposit", "DocNumber", "DueDate"),
    "InvoiceLine": LINE,
    "SalesReceipt": (*TAXED, "CustomerMemo.value", "DocNumber"),
    "SalesReceiptLine": LINE,
    "RefundReceipt": (*TAXED, "CustomerMemo.value", "DocNumber"),
    "Payment": (*SALE, "PaymentRefNum", "UnappliedAmt"),
    "PaymentPart": (*SALE, "InvoiceId", "PartAmount"),
    "CreditMemo": (*TAXED, "CustomerMemo.value", "DocNumber", "InvoiceRef.value", "RemainingCredit"),
}  # fmt: skip
