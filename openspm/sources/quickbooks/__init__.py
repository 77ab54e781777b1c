"""QuickBooks Online: invoices, payments and credit memos of a company."""
