"""Protects the YAML of the models from keys that dbt does not know and silently ignores.

Without it `data_test:` or `constraint:` builds without a warning, and the test or the contract is just not there.
"""

from collections.abc import Iterator
from typing import Any

from tests.conventions.model_files import yaml_files

CONFIG = {"meta", "severity", "contract", "materialized", "schema", "enabled", "tags", "where", "store_failures"}
META = {"audience", "pay", "reason", "protects", "group", "key", "type", "required", "unit", "known_at"}
KNOWN = {
    "file": {"version", "models", "sources", "unit_tests"},
    "model": {"name", "description", "config", "columns", "data_tests", "constraints"},
    "column": {"name", "description", "data_type", "config", "constraints", "data_tests"},
    "source": {"name", "schema", "description", "tables", "config", "meta"},
    "table": {"name", "description", "config", "columns", "data_tests", "identifier"},
    "test": {"arguments", "config", "name", "description"},
    "unit_test": {"name", "description", "model", "given", "expect", "overrides", "config"},
    "constraint": {"type", "expression", "columns", "name"},
    "config": CONFIG,
    "meta": META,
}
GENERIC_TESTS = {
    "unique_key": {"columns"},
    "known_values": {"column", "values"},
    "known_keys": {"column", "other_model", "other_column"},
    "equal_totals": {"total", "other_model", "other_total"},
    "true_for_all": {"condition"},
    "dates_without_gaps": {"partition_columns", "start_column", "end_column"},
    "dates_without_overlap": {"partition_columns", "start_column", "end_column"},
    "not_null": set(),
    "unique": set(),
    "relationships": {"to", "field"},
    "accepted_values": {"values"},
}  # fmt: skip


def unknown_keys(kind: str, entry: dict[str, Any]) -> Iterator[str]:
    """Keys of an entry, and of its config, that dbt or this project does not know."""
    label = f"{kind} {entry.get('name', '')}".strip()
    yield from (f"{label}: {key}" for key in entry if key not in KNOWN[kind])
    config = entry.get("config", {})
    if kind not in ("config", "meta"):
        yield from (f"{label}: config.{key}" for key in config if key not in CONFIG)
        yield from (f"{label}: config.meta.{key}" for key in config.get("meta", {}) if key not in META)
    for constraint in entry.get("constraints", []):
        yield from unknown_keys("constraint", constraint)
    for test in entry.get("data_tests", []):
        yield from unknown_test_keys(label, test)
    for column in entry.get("columns", []) if kind in ("model", "table") else []:
        yield from unknown_keys("column", column)


def unknown_test_keys(label: str, test: dict[str, Any] | str) -> Iterator[str]:
    """Keys of a data test, and arguments that its macro does not take."""
    if isinstance(test, str):
        yield from [f"{label}: test {test}"] if test not in GENERIC_TESTS else []
        return
    for name, body in test.items():
        if name not in GENERIC_TESTS:
            yield f"{label}: test {name}"
            continue
        yield from (f"{label}: {name}.{key}" for key in body if key not in KNOWN["test"])
        yield from (f"{label}: {name}({key})" for key in body.get("arguments", {}) if key not in GENERIC_TESTS[name])


def test_every_key_is_one_that_dbt_knows() -> None:
    unknown = []
    for path, content in yaml_files():
        found = list(unknown_keys("file", content))
        for model in content.get("models", []):
            found += unknown_keys("model", model)
        for source in content.get("sources", []):
            found += unknown_keys("source", source)
            for table in source.get("tables", []):
                found += unknown_keys("table", table)
        for unit_test in content.get("unit_tests", []):
            found += unknown_keys("unit_test", unit_test)
        unknown += [f"{path.name}: {key}" for key in found]
    assert unknown == []


def test_a_wrong_key_is_seen() -> None:
    entry = {"name": "m", "data_test": [], "columns": [{"name": "c", "constraint": []}], "config": {"metta": {}}}
    assert list(unknown_keys("model", entry)) == ["model m: data_test", "model m: config.metta", "column c: constraint"]


def test_every_data_test_says_what_breaks_without_it() -> None:
    silent = [
        f"{path.name}: {model['name']}.{name}"
        for path, content in yaml_files()
        for model in content.get("models", [])
        for test in model.get("data_tests", [])
        for name, body in test.items()
        if not {"reason", "protects"} <= set(body.get("config", {}).get("meta", {}))
    ]
    assert silent == []
