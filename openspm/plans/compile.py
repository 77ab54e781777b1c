"""Plans as rows of the planning tables: plans, components, credit rules with filters and levels, tiers, calendars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from openspm.calendars import periods_of
from openspm.company import Company
from openspm.contract import load_contract
from openspm.plans.compile_bonuses import add_period_component, domain_of
from openspm.plans.compile_currencies import rate_columns
from openspm.plans.compile_draws import draw_rows
from openspm.plans.compile_limits import LIMIT_TABLES, add_component_limits, add_plan_limits
from openspm.plans.compile_matrix import MATRIX_TABLES, add_matrix, style_of
from openspm.plans.compile_payables import payable_terms, waiting_components
from openspm.plans.compile_quotas import TERMS_TABLES, add_terms
from openspm.plans.crediting import rule_rows
from openspm.plans.currencies import minor_unit_digits
from openspm.plans.curves import excess_bound
from openspm.plans.load import LoadedPlan, load_plans
from openspm.plans.numbers import written
from openspm.plans.refusals import CheckedComponent
from openspm.plans.schema import PERIOD_EVENTS, RATIO_EVENTS, Component, Curve, Plan

Row = dict[str, str | None]
Rows = dict[str, list[Row]]
PLAN_TABLES = (
    "plans",
    "components",
    "credit_rules",
    "credit_filters",
    "credit_levels",
    "credit_years",
    "tiers",
    "draws",
    "draw_grants",
    "calendars",
    "period_components",
    "period_component_parts",
    *LIMIT_TABLES,
    *MATRIX_TABLES,
    *TERMS_TABLES,
    "plan_proration_leaves",
    "payable_terms",
)


@dataclass(frozen=True)
class Surroundings:
    """What a plan takes from its company where it says nothing itself."""

    calendar_id: str
    rate_table_id: str
    rate_kind_code: str


def compile_plans(company: Company, rule_set_id: str = "live") -> dict[str, pa.Table]:
    """The planning tables of a company's plans.

    Args:
        company: the company.
        rule_set_id: rule set that the rows belong to.

    Returns:
        A table of text for each of PLAN_TABLES; `calendars` has those that plans bring along, not the company's.

    Raises:
        PlanRefused: a plan that cannot be paid as it is written.
    """
    surroundings = Surroundings(company.calendar.id, company.reporting.rate_table_id, company.reporting.rate_kind_code)
    return as_tables(compile_rows(load_plans(company), surroundings, rule_set_id))


def as_tables(rows: Rows) -> dict[str, pa.Table]:
    """Rows as tables of text with the columns of the contract."""
    contract = load_contract()
    return {
        name: pa.table(
            {
                column: pa.array([row.get(column) for row in rows[name]], pa.string())
                for column in contract[name].column_names
            }
        )
        for name in PLAN_TABLES
    }


def compile_rows(plans: Sequence[LoadedPlan], surroundings: Surroundings, rule_set_id: str, prefix: str = "") -> Rows:
    """The rows of every table.

    Args:
        plans: checked plans.
        surroundings: defaults of the company.
        rule_set_id: rule set that the rows belong to.
        prefix: put before plan, calendar and period ids, so that the plans of two cases do not meet.
    """
    rows: Rows = {name: [] for name in PLAN_TABLES}
    calendars: set[str] = set()
    waiting = waiting_components([loaded.plan for loaded in plans])
    for loaded in plans:
        plan = loaded.plan
        key: Row = {"rule_set_id": rule_set_id, "plan_id": prefix + plan.plan_id, "plan_version": str(plan.version)}
        rows["plans"].append(key | _plan_row(loaded, surroundings, prefix))
        for table, added in draw_rows(plan, key, loaded.switches, loaded.document).items():
            rows[table] += added
        if plan.calendar is not None and plan.calendar.id not in calendars:
            calendars.add(plan.calendar.id)
            calendar = plan.calendar
            calendar_id = prefix + calendar.id
            rows["calendars"] += periods_of(
                calendar_id,
                calendar.fiscal_year_start_month,
                calendar.first_year,
                calendar.last_year,
                None if calendar.weeks is None else calendar.weeks.as_weeks(),
                rule_set_id,
                f"{calendar_id}:",
            )
        add_plan_limits(rows, key, plan, loaded.switches)
        rows["plan_proration_leaves"] += [
            key | {"leave_kind_name": kind}
            for kind in dict.fromkeys(plan.proration.leaves if plan.proration is not None else ())
        ]
        for order, checked in enumerate(loaded.components, start=1):
            _add_component(rows, key, plan, checked, order, loaded.document.path.name, prefix)
            component_id = checked.component.component_id
            terms = payable_terms(plan, checked.component, checked.switches, loaded.switches)
            if terms is not None and (plan.plan_id, component_id) in waiting:
                rows["payable_terms"].append(key | {"component_id": component_id} | terms)
    return rows


def _plan_row(loaded: LoadedPlan, surroundings: Surroundings, prefix: str) -> Row:
    """A plan's own columns."""
    plan = loaded.plan
    return rate_columns(plan, loaded.switches, surroundings.rate_table_id, surroundings.rate_kind_code) | {
        "plan_name": plan.name,
        "valid_from_date": plan.valid_from.isoformat(),
        "valid_to_date": plan.valid_to.isoformat() if plan.valid_to else None,
        "currency_code": plan.currency,
        "minor_unit_digits": str(minor_unit_digits(plan.currency)),
        "calendar_id": prefix + plan.calendar.id if plan.calendar else surroundings.calendar_id,
        "pay_period_kind_code": plan.pay_every,
        "late_event_code": loaded.switches["late_event"],
        "proration_days_code": loaded.switches.get("proration_days"),
        "start_day_code": loaded.switches.get("start_day"),
    }


