"""What plans look like beside people, quotas and what happened: remarks that no plan file shows by itself.

Reads what has landed (who has which plan, which quotas are set) and the published marts (how much was sold, which caps
bound). Amounts in remarks are sales, never pay.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from openspm.company import Company
from openspm.plans.lint import Finding
from openspm.plans.lint_filters import remarks_on_filters
from openspm.plans.load import LoadedPlan
from openspm.plans.refusals import CheckedComponent
from openspm.plans.scenarios import scenario
from openspm.plans.switches import TIER_STYLES
from openspm.settings import Settings, StatePaths

NAMED = 5
"""As many people a remark names; of the others it says how many they are."""
EVERYBODY = "everybody"
"""The place of payees without team and region."""
WINDOWS_KNOWN = 2
"""Complete windows from which on history can be compared with; one quarter is no history."""

ASSIGNMENTS = """
    select
        assignment_id, employee_id, role_code, plan_id, _file, _row,
        try_cast(valid_from_date as date) as first_day,
        coalesce(try_cast(valid_to_date as date), date '9999-12-31') as last_day
    from landing.assignments
    where _is_current and not _is_deleted
"""
WITHOUT_PLAN = f"""
    with assignments as ({ASSIGNMENTS}),
    today as (select * from assignments where ? between first_day and last_day),
    paid_roles as (select role_code, min(plan_id) as plan_id from today where plan_id is not null group by role_code)
    select today.employee_id, today.role_code, today.first_day, today._file, today._row, paid_roles.plan_id
    from today
    inner join paid_roles using (role_code)
    where today.plan_id is null
    order by today.employee_id, today._row
"""
TWO_PLANS = f"""
    with assignments as ({ASSIGNMENTS})
    select
        later.employee_id, earlier.plan_id, later.plan_id as other_plan_id, later._file, later._row,
        earlier._row as earlier_row, greatest(earlier.first_day, later.first_day) as first_day,
        least(earlier.last_day, later.last_day) as last_day
    from assignments as earlier
    inner join assignments as later
        on later.employee_id = earlier.employee_id and later.assignment_id > earlier.assignment_id
        and later.first_day <= earlier.last_day and earlier.first_day <= later.last_day
    where earlier.plan_id is not null and later.plan_id is not null
    order by later.employee_id, later._row
"""
UNKNOWN_PLANS = f"""
    with assignments as ({ASSIGNMENTS})
    select employee_id, plan_id, _file, _row
    from assignments
    where last_day >= ? and plan_id is not null and not list_contains(?::varchar[], plan_id)
    order by employee_id, _row
"""
BEST_OF_A_PLACE = f"""
    best as (
        select
            payee_id, plan_id, component_id, window_kind_code, window_period_id,
            coalesce(team_id, region_id, '{EVERYBODY}') as place, max(measure_amount) as measure_amount
        from history.marts.fct_attainment
        where rule_set_id = 'live' and is_window_complete and not is_held and measure_amount is not null
        group by all
    ),
    best_of_a_place as (
        select
            plan_id, component_id, window_kind_code, place, max(measure_amount) as best_amount,
            arg_max(window_period_id, measure_amount) as best_period_id, count(distinct window_period_id) as windows
        from best
        group by all
    ),
    places as (
        select distinct on (payee_id, plan_id, component_id) payee_id, plan_id, component_id, place
        from best
        order by payee_id, plan_id, component_id, window_period_id desc
    )
