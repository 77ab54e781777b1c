"""The contract is declared once. Where a list beside it went stale, a table would land and reach no mart, or a column
would be cast by no rule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openspm.contract import COLUMN_TYPES, Column, load_contract
from openspm.errors import OpenspmError

CHECKOUT = Path(__file__).resolve().parent.parent
STAGING = CHECKOUT / "models" / "staging"
MACROS = CHECKOUT / "dbt_project" / "macros"


def test_every_table_has_a_key_of_required_columns() -> None:
    for table in load_contract():
        assert table.key
        assert set(table.key) <= set(table.required_names)
        assert len(set(table.column_names)) == len(table.columns)
        assert all(column.description.endswith(".") for column in table.columns)


def test_every_table_has_its_staging_model_and_no_model_lacks_a_table() -> None:
    expected = {
        f"{table.group}/stg_{table.group}__{table.name}.sql": f"source('landing', '{table.name}')"
        for table in load_contract()
    }
    found = {path.relative_to(STAGING).as_posix(): path.read_text(encoding="utf-8") for path in STAGING.rglob("*.sql")}
    assert set(found) == set(expected)
    for name, source in expected.items():
        assert source in found[name]


def test_the_list_for_models_over_all_tables_is_the_contract() -> None:
    text = (MACROS / "staging" / "staged_tables.sql").read_text(encoding="utf-8")
    listed = re.findall(r"\('(\w+)', '(\w+)'\)", text)
    assert sorted(listed) == sorted((table.group, table.name) for table in load_contract())


def test_every_type_has_a_grammar_and_a_sentence() -> None:
    grammar = (MACROS / "types" / "grammar.sql").read_text(encoding="utf-8")
    rules = (MACROS / "staging" / "quarantine_rules.sql").read_text(encoding="utf-8")
    for kind in set(COLUMN_TYPES) - {"text"}:
        assert f"'{kind}':" in grammar
        assert f"'malformed_{kind}':" in rules


def test_extension_columns_come_last_and_only_on_known_tables() -> None:
    column = Column("x_mood", "text", False, "Mood.")
    extended = load_contract().extended({"opportunities": (column,)})
    assert extended["opportunities"].columns[-1] == column
    assert "x_mood" not in load_contract()["opportunities"].column_names
    with pytest.raises(OpenspmError, match="oportunities"):
        load_contract().extended({"oportunities": (column,)})


def test_a_wrong_declaration_names_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "crm"
    folder.mkdir()
    path = folder / "_crm__sources.yml"
    good = """
sources:
  - name: landing
    tables:
      - name: deals
        description: Deals.
        config: {meta: {group: crm, key: [deal_id]}}
        columns:
          - name: deal_id
            description: Key.
            config: {meta: {type: id, required: true}}
"""
    for bad, words in (
        (good.replace("type: id", "type: number"), "unknown type 'number'"),
        (good.replace("required: true", "required: false"), "no required column"),
    ):
        path.write_text(bad, encoding="utf-8")
        load_contract.cache_clear()
        with pytest.raises(OpenspmError) as caught:
            load_contract(tmp_path)
        assert words in caught.value.message
        assert caught.value.where == str(path)
    load_contract.cache_clear()
