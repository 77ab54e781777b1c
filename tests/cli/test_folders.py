"""Protects the first steps of a new company: what `init` makes is usable, and `check` finds what would break a run.

Without it the first thing that a newcomer makes is refused by the second command that the README names.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from openspm.cli.mart_inputs import MART_INPUTS, empty_marts
from openspm.company import load_company
from openspm.contract import load_contract

from .conftest import Openspm


def test_what_init_makes_passes_check(openspm: Openspm, tmp_path: Path) -> None:
    made = openspm("init", tmp_path / "Acme GmbH", "--name", 'Acme: "Tools" & Söhne', "--currency", "CHF")
    assert made.exit_code == 0, made.err
    company = load_company(tmp_path / "Acme GmbH")
    assert (company.id, company.name, company.currency_code) == ("acme_gmbh", 'Acme: "Tools" & Söhne', "CHF")
    checked = openspm("check", "--company", tmp_path / "Acme GmbH")
    assert checked.exit_code == 0, checked.out
    assert "plans: 1 plan files can be used" in checked.out
    assert openspm("plan", "lint", "--company", tmp_path / "Acme GmbH").exit_code == 0


def test_the_sample_plan_pays_what_its_case_says(openspm: Openspm, tmp_path: Path) -> None:
    openspm("init", tmp_path / "acme", "--quiet")
    plans = tmp_path / "acme" / "plans"
    right = (plans / "account_executive.cases.yml").read_text()
    (plans / "wrong.cases.yml").write_text(right.replace("pays: 3200.00", "pays: 3200.01"))
    tested = openspm("plan", "test", "--company", tmp_path / "acme")
    assert tested.exit_code == 1, tested.out + tested.err
    lines = tested.out.splitlines()
    assert lines[0].startswith("  ok  account_executive.cases.yml:"), tested.out
    assert lines[1].startswith("fail  wrong.cases.yml:")
    assert "3200.01" in lines[2]
    assert lines[-1] == "1 of 2 cases hold."


def test_init_refuses_a_folder_with_content_and_options_that_make_no_company(openspm: Openspm, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    assert openspm("init", tmp_path).exit_code == 2
    assert openspm("init", tmp_path / "new", "--currency", "Euro").exit_code == 2
    assert not list((tmp_path / "new").rglob("*.yml"))
    assert openspm("init", tmp_path / "2026").exit_code == 2


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "company.yml").write_text("id: acme\nname: A\n"), "is missing"),
        (lambda folder: (folder / "data" / "README.md").unlink() or (folder / "data").rmdir(), "is not there"),
        (lambda folder: (folder / "planning" / "quotes.csv").write_text("a\n1\n"), "is no planning table"),
        (lambda folder: (folder / "planning" / "quotas.csv").write_text("quota_id,quota\n1,2\n"), "lacks rule_set_id"),
        (lambda folder: (folder / "planning" / "stage_map.csv").write_bytes(b"\xff\xfe"), "is not UTF-8"),
        (lambda folder: (folder / "plans" / "account_executive.yml").write_text("plan_id: x\n"), "is missing"),
        (lambda folder: _mapping(folder, "deals"), "no canonical table 'deals'"),
    ],
    ids=["settings", "source folder", "table name", "column", "encoding", "plan", "mapping"],
)
def test_check_finds_what_would_break_a_run(spoil, message: str, openspm: Openspm, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    openspm("init", tmp_path / "acme", "--quiet")
    spoil(tmp_path / "acme")
    checked = openspm("check", "--company", tmp_path / "acme")
    assert checked.exit_code == 1
    assert message in checked.out + checked.err
    assert "Traceback" not in checked.err


def _mapping(folder: Path, table: str) -> None:
    (folder / "sources" / "crm_export").mkdir(parents=True)
    (folder / "sources" / "crm_export" / f"{table}.sql").write_text("select 1\n")


def test_check_names_the_marts_that_stay_empty_and_why(openspm: Openspm, tmp_path: Path) -> None:
    openspm("init", tmp_path / "acme", "--quiet")
    contract = load_contract()
    for table in ("opportunities", "users", "employees", "assignments"):
        header = ",".join((*contract[table].required_names, "unknown_column"))
        (tmp_path / "acme" / "data" / f"{table}.csv").write_text(f"{header}\n")
    answer = json.loads(openspm("check", "--json", "--company", tmp_path / "acme").out)
    assert answer["is_usable"]
    users = answer["sources"]["crm_export"]["tables"]["users"]
    assert users["columns"] == list(contract["users"].required_names)
    assert set(users["columns"]) | set(users["absent_columns"]) == set(contract["users"].column_names)
    assert answer["empty_marts"]["fct_invoices"] == ["invoices"]
    assert answer["empty_marts"]["fct_crm_finance_matches"] == ["invoices"]
    assert not {"fct_opportunities", "fct_bookings", "fct_payouts", "fct_kpis"} & set(answer["empty_marts"])


def test_check_tries_mappings_and_headers_and_reads_no_row(openspm: Openspm, tmp_path: Path) -> None:
    openspm("init", tmp_path / "acme", "--quiet")
    data, mappings = tmp_path / "acme" / "data", tmp_path / "acme" / "sources" / "crm_export"
    mappings.mkdir(parents=True)
    (data / "deals.csv").write_text('Deal,Stage\n1,"never closed\n')
    (data / "accounts.csv").write_text("name\nACME\n")
    (mappings / "opportunities.sql").write_text('select "Deal" as opportunity_id, state, _file, _row from deals')
    checked = openspm("check", "--company", tmp_path / "acme")
    assert checked.exit_code == 1
    assert 'Referenced column "state" not found' in checked.out
    assert "source crm_export, accounts: lacks account_id" in checked.out
    (mappings / "opportunities.sql").write_text(
        'select "Deal" as opportunity_id, "Stage" as stage_name, _file, _row from deals'
    )
    (data / "accounts.csv").unlink()
    checked = openspm("check", "--company", tmp_path / "acme")
    assert "source crm_export: reachable, 1 tables: opportunities" in checked.out, checked.out
    assert not (tmp_path / "home" / "acme").exists()


def test_every_kind_of_source_is_listed_with_its_page(openspm: Openspm) -> None:
    kinds = json.loads(openspm("sources", "--kinds", "--json").out)
    assert {"files", "simulated"} <= {kind["kind"] for kind in kinds}
    for kind in kinds:
        page = (Path(__file__).parents[2] / kind["readme"]).read_text()
        for subject in ("credentials", "objects", "incremental", "limits", "not covered"):
            assert f"| {subject} |" in page, kind


def test_nothing_stays_empty_where_everything_is_delivered() -> None:
    assert empty_marts({table.name for table in load_contract()}) == {}


def test_each_mart_is_listed_and_reads_what_it_is_said_to_need(checkout: Path) -> None:
    """The list against the models themselves: every table that a mart is said to need lies upstream of it."""
    models = {path.stem: path.read_text() for path in (checkout / "models").rglob("*.sql")}
    always_filled = {"dim_periods", "fct_landed_rows", "fct_quarantined_records", "fct_validation_results"}
    marts = {path.stem for path in (checkout / "models" / "marts").rglob("*.sql") if path.parent.name != "meta"}
    assert marts - always_filled == set(MART_INPUTS)
    for mart in marts & set(MART_INPUTS):
        if (checkout / "models" / "marts" / "forecast" / f"{mart}.sql").exists():
            continue  # its rows come from the models of the future, which read marts
        upstream = _upstream(mart, models)
        for alternative in MART_INPUTS[mart]:
            assert alternative <= upstream, f"{mart} does not read {sorted(alternative - upstream)}"


def _upstream(model: str, models: dict[str, str]) -> set[str]:
    """The landed tables that a model reads, directly or through others."""
    found: set[str] = set()
    seen, left = set(), [model]
    while left:
        name = left.pop()
        if name in seen or name not in models:
            continue
        seen.add(name)
        found |= set(re.findall(r"source\(\s*'landing',\s*'(\w+)'", models[name]))
        if name.startswith("stg_"):
            found.add(name.split("__", 1)[1])
        left += re.findall(r"ref\(\s*'(\w+)'", models[name])
    return found
