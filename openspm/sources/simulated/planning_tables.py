"""What the simulated company planned: quotas, goals and the meaning of its stages.

Quotas are an output of the simulation, so that attainment is plausible (about 1 in the middle, wide at the sides):
what a role sold in a region is spread over its people by the demand of each month. Renewal quotas come from what was
due. Nobody plans with this much hindsight; the numbers only have to look like those of a company that plans well.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa

from openspm.sources.simulated import names, people, texts, timing
from openspm.sources.simulated.crm_tables import Chunk
from openspm.sources.simulated.people import Roster
from openspm.sources.simulated.settings import SimulationSettings
from openspm.sources.simulated.texts import Floats, Ints

USUAL_RATES = np.array([1.0, 1.17, 0.91])
"""EUR for one unit, by the position in names.CURRENCIES; close enough for planning."""
QUOTA_STEP = 1000
SALES_QUOTA_SHARES = {people.ACCOUNT_EXECUTIVE: 1.04, people.SENIOR: 0.88}
"""Quotas of sellers against what their role sold, so that half of the quarters reach about 0.95."""
RENEWAL_QUOTA_SHARE = 0.82
MANAGER_QUOTA_SHARE = 1.0
GOAL_STRETCH = 1.03


@dataclasses.dataclass
class Production:
    """What was sold, in EUR and by month of the roster, added up over chunks."""

    sold: Floats
    """Employees x months: new and expansion deals won."""
    renewed: Floats
    """Employees x months: renewals won."""
    due: Floats
    """Regions x months: renewals that close in the month or should."""
    meetings: Ints
    """Employees x months: qualified meetings."""

    @classmethod
    def nothing(cls, roster: Roster) -> Production:
        """The start of the sum."""
        shape = roster.roles.shape
        regions = len(names.REGIONS)
        return cls(np.zeros(shape), np.zeros(shape), np.zeros((regions, shape[1])), np.zeros(shape, np.int64))

    def add(self, chunk: Chunk, meetings: Ints | None) -> None:
        """Count a chunk in."""
        deals, accounts = chunk.market.deals, chunk.market.accounts
        value = deals.amount / 100 * USUAL_RATES[accounts.currency[deals.account]]
        column = chunk.roster.column(timing.month_of(deals.close))
        for target, rows in (
            (self.sold, deals.is_won & (deals.kind != names.RENEWAL)),
            (self.renewed, deals.is_won & (deals.kind == names.RENEWAL)),
        ):
            np.add.at(target, (deals.owner[rows], column[rows]), value[rows])
        rows = deals.kind == names.RENEWAL
        np.add.at(self.due, (accounts.region[deals.account[rows]], column[rows]), value[rows])
        if meetings is not None:
            self.meetings += meetings


def stage_map() -> pa.Table:
    """What the stages mean."""
    count = len(names.STAGES)
    status = ["open"] * len(names.OPEN_STAGES) + ["won", "lost"]
    return texts.table({
        "stage_name": list(names.STAGES),
        "stage_code": [stage.lower().replace("closed ", "") for stage in names.STAGES],
        "stage_order": texts.whole(np.arange(1, count + 1)), "stage_status_code": status,
    })  # fmt: skip


class _Plan:
    """Months, weights and expected values from which quotas and goals are read off."""

    def __init__(self, settings: SimulationSettings, roster: Roster, production: Production) -> None:
        self.roster, self.production = roster, production
        width = roster.roles.shape[1]
        self.months = roster.first_month + np.arange(width)
        days = self.months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + 14
        self.demand = timing.demand(days, settings.start_day)
        self.history = slice(people.MONTHS_BEFORE, people.MONTHS_BEFORE + settings.months)
        self.first = people.MONTHS_BEFORE
        self.regions = roster.team_regions[roster.teams]

    def expected(self, values: Floats, role: int) -> Floats:
        """Employees x months: what a role sold in a region, spread over its people at work by demand."""
        spread = np.zeros(values.shape)
        for region in np.unique(self.roster.team_regions):
            at_work = (self.roster.roles == role) & (self.regions == region)
            weight = at_work * self.demand[None, :]
            total = weight[:, self.history].sum()
            if total > 0:
                # The owner of a deal may have changed role since; what the role sold is what counts.
                spread += weight * (values * at_work)[:, self.history].sum() / total
        return spread

    def renewals(self) -> Floats:
        """Employees x months: the renewals due in a region, shared by the people at work there."""
        spread = np.zeros(self.production.sold.shape)
        for region in np.unique(self.roster.team_regions):
            at_work = (self.roster.roles == people.SUCCESS) & (self.regions == region)
            crew = np.maximum(at_work.sum(axis=0), 1)
            due = self.production.due[region].copy()
            usual = due[self.history].mean()
            due[self.history.stop :] = usual
            smooth = (np.roll(due, 1) + due + np.roll(due, -1)) / 3
            spread += at_work * (smooth / crew)[None, :]
        return spread * RENEWAL_QUOTA_SHARE

    def quarters(self) -> dict[str, Ints]:
        """Columns of each quarter from the first month of the history on; the quarter of the last column may be cut."""
        labels: dict[str, list[int]] = {}
        for column in range(self.first, len(self.months)):
            labels.setdefault(quarter_id(int(self.months[column])), []).append(column)
        return {
            label: np.array(columns)
            for label, columns in labels.items()
            if len(columns) == 3 or columns[0] == self.first
        }


def month_id(month: int) -> str:
    """Period of a month, such as `2026-05`."""
    return str(np.datetime64(month, "M"))


def quarter_id(month: int) -> str:
    """Period of the quarter that holds a month, such as `2026-Q2`."""
    return f"{1970 + month // 12}-Q{month % 12 // 3 + 1}"


def planning_tables(
    settings: SimulationSettings, roster: Roster, production: Production, company_id: str, calendar_id: str
) -> dict[str, pa.Table]:
    """Quotas, goals and the stage map.

    Args:
        settings: the simulation's settings.
        roster: the people.
        production: what was sold, over all chunks.
        company_id: key of the company that the goals are for.
        calendar_id: key of the calendar that the periods belong to.
    """
    plan = _Plan(settings, roster, production)
    return {
        "quotas": _quotas(plan, calendar_id),
        "goals": _goals(plan, company_id, calendar_id),
        "stage_map": stage_map(),
    }  # fmt: skip


def asked_of_sellers(settings: SimulationSettings, roster: Roster, production: Production) -> dict[str, Floats]:
    """What account executives of both grades are asked to sell, by quarter and then by position of the region."""
    plan = _Plan(settings, roster, production)
    monthly = sum(
        (plan.expected(production.sold, role) * share for role, share in SALES_QUOTA_SHARES.items()),
        np.zeros(production.sold.shape),
    )
    return {
        quarter: np.array([
            (monthly * (plan.regions == region))[:, columns].sum() for region in range(len(names.REGIONS))
        ])
        for quarter, columns in plan.quarters().items()
    }  # fmt: skip


def _quotas(plan: _Plan, calendar_id: str) -> pa.Table:
    roster, made = plan.roster, plan.production
    rows: list[tuple[int, int, str, str, str | None]] = []
    selling = np.zeros(made.sold.shape)
    for role in (people.ACCOUNT_EXECUTIVE, people.SENIOR, people.SUCCESS, people.MANAGER):
        if role == people.MANAGER:
            monthly = _of_managers(plan, selling)
        else:
            monthly = plan.renewals()
            if role != people.SUCCESS:
                monthly = plan.expected(made.sold, role) * SALES_QUOTA_SHARES[role]
            selling += monthly
        for quarter, columns in plan.quarters().items():
            has_role = (roster.roles[:, columns] == role).any(axis=1)
            amounts = np.rint(monthly[:, columns].sum(axis=1) / QUOTA_STEP) * QUOTA_STEP
            for employee in np.flatnonzero(has_role).tolist():
                amount = max(QUOTA_STEP, int(amounts[employee]))
                rows.append((employee, role, quarter, f"{amount}.00", "EUR"))
    meetings = plan.expected(made.meetings.astype(np.float64), people.SDR)
    for column in range(plan.first, len(plan.months)):
        for employee in np.flatnonzero(roster.roles[:, column] == people.SDR).tolist():
            count = max(1, round(meetings[employee, column]))
            rows.append((employee, people.SDR, month_id(int(plan.months[column])), str(count), None))
    role_of = np.array([row[1] for row in rows])
    payees = people.employee_ids(np.array([row[0] for row in rows]))
    periods = [row[2] for row in rows]
    components, plans = texts.choices(people.COMPONENTS, role_of), texts.choices(people.PLANS, role_of)
    return texts.table({
        "rule_set_id": ["live"] * len(rows),
        "quota_id": texts.joined(payees, plans, pa.array(periods), separator="-"), "payee_id": payees,
        "plan_id": plans, "component_id": components,
        "calendar_id": [calendar_id] * len(rows), "period_id": periods, "quota_amount": [row[3] for row in rows],
        "currency_code": [row[4] for row in rows], "valid_from_date": texts.empty(len(rows)),
    })  # fmt: skip


def _of_managers(plan: _Plan, selling: Floats) -> Floats:
    """Employees x months: what the people below a manager are asked to sell, two levels down.

    The manager of a region's first team leads the region's other managers, so it is the whole region there.
    """
    roster = plan.roster
    asked = np.zeros(selling.shape)
    for team in range(len(roster.team_regions)):
        leads_region = not people.region_head_stints(roster, team)
        below = plan.regions == roster.team_regions[team] if leads_region else roster.teams == team
        total = (selling * below).sum(axis=0) * MANAGER_QUOTA_SHARE
        for stint in people.manager_stints(roster, team):
            rules = (plan.months >= stint.first_month) & (stint.last_month is None or plan.months <= stint.last_month)
            asked[stint.employee] += total * rules
    return asked


def _goals(plan: _Plan, company_id: str, calendar_id: str) -> pa.Table:
    """Goals for won and invoiced value of the company, its regions and its teams, by month and quarter."""
    roster, made = plan.roster, plan.production
    sold = made.sold + made.renewed
    weight = plan.demand / plan.demand[plan.history].sum()
    by_team = np.array(
        [(sold * (roster.teams == team))[:, plan.history].sum() for team in range(len(roster.team_regions))]
    )
    teams = people.team_ids(np.arange(len(by_team))).to_pylist()
    subjects = [("team", teams[team], value) for team, value in enumerate(by_team)]
    for region, (code, _) in enumerate(names.REGIONS):
        if (roster.team_regions == region).any():
            subjects.append(("region", code, by_team[roster.team_regions == region].sum()))
    subjects.append(("company", company_id, by_team.sum()))
    rows = []
    spans = {
        month_id(int(plan.months[c])): np.array([c]) for c in range(plan.first, len(plan.months))
    } | plan.quarters()
    for kind, subject, value in subjects:
        for kpi in ("won_value", "invoiced_value"):
            for period, columns in spans.items():
                goal = int(np.rint(value * weight[columns].sum() * GOAL_STRETCH / QUOTA_STEP) * QUOTA_STEP)
                rows.append((f"{kpi}-{subject}-{period}", kind, subject, kpi, period, f"{max(goal, QUOTA_STEP)}.00"))
    facts = list(zip(*rows, strict=True))
    return texts.table({
        "rule_set_id": ["live"] * len(rows), "goal_id": facts[0], "subject_kind_code": facts[1],
        "subject_id": facts[2], "kpi_code": facts[3], "calendar_id": [calendar_id] * len(rows),
        "period_id": facts[4], "goal_value": facts[5], "currency_code": ["EUR"] * len(rows),
    })  # fmt: skip
