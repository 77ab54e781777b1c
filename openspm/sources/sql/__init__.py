"""The `sql` source: one SELECT a canonical table, run in the database of a CRM, ERP or finance system."""
