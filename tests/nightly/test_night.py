"""A run ends in a publication or leaves everything as it was, and says which, wherever it is interrupted.

What silently breaks without these: a night that fails halfway and still moves the link, a blocked night that ends with
exit code 0, a dead run that stays `running` for ever.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from openspm.company import Company
from openspm.durable_files import hash_file
from openspm.errors import Locked, OpenspmError
from openspm.faults import FAULT_POINTS, InjectedFault
from openspm.nightly import STEPS, RunOutcome
from openspm.settings import Settings
from openspm.warehouse.generations import current_generation, list_generations
from openspm.warehouse.lock import hold_lock
from openspm.warehouse.run_records import read_records
from tests.nightly.stand_in_night import StandInNight, company_at, run_stand_in
from tests.warehouse.small_warehouse import settings_at

CHECKOUT = Path(__file__).parents[2]
# tests/warehouse breaks a publication at every point inside it.
INSIDE_PUBLISHING = FAULT_POINTS[FAULT_POINTS.index("after_copy") : FAULT_POINTS.index("after_current")]
PUBLISHED_POINTS = FAULT_POINTS[FAULT_POINTS.index("after_current") :]
KILL_CODE = """
import sys
from pathlib import Path
from tests.nightly.stand_in_night import *
from tests.warehouse.small_warehouse import settings_at
root = Path(sys.argv[1])
run_stand_in(settings_at(root, fault_at=sys.argv[2] + ":kill"), company_at(root))
"""


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return company_at(tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_at(tmp_path)


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunOutcome]:
    """The folder of one night, and how it ended; not to be changed."""
    root = tmp_path_factory.mktemp("first_night")
    return root, run_stand_in(settings_at(root), company_at(root))


@pytest.fixture
def first(tmp_path: Path, first_night: tuple[Path, RunOutcome]) -> RunOutcome:
    """The night that the test's folder begins after."""
    shutil.copytree(first_night[0], tmp_path, symlinks=True, dirs_exist_ok=True)
    return first_night[1]


def published_run_ids(settings: Settings) -> set[str]:
    """The run ids in the current publication's marts."""
    generation = current_generation(settings.state("standin"))
    assert generation is not None
    with duckdb.connect(str(generation.warehouse), read_only=True) as connection:
        rows = connection.execute("select run_id from marts.dim_payees union select run_id from marts.fct_payouts")
        return {generation.run_id} | {row[0] for row in rows.fetchall()}


def test_night_publishes_and_says_so(settings: Settings, company: Company) -> None:
    outcome = run_stand_in(settings, company)
    assert (outcome.status, outcome.exit_code, outcome.generation_number) == ("published", 0, 1)
    assert tuple(outcome.step_seconds) == STEPS
    assert published_run_ids(settings) == {outcome.run_id}
    assert outcome.as_of_date == "2026-05-31"
    [record] = read_records(settings.state("standin"))
    assert (record.status_code, record.exit_code, record.message) == ("published", 0, None)


def test_second_night_with_nothing_new_has_the_same_input(settings: Settings, company: Company) -> None:
    first = run_stand_in(settings, company)
    second = run_stand_in(settings, company)
    assert first.new_batch_count > 0
    assert second.new_batch_count == 0
    before, after = (record.publication for record in read_records(settings.state("standin")))
    assert before is not None
    assert after is not None
    assert (before.batches_hash, before.batch_count) == (after.batches_hash, after.batch_count)


@pytest.mark.parametrize("point", [point for point in FAULT_POINTS if point not in INSIDE_PUBLISHING])
def test_error_at_any_point_is_survived(
    tmp_path: Path, first: RunOutcome, settings: Settings, company: Company, point: str
) -> None:
    state = settings.state("standin")
    seen = hash_file(list_generations(state)[0].warehouse)
    broken = settings_at(tmp_path, fault_at=f"{point}:error")
    if point in ("after_lock", "after_clean_up", "during_copy"):
        try:
            outcome = run_stand_in(broken, company)
            assert outcome.exit_code == 1
        except InjectedFault:
            assert point != "during_copy"
    else:
        outcome = run_stand_in(broken, company)
        assert outcome.exit_code == 1
        assert outcome.status == ("published" if point in PUBLISHED_POINTS[1:] else "failed")
    expected = 2 if point in PUBLISHED_POINTS else 1
    current = current_generation(state)
    assert current is not None
    assert current.number == expected
    assert len(published_run_ids(settings)) == 1
    assert hash_file(list_generations(state)[0].warehouse) == seen
    after = run_stand_in(settings, company)
    assert (after.status, after.exit_code) == ("published", 0)
    assert published_run_ids(settings) == {after.run_id} != {first.run_id}


@pytest.mark.faults
@pytest.mark.parametrize("point", FAULT_POINTS)
def test_kill_at_any_point_is_survived(
    tmp_path: Path, first: RunOutcome, settings: Settings, company: Company, point: str
) -> None:
    done = subprocess.run([sys.executable, "-c", KILL_CODE, str(tmp_path), point], cwd=CHECKOUT, check=False)
    assert done.returncode == -9
    assert len(published_run_ids(settings)) == 1
    after = run_stand_in(settings, company)
    assert after.status == "published"
    records = read_records(settings.state("standin"))
    assert {record.status_code for record in records} <= {"published", "died"}
    numbers = [record.publication.generation_number for record in records if record.publication]
    assert numbers == sorted(set(numbers))


def test_full_disk_is_told_in_words_and_changes_nothing(
    tmp_path: Path, first: RunOutcome, settings: Settings, company: Company
) -> None:
    outcome = run_stand_in(settings_at(tmp_path, fault_at="during_copy:full"), company)
    assert (outcome.status, outcome.exit_code) == ("failed", 1)
    assert "No space left on device" in str(outcome.message)
    assert not list((settings.state("standin").published / "generations").glob(".*"))
    assert run_stand_in(settings, company).generation_number == 2


@pytest.mark.parametrize(
    ("name", "words"), [("refused_by_gate", "payouts_are_whole"), ("refused_by_test", "keys: Got 1 result")]
)
def test_refused_night_publishes_nothing_and_ends_with_three(
    tmp_path: Path, first: RunOutcome, settings: Settings, name: str, words: str
) -> None:
    company = company_at(tmp_path, name)
    outcome = run_stand_in(settings.model_copy(update={"company_dir": company.folder}), company)
    assert (outcome.status, outcome.exit_code) == ("blocked", 3)
    assert words in str(outcome.message)
    assert ("p1,p2" if name == "refused_by_gate" else "company_id=standin") in str(outcome.message)
    assert "98765" not in str(outcome.message)
    current = current_generation(settings.state("standin"))
    assert current is not None
    assert current.number == 1
    assert read_records(settings.state("standin"))[-1].status_code == "blocked"


def test_dry_run_builds_and_checks_and_publishes_nothing(settings: Settings, company: Company) -> None:
    outcome = run_stand_in(settings, company, dry_run=True)
    assert (outcome.status, outcome.exit_code, outcome.generation_number) == ("checked", 0, None)
    assert current_generation(settings.state("standin")) is None


def test_second_night_says_who_holds_the_lock(settings: Settings, company: Company) -> None:
    with hold_lock(settings.state("standin"), "run 1"), pytest.raises(Locked, match="run 1"):
        run_stand_in(settings, company)


def test_steps_run_in_their_order_only(settings: Settings, company: Company) -> None:
    with StandInNight(settings, company) as night, pytest.raises(OpenspmError, match="publish cannot run now"):
        night.run("publish")
