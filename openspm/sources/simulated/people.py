"""The people of the simulated company: seats, who sat on them from when to when, and what the HR system says of it.

Lives here: employees, users, assignments, leaves, trainings, check-ins and surveys, and the `Roster` from which deals
take their owners. All changes fall on the first or last day of a month. Pay at target stands in the assignments; rates
and curves do not: they stand in plans.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
from numpy.random import Generator

from openspm.sources.simulated import names, texts
from openspm.sources.simulated.settings import SimulationSettings
from openspm.sources.simulated.texts import Flags, Floats, Ints

SDR, ACCOUNT_EXECUTIVE, SENIOR, SUCCESS, MANAGER = range(5)
ROLES = ("sdr", "account_executive", "senior_account_executive", "customer_success", "manager")
PLANS = ("sdr_meetings", "ae_commission", "senior_ae_commission", "cs_renewals", "manager_rollup")
COMPONENTS = ("qualified_meetings", "new_business", "new_business", "renewals", "team_bookings")
BASE_SALARIES = (42_000, 62_000, 82_000, 56_000, 98_000)
VARIABLE_TARGETS = (14_000, 48_000, 72_000, 18_000, 42_000)
SHARES = (12 / 60, 20 / 60, 8 / 60, 12 / 60)
"""Seats by role; managers come on top, one a team."""

MONTHS_BEFORE = 12
MONTHS_AFTER = 7
STAR_BONUS = 1.1
"""What a stage's star adds to the log odds of passing that stage (planted truth)."""


@dataclasses.dataclass(frozen=True)
class Stint:
    """An employee in a role and team from a month to a month, both inclusive, months since 1970-01."""

    employee: int
    role: int
    team: int
    first_month: int
    last_month: int | None


@dataclasses.dataclass(frozen=True)
class Roster:
    """Who works where, month by month. Arrays are employees x months, the first column is `first_month`."""

    first_month: int
    roles: Ints
    """Role of the employee in the month; -1 while not employed or on leave."""
    teams: Ints
    team_regions: Ints
    skills: Floats
    """Employees x open stages: what the employee adds to the log odds of passing a stage."""
    stars: tuple[int, ...]
    """The star of each open stage, as employee; empty in a company too small for stars."""
    dipping: int
    """The employee whose activities dip in the last month; -1 in a company too small for it."""
    hire_days: Ints
    stints: tuple[Stint, ...]

    def column(self, months: Ints) -> Ints:
        """Columns of months since 1970-01; months outside the roster take its first or last column."""
        return np.clip(months - self.first_month, 0, self.roles.shape[1] - 1)

    def team_at(self, employees: Ints, months: Ints) -> Ints:
        """Team of each employee in each month."""
        return np.asarray(self.teams[employees, self.column(months)])

    def pick(self, stream: Generator, regions: Ints, roles: Ints, months: Ints) -> Ints:
        """An employee of the role at work in the region and month, for each row.

        Where the region has nobody in that role and month, someone of the role elsewhere; where nobody has the role,
        anyone who sells.
        """
        columns = self.column(months)
        picked = np.full(len(regions), -1, np.int64)
        luck = stream.random(len(regions))
        code = (regions * len(ROLES) + roles) * self.roles.shape[1] + columns
        order = np.argsort(code, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(code[order]) != 0]) if len(order) else np.zeros(0, np.int64)
        for start, stop in zip(starts, np.r_[starts[1:], len(order)], strict=True):
            rows = order[start:stop]
            crew = self._crew(int(regions[rows[0]]), int(roles[rows[0]]), int(columns[rows[0]]))
            picked[rows] = crew[(luck[rows] * len(crew)).astype(np.int64)]
        return picked

    def _crew(self, region: int, role: int, column: int) -> Ints:
        has_role = self.roles[:, column] == role
        here = has_role & (self.team_regions[self.teams[:, column]] == region)
        for crew in (here, has_role, (self.roles[:, column] >= 0) & (self.roles[:, column] != MANAGER)):
            if crew.any():
                return np.flatnonzero(crew)
        return np.arange(len(self.roles))


@dataclasses.dataclass(frozen=True)
class _Team:
    region: int
    name: str
    work: str


def _teams(settings: SimulationSettings) -> list[_Team]:
    count = max(1, round(settings.payees * 8 / 60))
    teams = []
    for number in range(count):
        region, name, work = names.TEAMS[number % len(names.TEAMS)]
        lap = number // len(names.TEAMS)
        few = count < len(names.TEAMS)
        region = region % settings.region_count
        name = f"{names.REGIONS[region][1]} Sales {number + 1}" if few else name
        teams.append(_Team(region, f"{name} {lap + 1}" if lap else name, "any" if few else work))
    return teams


