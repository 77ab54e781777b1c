"""openspm: CRM and finance data to validated, published sales performance numbers."""

__version__ = "0.1.0"
