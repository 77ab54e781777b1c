"""People who own no deal: a sales engineer for each region, and the executive above the heads of the regions.

They are added to a company that is otherwise whole, after every random choice: with them or without them, deals, leads
and invoices are the same to the byte. Their plans show an overlay on a region and a roll-up of the whole company.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openspm.sources.simulated import names, people, texts
from openspm.sources.simulated.people import Roster
from openspm.sources.simulated.planning_tables import Production, asked_of_sellers
from openspm.sources.simulated.settings import SimulationSettings
from openspm.sources.simulated.texts import Floats

ENGINEER_PLAN, ENGINEER_COMPONENT = "se_overlay", "region_bookings"
EXECUTIVE_PLAN, EXECUTIVE_COMPONENT = "executive_bookings", "company_bookings"
SALARIES = {"sales_engineer": ("72000.00", "24000.00"), "executive": ("180000.00", "120000.00")}
"""Base salary and pay at target of a year."""
ENGINEER_QUOTA_SHARE = 1.0
EXECUTIVE_QUOTA_SHARE = 1.02
MODIFIER = "strategic_goals"
FACTORS = ("1.00", "1.05", "0.95", "1.10")
"""What the board found of the executive's goals, half year by half year, in turn."""
MONTHS_ON_BOARD = 30
"""Months before the history at which all of them were hired."""


def with_headquarters(
    settings: SimulationSettings, roster: Roster, production: Production, tables: dict[str, pa.Table], calendar_id: str
) -> dict[str, pa.Table]:
    """The tables with these people added; the tables themselves where the settings ask for none.

    Args:
        settings: the simulation's settings.
        roster: the people who sell, over whom these stand.
        production: what was sold, over all chunks.
        tables: the tables that the company has once, by name; payee_modifiers is among them.
        calendar_id: key of the calendar that quotas belong to.
    """
    if not settings.headquarters:
        return tables
    regions = np.unique(roster.team_regions).tolist()
    first = len(roster.roles)
    engineers = [(first + position, region) for position, region in enumerate(regions)]
    executive = first + len(regions)
    added = {
        **_people_tables(settings, [number for number, _ in engineers] + [executive], [*regions, regions[0]]),
        "assignments": _assignments(settings, roster, engineers, executive, tables["assignments"]),
        "quotas": _quotas(settings, roster, production, engineers, executive, calendar_id),
        "payee_modifiers": _modifiers(settings, executive),
    }
    heads = _under(tables["assignments"], people.employee_ids(np.array([executive]))[0])
    return {
        **tables,
        **{
            name: pa.concat_tables([heads if name == "assignments" else tables[name], table]).combine_chunks()
            for name, table in added.items()
        },
    }


def no_modifiers() -> pa.Table:
    """The table payee_modifiers of a company in which nobody has one."""
    return _modifier_table([])


def _people_tables(settings: SimulationSettings, numbers: list[int], regions: list[int]) -> dict[str, pa.Table]:
    everyone = np.array(numbers)
    mails = texts.joined("user", texts.whole(everyone), "@demo-instruments.example")
    named, hired = people.full_names(everyone), _hire_date(settings)
    return {
        "employees": texts.table({
            "employee_id": people.employee_ids(everyone), "full_name": named, "email": mails,
            "country_code": [names.REGION_COUNTRIES[region][0] for region in regions],
            "hire_date": [hired] * len(numbers), "termination_date": texts.empty(len(numbers)),
            "successor_employee_id": texts.empty(len(numbers)),
        }),
        "users": texts.table({
            "user_id": people.user_ids(everyone), "employee_id": people.employee_ids(everyone), "user_name": named,
            "email": mails, "is_active": ["true"] * len(numbers),
        }),
    }  # fmt: skip