def _seats(settings: SimulationSettings, teams: list[_Team]) -> list[tuple[int, int]]:
    """Role and team of every seat; the managers' seats first, in the order of the teams."""
    seats = [(MANAGER, team) for team in range(len(teams))]
    left = settings.payees - len(teams)
    counts = [max(1, round(settings.payees * share)) for share in SHARES]
    counts[ACCOUNT_EXECUTIVE] += left - sum(counts)
    for role, count in enumerate(counts):
        work = "success" if role == SUCCESS else "new"
        homes = [number for number, team in enumerate(teams) if team.work in (work, "any")]
        seats += [(role, homes[position % len(homes)]) for position in range(count)]
    return seats


def _stints(settings: SimulationSettings, seats: list[tuple[int, int]], team_count: int) -> list[Stint]:
    """Hires, leavers and their successors, transfers, promotions and a change of manager."""
    stream = settings.stream("stints")
    start = int(settings.first_month.astype(np.int64))
    lively = settings.payees >= 40 and settings.months >= 12
    stints: list[Stint] = []
    employee = len(seats)
    fate = stream.permutation(len(seats) - team_count) if lively else np.zeros(0, np.int64)
    leavers = set((fate[: max(4, len(fate) // 12)] + team_count).tolist()) if lively else set()
    late = set((fate[-max(4, len(fate) // 12) :] + team_count).tolist()) if lively else set()
    movers = [s for s in range(len(seats)) if s not in leavers | late]
    executives = [s for s in movers if seats[s][0] == ACCOUNT_EXECUTIVE] if lively else []
    for seat, (role, team) in enumerate(seats):
        hired = start - int(stream.integers(MONTHS_BEFORE, 70))
        if seat in late:
            hired = start + int(stream.integers(2, settings.months - 3))
        if seat in leavers or (lively and seat == team_count - 1):
            left = start + int(stream.integers(4, settings.months - 5))
            gap = 0 if role == MANAGER else int(stream.integers(0, 2))
            stints.append(Stint(seat, role, team, hired, left))
            stints.append(Stint(employee, role, team, left + 1 + gap, None))
            employee += 1
        elif executives and seat in executives[:2]:
            move = start + settings.months // 2
            other = seats[executives[1 if seat == executives[0] else 0]][1]
            other = other if other != team else seats[executives[-1]][1]
            stints += [Stint(seat, role, team, hired, move - 1), Stint(seat, role, other, move, None)]
        elif executives and seat == executives[2]:
            risen = start + settings.months // 3
            stints += [Stint(seat, role, team, hired, risen - 1), Stint(seat, SENIOR, team, risen, None)]
        else:
            stints.append(Stint(seat, role, team, hired, None))
    return stints


def build_roster(settings: SimulationSettings) -> tuple[Roster, dict[str, pa.Table]]:
    """The people of the company: the roster and the tables of the group people, and crm.users."""
    teams = _teams(settings)
    seats = _seats(settings, teams)
    stints = _stints(settings, seats, len(teams))
    count = max(stint.employee for stint in stints) + 1
    first = int(settings.first_month.astype(np.int64)) - MONTHS_BEFORE
    width = MONTHS_BEFORE + settings.months + MONTHS_AFTER
    roles = np.full((count, width), -1, np.int64)
    home = np.zeros((count, width), np.int64)
    hired = np.full(count, np.iinfo(np.int64).max)
    for stint in stints:
        until = width if stint.last_month is None else stint.last_month - first + 1
        since = max(0, stint.first_month - first)
        roles[stint.employee, since:until] = stint.role
        home[stint.employee, since:] = stint.team
        hired[stint.employee] = min(hired[stint.employee], stint.first_month)
    stream = settings.stream("people")
    leaves = _leaves(settings, stream, roles)
    for employee, since, until, _ in leaves:
        roles[employee, since - first : until - first + 1] = -1
    skills = stream.normal(0, 0.15, (count, len(names.OPEN_STAGES)))
    sellers = np.flatnonzero((roles[:, MONTHS_BEFORE:-MONTHS_AFTER] == ACCOUNT_EXECUTIVE).all(axis=1))
    big = settings.payees >= 40 and len(sellers) > len(names.OPEN_STAGES)
    chosen = stream.permutation(sellers)[: len(names.OPEN_STAGES) + 1].tolist() if big else []
    for stage, employee in enumerate(chosen[:-1]):
        skills[employee] = 0.0
        skills[employee, stage] = STAR_BONUS
    roster = Roster(
        first_month=first,
        roles=roles,
        teams=home,
        team_regions=np.array([team.region for team in teams]),
        skills=skills,
        stars=tuple(chosen[:-1]),
        dipping=chosen[-1] if chosen else -1,
        hire_days=hired.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64),
        stints=tuple(stints),
    )
    return roster, _tables(settings, roster, teams, leaves)


def _leaves(settings: SimulationSettings, stream: Generator, roles: Ints) -> list[tuple[int, int, int, str]]:
    """Employee, first and last month and kind of each absence of whole months."""
    if settings.payees < 40 or settings.months < 12:
        return []
    start = int(settings.first_month.astype(np.int64))
    steady = np.flatnonzero((roles[:, MONTHS_BEFORE:-MONTHS_AFTER] >= 0).all(axis=1) & (roles[:, 0] != MANAGER))
    away = stream.permutation(steady)[: max(3, len(steady) // 15)]
    found = []
    for number, employee in enumerate(away.tolist()):
        since = start + int(stream.integers(3, settings.months - 6))
        until = since + int(stream.integers(0, 3))
        found.append((employee, since, until, names.LEAVE_KINDS[number % len(names.LEAVE_KINDS)]))
    return found


def first_day(month: int) -> str:
    """First day of a month since 1970-01."""
    return str(np.datetime64(month, "M").astype("datetime64[D]"))


def last_day(month: int) -> str:
    """Last day of a month since 1970-01."""
    return str(np.datetime64(month + 1, "M").astype("datetime64[D]") - 1)


def employee_ids(employees: Ints) -> pa.Array:
    """Ids of employees, which are the ids of payees."""
    return texts.ids("EMP", employees, 5)


def user_ids(employees: Ints) -> pa.Array:
    """Ids of the employees' CRM users."""
    return texts.ids("USR", employees, 5)


def full_names(employees: Ints) -> pa.Array:
    """Names of employees; two may share one only in companies of more than 1,600."""
    first = employees % len(names.FIRST_NAMES)
    last = (employees * 7 + employees // len(names.FIRST_NAMES)) % len(names.LAST_NAMES)
    return texts.joined(texts.choices(names.FIRST_NAMES, first), texts.choices(names.LAST_NAMES, last), separator=" ")


def _tables(
    settings: SimulationSettings, roster: Roster, teams: list[_Team], leaves: list[tuple[int, int, int, str]]
) -> dict[str, pa.Table]:
    count = len(roster.roles)
    everyone = np.arange(count)
    ended: list[str | None] = [None] * count
    for stint in roster.stints:
        ended[stint.employee] = None if stint.last_month is None else last_day(stint.last_month)
    mails = texts.joined("user", texts.whole(everyone), "@demo-instruments.example")
    regions = roster.team_regions[roster.teams[:, -1]]
    countries = texts.choices([codes[0] for codes in names.REGION_COUNTRIES], regions)
    named = full_names(everyone)
    employees = texts.table({
        "employee_id": employee_ids(everyone), "full_name": named, "email": mails, "country_code": countries,
        "hire_date": texts.dates(roster.hire_days), "termination_date": ended,
        "successor_employee_id": texts.empty(count),
    })  # fmt: skip
    users = texts.table({
        "user_id": user_ids(everyone), "employee_id": employee_ids(everyone), "user_name": named, "email": mails,
        "is_active": ["false" if day else "true" for day in ended],
    })  # fmt: skip
    assignments = _assignments(roster, teams)
    leave_table = texts.table({
        "leave_id": texts.ids("LEA", np.arange(len(leaves))),
        "employee_id": employee_ids(np.array([leave[0] for leave in leaves], np.int64)),
        "leave_kind_name": [leave[3] for leave in leaves], "start_date": [first_day(leave[1]) for leave in leaves],
        "end_date": [last_day(leave[2]) for leave in leaves],
    })  # fmt: skip
    return {
        "employees": employees, "users": users, "assignments": assignments, "leaves": leave_table,
        **_growth(settings, roster),
    }  # fmt: skip


def manager_stints(roster: Roster, team: int) -> list[Stint]:
    """Who managed the team, in the order of time, without a gap."""
    found = [stint for stint in roster.stints if stint.role == MANAGER and stint.team == team]
    return sorted(found, key=lambda stint: stint.first_month)


def region_head_stints(roster: Roster, team: int) -> list[Stint]:
    """Who managed the first team of the team's region: the boss of the region's other managers."""
    region = roster.team_regions[team]
    first_team = int(np.flatnonzero(roster.team_regions == region)[0])
    return [] if first_team == team else manager_stints(roster, first_team)


def _assignments(roster: Roster, teams: list[_Team]) -> pa.Table:
    """One row for each stint, cut where the manager changes."""
    bosses = {team: (manager_stints(roster, team), region_head_stints(roster, team)) for team in range(len(teams))}
    facts: list[tuple[Stint, int | None, int, int | None]] = []
    for stint in roster.stints:
        managers = bosses[stint.team][1 if stint.role == MANAGER else 0]
        far = 10**9
        end = far if stint.last_month is None else stint.last_month
        pieces = []
        for manager in managers:
            since = max(stint.first_month, manager.first_month)
            until = min(end, far if manager.last_month is None else manager.last_month)
            if since <= until:
                pieces.append((manager.employee, since, until))
        # Someone hired before the manager of today starts under that manager too: older managers are not on record.
        if pieces:
            pieces[0] = (pieces[0][0], stint.first_month, pieces[0][2])
        else:
            pieces = [(-1, stint.first_month, end)]
        for manager_employee, since, until in pieces:
            facts.append(
                (stint, manager_employee if manager_employee >= 0 else None, since, None if until == far else until)
            )
    role = np.array([fact[0].role for fact in facts])
    team = np.array([fact[0].team for fact in facts])
    region = roster.team_regions[team]
    return texts.table({
        "assignment_id": texts.ids("ASG", np.arange(len(facts)), 5),
        "employee_id": employee_ids(np.array([fact[0].employee for fact in facts])),
        "role_code": texts.choices(ROLES, role),
        "manager_employee_id": employee_ids(np.array([-1 if fact[1] is None else fact[1] for fact in facts])),
        "team_id": team_ids(team), "team_name": texts.choices([t.name for t in teams], team),
        "region_id": texts.choices([code for code, _ in names.REGIONS], region),
        "region_name": texts.choices([name for _, name in names.REGIONS], region),
        "territory_id": texts.joined("TER", texts.whole(team + 1)),
        "valid_from_date": [first_day(fact[2]) for fact in facts],
        "valid_to_date": [None if fact[3] is None else last_day(fact[3]) for fact in facts],
        "plan_id": texts.choices(PLANS, role),
        "base_salary_amount": texts.cents(np.array(BASE_SALARIES)[role] * 100),
        "variable_target_amount": texts.cents(np.array(VARIABLE_TARGETS)[role] * 100),
        "currency_code": ["EUR"] * len(facts),
    })  # fmt: skip


def team_ids(teams: Ints) -> pa.Array:
    """Ids of teams."""
    return texts.joined("team_", texts.whole(teams + 1))


def _growth(settings: SimulationSettings, roster: Roster) -> dict[str, pa.Table]:
    """Trainings, monthly check-ins and quarterly survey answers of everyone at work."""
    stream = settings.stream("growth")
    history = slice(MONTHS_BEFORE, MONTHS_BEFORE + settings.months)
    at_work: Flags = roster.roles[:, history] >= 0
    employee, month = np.nonzero(at_work)
    days = (month + roster.first_month + MONTHS_BEFORE).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    days = np.minimum(days + stream.integers(0, 27, len(days)), settings.end_day)
    managers = np.full(at_work.shape, -1, np.int64)
    for team in range(len(roster.team_regions)):
        for stint in manager_stints(roster, team):
            span = np.arange(settings.months) + roster.first_month + MONTHS_BEFORE
            rules = (span >= stint.first_month) & (stint.last_month is None or span <= stint.last_month)
            managers[(roster.teams[:, history] == team) & rules[None, :]] = stint.employee
    boss = managers[employee, month]
    met = (boss >= 0) & (boss != employee) & (stream.random(len(boss)) < 0.8)
    check_ins = texts.table({
        "check_in_id": texts.ids("CHK", np.arange(int(met.sum()))), "employee_id": employee_ids(employee[met]),
        "manager_employee_id": employee_ids(boss[met]), "check_in_date": texts.dates(days[met]),
        "note_text": texts.choices(("Pipeline reviewed.", "Next steps agreed.", "Coaching on open deals."),
                                   stream.integers(0, 3, int(met.sum()))),
    })  # fmt: skip
    trained = stream.random(len(days)) < 0.09
    course = stream.integers(0, len(names.TRAININGS), int(trained.sum()))
    trainings = texts.table({
        "training_id": texts.ids("TRN", np.arange(len(course))), "employee_id": employee_ids(employee[trained]),
        "training_name": texts.choices([name for name, _ in names.TRAININGS], course),
        "skill_name": texts.choices([skill for _, skill in names.TRAININGS], course),
        "completed_date": texts.dates(days[trained]),
        "score_ratio": texts.decimals(stream.integers(55, 101, len(course)), 2),
    })  # fmt: skip
    asked = ((month % 3) == 2) & (stream.random(len(days)) < 0.7)
    surveys = texts.table({
        "survey_response_id": texts.ids("SUR", np.arange(int(asked.sum()))),
        "employee_id": employee_ids(employee[asked]), "survey_name": ["Quarterly pulse"] * int(asked.sum()),
        "question_name": ["How likely are you to recommend working here?"] * int(asked.sum()),
        "answer_score": texts.whole(stream.integers(4, 11, int(asked.sum()))),
        "answered_date": texts.dates(days[asked]),
    })  # fmt: skip
    return {"trainings": trainings, "check_ins": check_ins, "surveys": surveys}
