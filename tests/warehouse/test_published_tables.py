"""Who may see what is declared in dbt's YAML; a mart or column that says nothing stays closed.

What silently breaks without these: a new pay column lands in the file that everybody reads.
"""

import json
from pathlib import Path

import pytest

from openspm.errors import OpenspmError
from openspm.warehouse.published_tables import PublishedTable, load_published_tables


def node(name: str, area: str = "core", audience: str | None = "all", **overrides: object) -> dict[str, object]:
    """A model of a dbt manifest."""
    columns = {
        "payee_id": {"description": "Key.", "config": {"meta": {}}},
        "earned_amount": {"description": "Sounds like pay.", "config": {"meta": {}}},
        "exchange_rate": {"description": "Is none.", "config": {"meta": {"pay": False}}},
        "target": {"description": "Is pay.", "config": {"meta": {"pay": True}}},
    }
    return {
        "name": name,
        "alias": name,
        "resource_type": "model",
        "fqn": ["openspm", "marts", area, name],
        "schema": "marts",
        "description": "One row per payee.",
        "original_file_path": f"models/marts/{area}/{name}.sql",
        "config": {"enabled": True, "materialized": "table", "meta": {"audience": audience} if audience else {}},
        "columns": columns,
    } | overrides


def tables_of(tmp_path: Path, *nodes: dict[str, object]) -> dict[str, PublishedTable]:
    """The published tables of a manifest with these models."""
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"nodes": {str(entry["name"]): entry for entry in nodes}}))
    return {table.name: table for table in load_published_tables(manifest)}


def test_only_what_says_that_it_is_open_is_open(tmp_path: Path) -> None:
    tables = tables_of(
        tmp_path,
        node("dim_payees"),
        node("fct_silent", audience=None),
        node("fct_closed", audience="finance"),
        node("fct_payouts", area="payout"),
    )
    assert tables["dim_payees"].open_columns == ("payee_id", "exchange_rate")
    assert {name for name, table in tables.items() if table.is_open} == {"dim_payees"}
    assert all(tables[name].open_columns == () for name in ("fct_silent", "fct_closed", "fct_payouts"))


def test_view_or_foreign_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OpenspmError, match="is a view in the schema marts"):
        tables_of(tmp_path, node("fct_view", config={"enabled": True, "materialized": "view", "meta": {}}))
    with pytest.raises(OpenspmError, match="in the schema staging"):
        tables_of(tmp_path, node("fct_stray", schema="staging"))