def _add_component(
    rows: Rows, plan_key: Row, plan: Plan, checked: CheckedComponent, order: int, file: str, prefix: str
) -> None:
    """Add a component with its rules, filters and tiers."""
    component, switches = checked.component, checked.switches
    key = plan_key | {"component_id": component.component_id}
    domain = domain_of(component)
    rows["components"].append(
        key
        | {
            "component_name": component.name,
            "component_order": str(order),
            "event_kind_code": component.event,
            "measure_code": "ratio" if component.event in RATIO_EVENTS else component.measure,
            "base_code": component.base or component.measure,
            "is_whole_measured": "true" if component.split_applies == "pay" else "false",
            "window_code": component.window,
            "style_code": style_of(component),
            "domain_code": domain,
            "is_quota_required": "true" if component.is_quota_needed or domain == "attainment" else "false",
            "target_amount": written(component.curve.target),
            "intercept_amount": written(component.curve.intercept),
            **_excess_row(component.curve),
            **_event_measure_row(component),
            "is_negative_total_carried": "true" if switches.get("negative_total") == "zero_carried" else "false",
            "boundary_code": switches.get("boundary"),
            "catch_up_code": switches.get("catch_up"),
            "reversal_window_code": switches.get("reversal_window"),
            "rounding_method_code": switches["rounding"],
            "rounding_scope_code": switches["rounding_scope"],
            "credited_twice_code": switches.get("credited_twice"),
            "split_tolerance_ratio": written(switches["split_tolerance"]) if "split_tolerance" in switches else "0",
            "source_text": f"{file}:{checked.line}",
        }
    )
    for number, rule in enumerate(component.credits, start=1):
        for table, added in rule_rows(component, key, number, rule, prefix).items():
            rows[table] += added
    if component.event in PERIOD_EVENTS:
        add_period_component(rows, key, plan, component, switches)
    add_component_limits(rows, key, plan, component, switches, checked.tiers)
    add_matrix(rows, key, plan, component, switches)
    add_terms(rows, key, component, switches)
    unit = "ratio" if component.curve.over == "attainment" else "amount"
    for number, tier in enumerate(checked.tiers, start=1):
        pay = "ratio" if tier.is_share else "amount"
        rows["tiers"].append(
            key
            | {
                "tier_number": str(number),
                "cell_number": None if tier.cell is None else str(tier.cell),
                f"lower_bound_{unit}": written(tier.lower),
                f"upper_bound_{unit}": written(tier.upper),
                "is_extended_below": "true" if tier.is_extended_below else "false",
                "is_extended_above": "true" if tier.is_extended_above else "false",
                "rate_ratio": written(tier.rate),
                f"lower_pay_{pay}": written(tier.lower_pay),
                f"upper_pay_{pay}": written(tier.upper_pay),
                "lower_boundary_code": tier.lower_boundary,
                "upper_boundary_code": tier.upper_boundary,
                "is_outside": "true" if tier.is_outside else "false",
            }
        )


def _excess_row(curve: Curve) -> Row:
    """What a retroactive base leaves out; a marginal curve has it in its tiers."""
    if curve.style != "retroactive":
        return {}
    return {f"excess_over_{'ratio' if curve.over == 'attainment' else 'amount'}": written(excess_bound(curve))}


def _event_measure_row(component: Component) -> Row:
    """What bounds or moves the measure of single events."""
    rule = component.event_measure
    if rule is None:
        return {}
    return {
        "event_cap_amount": written(rule.cap),
        "event_floor_amount": written(rule.floor),
        "event_offset_amount": written(rule.offset),
    }
