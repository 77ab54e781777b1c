"""HubSpot: deals, contacts, companies, leads, line items, products, owners and engagements, through its CRM API."""
