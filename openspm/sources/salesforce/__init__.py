"""Salesforce as a source: the CRM of a company, read over REST and Bulk API 2.0. README.md says what it needs."""