"""
QUOTAS_ABOVE = f"""
    with {BEST_OF_A_PLACE},
    calendars as (
        select distinct period_id, period_kind_code, try_cast(end_date as date) as end_date
        from landing.calendars
        where _is_current and not _is_deleted and rule_set_id = 'live'
    ),
    quotas as (
        select payee_id, plan_id, component_id, period_id, try_cast(quota_amount as decimal(38, 4)) as quota_amount
        from landing.quotas
        where _is_current and not _is_deleted and rule_set_id = 'live'
    )
    select
        quotas.plan_id, quotas.component_id, places.place, quotas.period_id, quotas.payee_id, quotas.quota_amount,
        best_of_a_place.best_amount, best_of_a_place.best_period_id
    from quotas
    inner join calendars using (period_id)
    inner join places using (payee_id, plan_id, component_id)
    inner join best_of_a_place
        on best_of_a_place.plan_id = quotas.plan_id and best_of_a_place.component_id = quotas.component_id
        and best_of_a_place.place = places.place and best_of_a_place.window_kind_code = calendars.period_kind_code
    where calendars.end_date >= ? and best_of_a_place.windows >= {WINDOWS_KNOWN}
        and quotas.quota_amount > best_of_a_place.best_amount
    order by all
"""
BEST_OF_A_COMPONENT = f"""
    select
        plan_id, component_id, max(attainment_ratio) as attainment, max(measure_amount) as amount,
        count(distinct window_period_id) as windows
    from history.marts.fct_attainment
    where rule_set_id = 'live' and not is_held
    group by plan_id, component_id
    having count(distinct case when is_window_complete then window_period_id end) >= {WINDOWS_KNOWN}
"""
CAPPED = """
    with limited as (
        select plan_id, component_id, line_id, payee_id, period_id, sum(slice_amount) as effect
        from history.marts.fct_payout_traces
        where rule_set_id = 'live' and trace_kind_code = 'limit'
        group by all
    )
    select plan_id, component_id, count(*) as lines, count(distinct payee_id) as payees, min(period_id) as since
    from limited
    where effect < 0
    group by plan_id, component_id
"""
Record = dict[str, Any]


def lint_history(
    company: Company,
    settings: Settings,
    state: StatePaths,
    plans: Sequence[LoadedPlan],
    history: Path | None,
    day: datetime.date,
) -> list[Finding]:
    """Remarks on plans beside what has landed and what was published.

    Args:
        company, settings, state: whose people, quotas and history.
        plans: every plan of the company, checked.
        history: a published warehouse; None before the first publication, where people alone are looked at.
        day: who is employed on it, and which windows end after it.

    Raises:
        OpenspmError: nothing has landed yet.
    """
    with scenario(company, settings, state) as landed, duckdb.connect(str(landed.database)) as connection:
        if history is not None:
            connection.execute(f"attach '{str(history).replace(chr(39), chr(39) * 2)}' as history (read_only)")
        return list(remarks(connection, plans, day, has_history=history is not None))


def remarks(
    connection: duckdb.DuckDBPyConnection, plans: Sequence[LoadedPlan], day: datetime.date, *, has_history: bool
) -> Iterator[Finding]:
    """The remarks, from schema `landing` and, where there is one, the attached catalog `history`."""
    yield from _on_people(connection, plans, day)
    yield from remarks_on_filters(connection, plans)
    if has_history:
        components = {
            (loaded.plan.plan_id, checked.component.component_id): (loaded, checked)
            for loaded in plans
            for checked in loaded.components
        }
        yield from _on_quotas(connection, components, day)
        yield from _on_tiers(connection, components)
        yield from _on_caps(connection, components)


def _on_people(
    connection: duckdb.DuckDBPyConnection, plans: Sequence[LoadedPlan], day: datetime.date
) -> Iterator[Finding]:
    """People with no plan, with two, or with one that stands in no file."""
    for row in _rows(connection, WITHOUT_PLAN, [day]):
        yield _of_row(
            row,
            f"{row['employee_id']} has no plan since {row['first_day']}, while others in the role {row['role_code']} "
            f"have {row['plan_id']}: nobody pays them; name a plan in assignments",
        )
    for row in _rows(connection, TWO_PLANS, []):
        until = "" if row["last_day"].year == datetime.MAXYEAR else f" to {row['last_day']}"
        yield _of_row(
            row,
            f"{row['employee_id']} has {row['plan_id']} (row {row['earlier_row']}) and {row['other_plan_id']} from "
            f"{row['first_day']}{until}: pay of these days is held; end one of the assignments",
        )
    known = sorted({loaded.plan.plan_id for loaded in plans})
    for row in _rows(connection, UNKNOWN_PLANS, [day, known]):
        yield _of_row(
            row,
            f"{row['employee_id']} has the plan {row['plan_id']}, which stands in no file and pays nothing; "
            f"choose from {', '.join(known)}",
        )


Components = Mapping[tuple[str, str], tuple[LoadedPlan, CheckedComponent]]


def _on_quotas(connection: duckdb.DuckDBPyConnection, components: Components, day: datetime.date) -> Iterator[Finding]:
    """Quotas to come that are above the best that anybody in the payee's team (or region) ever reached."""
    found = _rows(connection, QUOTAS_ABOVE, [day])
    keys = ("plan_id", "component_id", "place", "period_id")
    for key, rows in groupby(found, key=lambda row: tuple(row[name] for name in keys)):
        plan_id, component_id, place, period_id = key
        if (plan_id, component_id) not in components:
            continue
        people = list(rows)
        best = people[0]
        where = "with the plan" if place == EVERYBODY else f"in {place}"
        yield _of_component(
            components[plan_id, component_id],
            f"quotas of {_names([row['payee_id'] for row in people])} for {period_id} are above the best that anybody "
            f"{where} has reached so far, {_plain(best['best_amount'])} in {best['best_period_id']}",
        )


