"""Protects every KPI against a second computation, on companies as awkward as luck makes them.

Without it a join that doubles a deal, a month cut in the wrong time zone, or a team's figure taken as a mean would be
wrong in a way that looks right: the unit tests show each rule alone, this shows them together.
"""

import shutil
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from tests.models.conftest import BuiltModels
from tests.models.expected_kpis import Values, expected_kpis
from tests.models.random_company import AS_OF_DATE, Company, random_company

SEEDS = range(12)
SEPARATE = ("pipeline_coverage", "customer_lifetime_value")
FOLDERS = (("intermediate", "core"), ("marts", "core"), ("intermediate", "kpi"), ("marts", "kpi"))
SUMS = ("won_value", "won_count", "new_accounts", "activity_count", "invoiced_value")


class RandomWarehouse:
    """A copy of the built models in which staged rows can be replaced and the KPIs computed anew."""

    def __init__(self, built: BuiltModels, folder: Path, checkout: Path) -> None:
        path = folder / "warehouse.duckdb"
        shutil.copy(built.candidate, path)
        self.connection = duckdb.connect(str(path))
        self.connection.execute("update landing.columns set is_present = true")
        self.connection.execute("update landing.run set as_of_date = ?", [AS_OF_DATE])
        names = [file.stem for layer, area in FOLDERS for file in (checkout / "models" / layer / area).glob("*.sql")]
        compiled = {name: built.compiled_sql(name) for name in names}
        self.models = self._in_order(compiled)

    def _in_order(self, compiled: dict[str, str]) -> list[tuple[str, str]]:
        """Name and SQL of each model, after those that it reads."""
        schemas = dict(
            self.connection.execute(
                "select table_name, table_schema from information_schema.tables where table_schema in "
                "('intermediate', 'marts')"
            ).fetchall()
        )
        ordered: list[tuple[str, str]] = []
        waiting = dict(compiled)
        while waiting:
            ready = [
                name
                for name, sql in waiting.items()
                if not any(f'"{other}"' in sql for other in waiting if other != name)
            ]
            ordered += [(f'{schemas[name]}."{name}"', waiting.pop(name)) for name in ready]
        return ordered

    def compute(self, company: Company) -> None:
        """Replace the staged rows by a company's, and build the models on them."""
        for relation, rows in company.items():
            self.connection.execute(f"delete from staging.{relation}")
            for row in rows:
                columns = ", ".join(row)
                marks = ", ".join("?" for _ in row)
                self.connection.execute(
                    f"insert into staging.{relation} ({columns}) values ({marks})", list(row.values())
                )
        for relation, sql in self.models:
            self.connection.execute(f"create or replace table {relation} as {sql}")

    def kpis(self) -> Iterator[tuple[tuple[str, ...], Decimal, Decimal, Decimal | None]]:
        """Key, numerator, denominator and value of every row of fct_kpis."""
        rows = self.connection.execute(
            "select subject_kind_code, subject_id, kpi_code, dimension_code, period_id, numerator, denominator, "
            "kpi_value from marts.fct_kpis"
        ).fetchall()
        for *key, numerator, denominator, value in rows:
            yield tuple(key), numerator, denominator, value


@pytest.fixture(scope="module")
def models(built_models: BuiltModels, checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> RandomWarehouse:
    """One copy for all seeds: each replaces every row."""
    return RandomWarehouse(built_models, tmp_path_factory.mktemp("random"), checkout)


@pytest.fixture(scope="module", params=SEEDS)
def company(request: pytest.FixtureRequest) -> Company:
    """The company of a seed."""
    return random_company(request.param)


@pytest.fixture(scope="module")
def warehouse(models: RandomWarehouse, company: Company) -> RandomWarehouse:
    """The models, computed for the company once for both tests."""
    models.compute(company)
    return models


def test_every_kpi_equals_a_second_computation(warehouse: RandomWarehouse, company: Company) -> None:
    expected: Values = {
        key: (numerator, Fraction(1) if key[2] in SUMS else denominator)
        for key, (numerator, denominator) in expected_kpis(company).items()
    }  # fmt: skip
    actual = {}
    for key, numerator, denominator, value in warehouse.kpis():
        if key[2] in SEPARATE:
            continue
        actual[key] = (Fraction(numerator), Fraction(denominator))
        exact = Fraction(numerator) / Fraction(denominator) if denominator else None
        assert (value is None) == (exact is None), key
        assert exact is None or abs(Fraction(value or 0) - exact) <= Fraction(1, 2 * 10**12), key
    assert set(actual) == set(expected)
    rounded = Fraction(1, 10**6)
    wrong = {
        key: (actual[key], expected[key])
        for key in expected
        if any(abs(left - right) > rounded for left, right in zip(actual[key], expected[key], strict=True))
    }  # fmt: skip
    assert wrong == {}


def test_payees_and_what_belongs_to_nobody_add_up_to_the_company(warehouse: RandomWarehouse) -> None:
    differing = warehouse.connection.execute(
        """
        with parts as (
            select kpi_code, dimension_code, period_id, payee_id, numerator, denominator
            from intermediate.int_kpi_parts_united
            where is_sum_of_months
        ),
        company as (
            select kpi_code, dimension_code, period_id, numerator, denominator
            from intermediate.int_kpi_parts_rolled
            where subject_kind_code = 'company'
        ),
        payees as (
            select kpi_code, dimension_code, period_id, sum(numerator) as numerator, sum(denominator) as denominator
            from intermediate.int_kpi_parts_rolled
            where subject_kind_code = 'payee'
            group by all
        ),
        nobody as (
            select kpi_code, dimension_code, period_id, sum(numerator) as numerator, sum(denominator) as denominator
            from parts
            where payee_id is null
            group by all
        )
        select company.kpi_code, company.period_id
        from company
        left join payees using (kpi_code, dimension_code, period_id)
        left join nobody using (kpi_code, dimension_code, period_id)
        where
            company.period_id like '____-__' and company.period_id not like '%Q%'
            and company.kpi_code not in ('net_revenue_retention', 'target')
            and (
                company.numerator <> coalesce(payees.numerator, 0) + coalesce(nobody.numerator, 0)
                or company.denominator <> coalesce(payees.denominator, 0) + coalesce(nobody.denominator, 0)
            )
        """
    ).fetchall()
    assert differing == []
