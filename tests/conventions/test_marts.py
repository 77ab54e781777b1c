"""Protects what people who query the marts rely on: names, grain, units, and what NULL means.

Without it a mart could lose a column that a dashboard reads, or gain one whose unit nobody can tell; dbt would build
both without a word.
"""

import re
from pathlib import Path

import pytest

from tests.conventions.model_files import DeclaredModel, declared_marts, declared_models, is_required, sql_files

PROMISED = Path(__file__).with_name("promised_marts.txt")
MARTS = declared_marts()
NAMES_BY_TYPE = {
    "boolean": re.compile(r"^(is|has)_"),
    "date": re.compile(r"_date$"),
    "timestamp": re.compile(r"_at$"),
    "bigint": re.compile(r"_(count|days|minutes|months|sequence|order|number|version|depth|digits|bytes)$|^exit_code$"),
    "decimal": re.compile(r"_(amount|ratio|rate|value|seconds)$|^(numerator|denominator)$"),
    "double": re.compile(r"_(ratio|value|amount|seconds)$"),
    "varchar": re.compile(
        r"_(id|code|name|text|key|reason|version|message|table|tables|keys|value|record|marts|hash|head|path)$"
        r"|^(message)$"
    ),
}


# Filled after the gate by what writes them, so a test of dbt would see them empty.
FILLED_AFTER_DBT = ("fct_validation_results", "publications", "runs", "run_steps")
# Its notes may repeat, and a part of its key that is NULL means "over all".
WITHOUT_KEY = ("fct_forecast_accuracy",)


def marts(condition: str = "") -> list[object]:
    """The marts as test parameters, those whose columns have a name that ends so."""
    return [
        pytest.param(mart, id=mart.name)
        for mart in MARTS
        if not condition or any(column["name"].endswith(condition) for column in mart.columns)
    ]


def promised_columns() -> dict[str, list[str]]:
    """The columns of each mart in the list that is kept beside this file."""
    lines = PROMISED.read_text(encoding="utf-8").splitlines()
    return {line.split(":")[0]: line.split(":")[1].split() for line in lines if line and not line.startswith("#")}


def test_every_promised_mart_has_exactly_the_promised_columns() -> None:
    actual = {mart.name: [column["name"] for column in mart.columns] for mart in MARTS}
    promised = promised_columns()
    assert sorted(actual) == sorted(promised), "a new mart, or a lost one: say so in CHANGELOG.md, then in the list"
    for name, columns in actual.items():
        assert columns == promised[name], f"{name}: say so in CHANGELOG.md, then in promised_marts.txt"


@pytest.mark.parametrize("mart", marts())
def test_a_mart_has_a_contract_an_audience_and_a_grain(mart: DeclaredModel) -> None:
    config = mart.entry["config"]
    assert config["contract"] == {"enforced": True}
    assert config["meta"]["audience"] in ("all", "finance")
    assert mart.entry["description"].startswith("One row per ")
    assert (mart.path.parent / f"{mart.name}.sql").is_file()


@pytest.mark.parametrize("mart", marts())
def test_a_mart_has_a_tested_key(mart: DeclaredModel) -> None:
    tests = [name for test in mart.entry.get("data_tests", []) for name in test]
    assert "unique_key" in tests or mart.name in (*FILLED_AFTER_DBT, *WITHOUT_KEY)


@pytest.mark.parametrize("mart", marts())
def test_every_column_says_what_it_is_and_what_its_absence_means(mart: DeclaredModel) -> None:
    for column in mart.columns:
        description = column.get("description", "")
        assert description.endswith("."), f"{column['name']}: a description is a sentence"
        assert is_required(column) or "NULL" in description, (
            f"{column['name']}: say when it is NULL, or forbid it with constraints: [{{type: not_null}}]"
        )


@pytest.mark.parametrize("mart", marts())
def test_a_column_s_name_tells_its_kind(mart: DeclaredModel) -> None:
    for column in mart.columns:
        kind = column["data_type"].split("(")[0].strip().lower()
        pattern = NAMES_BY_TYPE["bigint" if kind == "integer" else kind]
        assert pattern.search(column["name"]), (
            f"{mart.name}.{column['name']} is a {column['data_type']}: docs/naming.md"
        )


@pytest.mark.parametrize("mart", marts("_amount"))
def test_an_amount_has_its_currency_beside_it(mart: DeclaredModel) -> None:
    names = {column["name"] for column in mart.columns}
    for column in mart.columns:
        name = column["name"]
        if not name.endswith("_amount"):
            continue
        currency = "company_currency_code" if name.endswith("_company_amount") else "currency_code"
        prefix = name.removesuffix("_amount")
        own = {f"{prefix}_currency_code", f"{prefix.removesuffix('d')}_currency_code", "invoice_currency_code"}
        description = column["description"]
        assert currency in names or own & names, f"{name} has no {currency} beside it"
        assert "currency" in description or currency in names, f"{name}: its description does not name the unit"


def test_pay_is_never_a_floating_number() -> None:
    floating = re.compile(r"\b(double|float|real)\b", re.IGNORECASE)
    for mart in MARTS:
        if mart.area in ("attainment", "payout"):
            for column in mart.columns:
                assert not floating.search(column["data_type"]), f"{mart.name}.{column['name']}"
    checked = 0
    for layer in ("intermediate", "marts"):
        for path, sql in sql_files(layer).items():
            if path.parent.name in ("pay", "attainment", "payout"):
                checked += 1
                assert not floating.search(sql), f"{path.name} computes with a floating number"
    assert checked > 10


def test_no_star_is_selected_past_staging() -> None:
    star = re.compile(r"select\s+(\w+\.)?\*", re.IGNORECASE)
    starred = [
        path.name for layer in ("intermediate", "marts") for path, sql in sql_files(layer).items() if star.search(sql)
    ]
    assert starred == []


def test_every_model_is_declared_where_it_lies() -> None:
    declared = {(model.name, model.path.parent) for model in declared_models() if model.layer != "staging"}
    for layer in ("intermediate", "marts"):
        for path in sql_files(layer):
            assert (path.stem, path.parent) in declared, f"{path.name} has no entry in its folder's YAML"
            assert path.stem.startswith(
                {"intermediate": "int_", "marts": ("dim_", "fct_", "publications", "run")}[layer]
            )