def _on_tiers(connection: duckdb.DuckDBPyConnection, components: Components) -> Iterator[Finding]:
    """Tiers and points that nobody has reached."""
    for row in _rows(connection, BEST_OF_A_COMPONENT, []):
        place = components.get((row["plan_id"], row["component_id"]))
        if place is None:
            continue
        curve = place[1].component.curve
        is_ratio = curve.over == "attainment"
        best = row["attainment"] if is_ratio else row["amount"]
        bounds = [tier.lower for tier in place[1].tiers if tier.lower is not None]
        if curve.style not in TIER_STYLES:
            bounds += [tier.upper for tier in place[1].tiers if tier.upper is not None]
        unreached = sorted({bound for bound in bounds if best is not None and bound > best})
        if unreached:
            yield _of_component(
                place,
                f"nobody has reached {_bound(unreached[0], is_ratio)} in {row['windows']} windows; the best was "
                f"{_bound(best, is_ratio)}",
            )


def _on_caps(connection: duckdb.DuckDBPyConnection, components: Components) -> Iterator[Finding]:
    """Caps that took something off."""
    for row in _rows(connection, CAPPED, []):
        place = components.get((row["plan_id"], row["component_id"]))
        if place is not None:
            yield _of_component(
                place,
                f"a cap binds: it took from {row['lines']} lines of {row['payees']} payees since {row['since']}; what "
                "lies above it motivates nobody",
            )


def _rows(connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[object]) -> list[Record]:
    cursor = connection.execute(query, list(values))
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _of_row(row: Record, message: str) -> Finding:
    return Finding("warn", str(row["_file"]), int(row["_row"] or 0), message)


def _of_component(place: tuple[LoadedPlan, CheckedComponent], message: str) -> Finding:
    loaded, checked = place
    name = checked.component.component_id
    return Finding("warn", loaded.document.path.name, checked.line, f"{name}: {message}")


def _names(people: Sequence[str]) -> str:
    """A few names, and how many more there are."""
    more = len(people) - NAMED
    return ", ".join(people[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _bound(value: Decimal, is_ratio: bool) -> str:
    return f"{_plain(value * 100)} %" if is_ratio else _plain(value)


def _plain(value: Decimal) -> str:
    """A number for people: two decimals, or none."""
    return f"{value:,.2f}".removesuffix(".00")