def _assignments(
    settings: SimulationSettings, roster: Roster, engineers: list[tuple[int, int]], executive: int, existing: pa.Table
) -> pa.Table:
    """Engineers stand in their region without a team and report to its heads, the executive stands above all."""
    rows: list[dict[str, str | None]] = []
    for number, region in engineers:
        head_team = int(np.flatnonzero(roster.team_regions == region)[0])
        for position, head in enumerate(people.manager_stints(roster, head_team)):
            rows.append({
                "employee": _id(number), "role": "sales_engineer", "plan": ENGINEER_PLAN, "manager": _id(head.employee),
                "region": names.REGIONS[region][0], "region_name": names.REGIONS[region][1],
                "since": _hire_date(settings) if position == 0 else people.first_day(head.first_month),
                "until": None if head.last_month is None else people.last_day(head.last_month),
            })  # fmt: skip
    rows.append({
        "employee": _id(executive), "role": "executive", "plan": EXECUTIVE_PLAN, "manager": None, "region": None,
        "region_name": None, "since": _hire_date(settings), "until": None,
    })  # fmt: skip
    count = len(rows)

    def column(name: str) -> list[str | None]:
        return [row[name] for row in rows]

    return texts.table({
        "assignment_id": texts.ids("ASG", existing.num_rows + np.arange(count), 5), "employee_id": column("employee"),
        "role_code": column("role"), "manager_employee_id": column("manager"), "team_id": texts.empty(count),
        "team_name": texts.empty(count), "region_id": column("region"), "region_name": column("region_name"),
        "territory_id": texts.empty(count), "valid_from_date": column("since"), "valid_to_date": column("until"),
        "plan_id": column("plan"), "base_salary_amount": [SALARIES[str(row["role"])][0] for row in rows],
        "variable_target_amount": [SALARIES[str(row["role"])][1] for row in rows], "currency_code": ["EUR"] * count,
    })  # fmt: skip


def _under(assignments: pa.Table, executive_id: pa.Scalar) -> pa.Table:
    """The assignments, with the executive as manager of those that had none."""
    position = assignments.column_names.index("manager_employee_id")
    managers = pc.coalesce(assignments["manager_employee_id"], executive_id)
    return assignments.set_column(position, "manager_employee_id", managers)


def _quotas(
    settings: SimulationSettings,
    roster: Roster,
    production: Production,
    engineers: list[tuple[int, int]],
    executive: int,
    calendar_id: str,
) -> pa.Table:
    """By quarter: an engineer is asked for what the region's sellers are, the executive for what all of them are."""
    asked = asked_of_sellers(settings, roster, production)
    rows = []
    for quarter, by_region in asked.items():
        for number, region in engineers:
            rows.append((number, ENGINEER_PLAN, ENGINEER_COMPONENT, quarter, by_region[region] * ENGINEER_QUOTA_SHARE))
        rows.append((executive, EXECUTIVE_PLAN, EXECUTIVE_COMPONENT, quarter, by_region.sum() * EXECUTIVE_QUOTA_SHARE))
    payees = [_id(row[0]) for row in rows]
    return texts.table({
        "rule_set_id": ["live"] * len(rows),
        "quota_id": [f"{payee}-{row[1]}-{row[3]}" for payee, row in zip(payees, rows, strict=True)],
        "payee_id": payees, "plan_id": [row[1] for row in rows], "component_id": [row[2] for row in rows],
        "calendar_id": [calendar_id] * len(rows), "period_id": [row[3] for row in rows],
        "quota_amount": [_rounded(row[4]) for row in rows], "currency_code": ["EUR"] * len(rows),
        "valid_from_date": texts.empty(len(rows)),
    })  # fmt: skip


def _modifiers(settings: SimulationSettings, executive: int) -> pa.Table:
    """The executive's factor for each half year that the history touches."""
    first = int(settings.first_month.astype(np.int64)) // 6 * 6
    last = int(np.datetime64(settings.ends_on, "M").astype(np.int64))
    halves = range(first, last + 1, 6)
    return _modifier_table([
        (_id(executive), people.first_day(month), people.last_day(month + 5), FACTORS[position % len(FACTORS)])
        for position, month in enumerate(halves)
    ])  # fmt: skip


def _modifier_table(rows: list[tuple[str, str, str, str]]) -> pa.Table:
    count = len(rows)
    return texts.table({
        "rule_set_id": ["live"] * count, "modifier_id": [f"{row[0]}-{MODIFIER}-{row[1]}" for row in rows],
        "payee_id": [row[0] for row in rows], "modifier_name": [MODIFIER] * count,
        "valid_from_date": [row[1] for row in rows], "valid_to_date": [row[2] for row in rows],
        "factor_ratio": [row[3] for row in rows], "approved_by_payee_id": ["BOARD"] * count,
    })  # fmt: skip


def _hire_date(settings: SimulationSettings) -> str:
    return people.first_day(int(settings.first_month.astype(np.int64)) - MONTHS_ON_BOARD)


def _id(number: int) -> str:
    return str(people.employee_ids(np.array([number]))[0].as_py())


def _rounded(amount: Floats) -> str:
    """A quota in whole steps of 1,000, at least one."""
    return f"{max(1000, round(float(amount) / 1000) * 1000)}.00"
