"""The people of the simulated company are consistent over time.

Without it two plans pay one person on one day, a leaver wins deals, or a manager whom nobody knows is credited.
"""

import duckdb
import pytest

from openspm.sources.simulated import SimulatedCompany, SimulationSettings, generate


@pytest.fixture(scope="module", params=[7, 8, 9])
def company(request: pytest.FixtureRequest) -> SimulatedCompany:
    return generate(SimulationSettings(seed=request.param, opportunity_count=1500, defects=False))


def _rows(company: SimulatedCompany, query: str) -> list[tuple]:
    with duckdb.connect() as connection:
        for name, table in company.tables.items():
            connection.register(name, table)
        return connection.sql(query).fetchall()


def test_no_two_assignments_of_one_employee_overlap(company: SimulatedCompany) -> None:
    overlaps = """
        select a.assignment_id from assignments a join assignments b using (employee_id)
        where a.assignment_id < b.assignment_id and a.valid_from_date <= coalesce(b.valid_to_date, '9999-12-31')
        and b.valid_from_date <= coalesce(a.valid_to_date, '9999-12-31')"""
    assert _rows(company, overlaps) == []


def test_assignments_lie_within_employment(company: SimulatedCompany) -> None:
    outside = """
        select assignment_id from assignments join employees using (employee_id) where valid_from_date < hire_date
        or coalesce(valid_to_date, '9999-12-31') > coalesce(termination_date, '9999-12-31')"""
    assert _rows(company, outside) == []


def test_managers_exist_and_manage(company: SimulatedCompany) -> None:
    unknown = """
        select manager_employee_id from assignments where manager_employee_id is not null and manager_employee_id
        not in (select employee_id from assignments where role_code = 'manager')"""
    assert _rows(company, unknown) == []
    assert (
        _rows(company, "select 1 from assignments where manager_employee_id is null and role_code <> 'manager'") == []
    )
    assert _rows(company, "select 1 from assignments where manager_employee_id = employee_id") == []


def test_the_company_is_as_large_and_lively_as_promised(company: SimulatedCompany) -> None:
    at_the_end = "select count(*) from assignments where valid_to_date is null and plan_id is not null"
    assert 57 <= _rows(company, at_the_end)[0][0] <= 63
    counts = "select count(distinct region_id), count(distinct team_id), count(distinct role_code) from assignments"
    assert _rows(company, counts) == [(3, 8, 5)]
    assert _rows(company, "select count(*) from employees where termination_date is not null")[0][0] >= 5
    assert _rows(company, "select count(*) from leaves")[0][0] >= 3
    hired = "select count(*) from employees where hire_date > '2024-06-01'"
    assert _rows(company, hired)[0][0] >= 5
    moved = (
        """select count(*) from (select employee_id from assignments group by 1 having count(distinct team_id) > 1)"""
    )
    risen = (
        """select count(*) from (select employee_id from assignments group by 1 having count(distinct role_code) > 1)"""
    )
    assert _rows(company, moved)[0][0] >= 2
    assert _rows(company, risen)[0][0] >= 1


def test_owners_are_employed_when_their_deals_close(company: SimulatedCompany) -> None:
    absent = """
        select opportunity_id from opportunities
        join users on owner_user_id = user_id join employees using (employee_id)
        where least(close_date, '2026-05-31') not between hire_date and coalesce(termination_date, '9999-12-31')"""
    assert _rows(company, absent) == []


def test_nobody_acts_before_the_first_day(company: SimulatedCompany) -> None:
    early = """
        select activity_id from activities join users using (user_id) join employees using (employee_id)
        where occurred_at < hire_date"""
    assert _rows(company, early) == []


def test_quotas_are_plausible_and_of_people_in_the_plan(company: SimulatedCompany) -> None:
    strangers = """
        select quota_id from quotas q where not exists (
        select 1 from assignments a where a.employee_id = q.payee_id and a.plan_id = q.plan_id)"""
    assert _rows(company, strangers) == []
    assert _rows(company, "select count(*) from quotas where quota_amount::decimal(18, 2) <= 0") == [(0,)]
