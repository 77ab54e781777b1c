"""company.yml is written by hand. A mistyped key that is silently ignored would leave a default in force, and the
company would believe that it had changed it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openspm.calendars import periods_of
from openspm.company import load_company
from openspm.contract import load_contract
from openspm.errors import OpenspmError
from openspm.landing.planning import compiled_extracts
from openspm.settings import Settings, load_settings

CHECKOUT = Path(__file__).resolve().parent.parent
GOOD = """id: acme
name: Acme
currency_code: EUR
timezone_name: Europe/Berlin
calendar:
  fiscal_year_start_month: 4
  first_year: 2025
  last_year: 2026
sources:
  - name: crm
    kind: files
    path: data
extension_columns:
  - {table: leads, name: x_city, type: text, meaning: City., known_at: creation}
"""


def refusal(folder: Path, text: str) -> OpenspmError:
    """The error by which a company.yml is refused."""
    (folder / "company.yml").write_text(text, encoding="utf-8")
    with pytest.raises(OpenspmError) as caught:
        load_company(folder)
    assert caught.value.next_step
    return caught.value


def test_what_is_not_written_has_a_default(tmp_path: Path) -> None:
    (tmp_path / "company.yml").write_text(GOOD, encoding="utf-8")
    company = load_company(tmp_path)
    assert (company.calendar.id, company.sources[0].name, company.as_of_date) == ("company", "crm", None)
    assert company.extend(load_contract())["leads"].columns[-1].name == "x_city"


def test_a_calendar_of_weeks(tmp_path: Path) -> None:
    """Its periods have no prefix; the fiscal year 2025 begins on the Sunday after the last Saturday of March."""
    weeks = "kind: weeks\n  weeks: {pattern: 4-4-5, year_ends_on: saturday, year_end: last}\n  first_year: 2025"
    (tmp_path / "company.yml").write_text(GOOD.replace("first_year: 2025", weeks), encoding="utf-8")
    extracts = {extract.table: extract.data for extract in compiled_extracts(load_company(tmp_path), load_contract())}
    first = next(row for row in extracts["calendars"].to_pylist() if row["period_id"] == "2025-P01")
    assert (first["start_date"], first["end_date"]) == ("2025-03-30", "2025-04-26")


@pytest.mark.parametrize("folder", sorted(path.parent.name for path in (CHECKOUT / "examples").glob("*/company.yml")))
def test_every_example_is_a_company(folder: str) -> None:
    company = load_company(CHECKOUT / "examples" / folder)
    assert company.extend(load_contract())


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("name: Acme", "nmae: Acme", ":2: nmae", "not a key"),
        ("name: Acme", "", ":1: name", "is missing"),
        ("currency_code: EUR", "currency_code: euro", ":3: currency_code", "match"),
        ("Europe/Berlin", "Europe/Nowhere", ":4: timezone_name", "IANA"),
        ("first_year: 2025", "first_year: 2027", ":5: calendar", "before"),
        ("first_year: 2025", "kind: weeks\n  first_year: 2025", ":5: calendar", "weeks belong to kind: weeks"),
        ("    path: data", "    paht: data", ":12: sources.0.paht", "not a key"),
        ("kind: files", "kind: tapes", ":10: sources.0", "tapes"),
        ("name: crm", "name: company", ":9: sources", "folder's own"),
        ("name: x_city", "name: city", ":14: extension_columns.0.name", "match"),
    ],
)
def test_every_fault_has_its_line(tmp_path: Path, old: str, new: str, place: str, words: str) -> None:
    error = refusal(tmp_path, GOOD.replace(old, new))
    assert f"company.yml{place}" in error.message
    assert words in error.message


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("id: acme\nid: other\n", "twice", 2),
        ("id: [acme\nname: x\n", "no YAML", 2),
        ("", "no settings", 1),
        ("- a\n", "no settings", 1),
    ],
)
def test_what_yaml_would_let_pass_is_refused(tmp_path: Path, text: str, words: str, line: int) -> None:
    error = refusal(tmp_path, text)
    assert words in error.message
    assert str(error.where).endswith(f":{line}")


def test_a_folder_without_company_yml_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OpenspmError, match="no company folder"):
        load_company(tmp_path)


def test_a_fiscal_year_has_the_number_of_the_year_in_which_it_begins() -> None:
    periods = {row["period_id"]: row for row in periods_of("company", 4, 2025, 2026)}
    assert len(periods) == 2 * (12 + 4 + 2 + 1)
    assert (periods["2025-Q4"]["start_date"], periods["2025-Q4"]["end_date"]) == ("2026-01-01", "2026-03-31")
    month = periods["2026-02"]
    assert (month["quarter_period_id"], month["half_period_id"], month["year_period_id"]) == (
        "2025-Q4",
        "2025-H2",
        "2025",
    )
    assert (month["end_date"], month["period_sequence"]) == ("2026-02-28", "11")
    assert periods["2026-Q1"]["period_sequence"] == "5"
    assert periods["2025"]["quarter_period_id"] is None


def test_the_company_folder_is_compiled_to_canonical_tables(tmp_path: Path) -> None:
    (tmp_path / "company.yml").write_text(GOOD, encoding="utf-8")
    extracts = {extract.table: extract.data for extract in compiled_extracts(load_company(tmp_path), load_contract())}
    settings = extracts["company_settings"].to_pylist()[0]
    assert (settings["company_id"], settings["match_amount_tolerance_ratio"], settings["_file"]) == (
        "acme",
        "0.005",
        "company.yml",
    )
    assert set(load_contract()["calendars"].column_names) <= set(extracts["calendars"].column_names)


def test_thresholds_of_due_actions_are_landed_and_one_without_a_value_is_absent(tmp_path: Path) -> None:
    """A rule that is turned off must reach SQL as NULL, and names as SQL looks for them."""
    block = "due_actions:\n  quiet_deal_days: null\n  closed_lead_status_names: [' Lost ', Not Qualified]\n"
    (tmp_path / "company.yml").write_text(GOOD + block, encoding="utf-8")
    extracts = {extract.table: extract.data for extract in compiled_extracts(load_company(tmp_path), load_contract())}
    settings = extracts["company_settings"].to_pylist()[0]
    assert settings["quiet_deal_days"] is None
    assert (settings["passed_close_days"], settings["likely_deal_ratio"]) == ("1", "0.8")
    assert settings["closed_lead_status_names"] == "|lost|not qualified|"
    assert set(settings) - {"_file"} == set(load_contract()["company_settings"].column_names)


def test_state_of_another_company_is_refused(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {"OPENSPM_HOME": str(tmp_path / "home")})
    settings.state("acme").claim()
    (tmp_path / "home" / "acme" / "company_id").write_text("other\n", encoding="utf-8")
    with pytest.raises(OpenspmError, match="company 'other'"):
        settings.state("acme").claim()


@pytest.mark.parametrize(
    ("name", "value"), [("OPENSPM_THREADS", "0"), ("OPENSPM_MEMORY_LIMIT", "lots"), ("OPENSPM_FILE_MODE", "0666")]
)
def test_a_wrong_variable_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(OpenspmError) as caught:
        load_settings(tmp_path, {name: value})
    assert name in caught.value.message
    assert load_settings(tmp_path, {"OPENSPM_FILE_MODE": "0640"}).folder_mode == 0o750


def test_every_variable_is_in_the_example_of_an_environment() -> None:
    text = (CHECKOUT / ".env.example").read_text(encoding="utf-8")
    expected = {f"OPENSPM_{name.upper()}" for name in Settings.model_fields} - {
        "OPENSPM_COMPANY_DIR",  # an argument of every command
        "OPENSPM_FAULT_AT",  # for tests only
    }
    assert set(re.findall(r"^#(OPENSPM_\w+)=", text, re.MULTILINE)) == expected
