"""The least that each mart needs: with none of its sets of tables delivered, the mart is published with no row.

A mart is listed with alternatives; any one of them is enough. Other inputs add columns and rows and are not listed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

_EVENTS = ("opportunities", "invoices", "activities", "leads")
_PAID = tuple(frozenset({"plans", "employees", "assignments", event}) for event in _EVENTS)
_DEALS_CLOSED = frozenset({"opportunities", "stage_map"})

MART_INPUTS: Mapping[str, tuple[frozenset[str], ...]] = {
    "dim_payees": (frozenset({"employees"}),),
    "dim_teams": (frozenset({"employees", "assignments"}),),
    "dim_accounts": (frozenset({"accounts"}),),
    "dim_products": (frozenset({"products"}),),
    "dim_plans": (frozenset({"plans"}),),
    "fct_opportunities": (frozenset({"opportunities"}),),
    "fct_bookings": (_DEALS_CLOSED,),
    "fct_invoices": (frozenset({"invoices"}),),
    "fct_activities": (frozenset({"activities"}),),
    "fct_kpis": (*(frozenset({table}) for table in ("opportunities", "invoices", "activities", "leads", "contracts")),),
    "fct_goals": (frozenset({"goals"}),),
    "fct_credits": _PAID,
    "fct_uncredited_events": _PAID,
    "fct_attainment": _PAID,
    "fct_payout_lines": _PAID,
    "fct_payout_traces": _PAID,
    "fct_payouts": _PAID,
    "fct_payout_entries": _PAID,
    "fct_draw_balances": (frozenset({"draws", "assignments"}),),
    "fct_crm_finance_matches": (frozenset({"opportunities", "invoices"}),),
    "fct_revenue_forecasts": (_DEALS_CLOSED, frozenset({"invoices"})),
    "fct_opportunity_scores": (_DEALS_CLOSED,),
    "fct_lead_scores": (frozenset({"leads"}),),
    "fct_attainment_forecasts": tuple(tables | {"quotas"} for tables in _PAID),
    "fct_due_actions": (frozenset({"leads"}), _DEALS_CLOSED, frozenset({"invoices"}), frozenset({"contracts"})),
    "fct_forecast_accuracy": (_DEALS_CLOSED, frozenset({"invoices"}), frozenset({"leads"})),
}


def empty_marts(delivered: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The marts that will have no row, each with the tables that its nearest alternative lacks."""
    tables = set(delivered)
    lacking = {}
    for mart, alternatives in MART_INPUTS.items():
        missing = [sorted(needed - tables) for needed in alternatives]
        if all(missing):
            nearest = min(missing, key=len)
            lacking[mart] = tuple(nearest)
    return lacking
