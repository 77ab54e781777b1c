"""The source kind `simulated` hands over every table in full, and says when nothing can have changed.

Without it a second run of a day generates and lands everything again, or new settings land nothing.
"""

from pathlib import Path

import pytest

from openspm.company import SimulatedSourceSettings, load_company
from openspm.contract import load_contract
from openspm.settings import load_settings
from openspm.sources import ExtractRequest, open_source
from openspm.sources.simulated.company import CHUNK_TABLES, COMPANY_TABLES

SETTINGS = {"name": "simulated", "kind": "simulated", "opportunity_count": 60, "payee_count": 5, "months": 3}


@pytest.fixture
def request_to(checkout: Path, tmp_path: Path):
    folder = checkout / "examples" / "micro"
    settings = load_settings(folder, {"OPENSPM_HOME": str(tmp_path)})
    company = load_company(folder)

    def extracts(**changes: int):
        source = open_source(SimulatedSourceSettings(**{**SETTINGS, **changes}))
        request = ExtractRequest(company, settings)
        return {extract.table: extract for extract in source.extract(load_contract(), settings.state("micro"), request)}

    return extracts


def test_gives_every_table_in_full(request_to) -> None:
    extracts = request_to()
    assert set(extracts) == {*CHUNK_TABLES, *COMPANY_TABLES}
    assert {extract.kind for extract in extracts.values()} == {"full"}
    assert extracts["opportunities"].data().read_all().num_rows == 60
    assert extracts["goals"].data().read_all()["subject_id"].to_pylist().count("micro") > 0


def test_fingerprint_follows_the_settings(request_to) -> None:
    first = request_to()["opportunities"].fingerprint
    assert first
    assert request_to()["opportunities"].fingerprint == first
    assert request_to(seed=8)["opportunities"].fingerprint != first


def test_nothing_is_generated_before_rows_are_asked_for(request_to, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openspm.sources.simulated.source.generate", lambda *_: pytest.fail("generated"))
    assert request_to()


@pytest.mark.parametrize("name", ["demo", "micro"])
def test_the_example_folders_describe_companies_that_can_be_made(checkout: Path, name: str) -> None:
    (source,) = load_company(checkout / "examples" / name).sources
    assert open_source(source)
