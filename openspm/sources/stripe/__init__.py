"""Stripe: what is billed and paid through it."""
