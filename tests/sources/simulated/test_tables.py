"""The simulated company fits the input contract and equal seeds give equal bytes.

Without it a renamed contract column leaves the demo's marts empty, or two runs of one day differ and no comparison of
two nights is worth anything.
"""

import hashlib

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import pytest

from openspm.contract import load_contract
from openspm.errors import OpenspmError
from openspm.sources.simulated import SimulatedCompany, SimulationSettings, generate, write
from openspm.sources.simulated.company import CHUNK_TABLES, COMPANY_TABLES

SMALL = SimulationSettings(seed=3, opportunity_count=300, payee_count=12, months=9)


def test_has_every_table_of_the_contract_with_its_columns(demo: SimulatedCompany) -> None:
    contract = load_contract()
    fed = {table.name for table in contract if table.group in {"crm", "finance", "people"}}
    assert (
        fed | {"quotas", "goals", "stage_map", "payee_modifiers"}
        == set(demo.tables)
        == set(CHUNK_TABLES) | set(COMPANY_TABLES)
    )
    for name, table in demo.tables.items():
        assert tuple(table.column_names) == contract[name].column_names, name
        assert {field.type for field in table.schema} == {pa.string()}, name


def test_keys_are_present_and_unique_and_required_columns_filled(clean: SimulatedCompany) -> None:
    contract = load_contract()
    for name, table in clean.tables.items():
        keys = table.select(contract[name].key).group_by(list(contract[name].key)).aggregate([])
        assert keys.num_rows == table.num_rows, name
        for column in {*contract[name].key, *contract[name].required_names}:
            assert table[column].null_count == 0, f"{name}.{column}"


def test_texts_follow_the_grammar(clean: SimulatedCompany) -> None:
    patterns = {
        "amount": r"^\d+(\.\d+)?$", "ratio": r"^\d+(\.\d+)?$", "integer": r"^\d+$", "date": r"^\d{4}-\d\d-\d\d$",
        "timestamp": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", "boolean": r"^(true|false)$", "currency": r"^[A-Z]{3}$",
    }  # fmt: skip
    contract = load_contract()
    for name, table in clean.tables.items():
        for column in contract[name].columns:
            if column.type in patterns:
                fits = pc.match_substring_regex(table[column.name], patterns[column.type])
                assert pc.all(fits).as_py() in (True, None), f"{name}.{column.name}"


def _hash(company: SimulatedCompany) -> str:
    digest = hashlib.sha256()
    for name in sorted(company.tables):
        sink = pa.BufferOutputStream()
        pyarrow.csv.write_csv(company.tables[name], sink)
        digest.update(sink.getvalue())
    return digest.hexdigest()


def test_equal_settings_give_equal_bytes_and_other_seeds_others() -> None:
    first = _hash(generate(SMALL))
    assert _hash(generate(SMALL)) == first
    assert _hash(generate(SimulationSettings(seed=4, opportunity_count=300, payee_count=12, months=9))) != first


def test_files_hold_what_memory_holds_chunk_by_chunk(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openspm.sources.simulated.settings.CHUNK_OPPORTUNITIES", 110)
    whole = generate(SMALL)
    written = write(SMALL, tmp_path / "company", "parquet")
    for name, table in whole.tables.items():
        assert pyarrow.parquet.read_table(tmp_path / "company" / f"{name}.parquet").equals(table), name
        assert written.row_counts[name] == table.num_rows
    deals = whole.tables["opportunities"]["opportunity_id"]
    assert len(deals) == len(pc.unique(deals)) == 300


def test_csv_and_a_choice_of_tables(tmp_path) -> None:
    written = write(SMALL, tmp_path, "csv", tables={"opportunities"})
    assert written.row_counts == {"opportunities": 300}
    assert (tmp_path / "opportunities.csv").read_text().startswith('"opportunity_id","account_id"')


def test_refuses_a_folder_with_something_in_it(tmp_path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(OpenspmError, match="not empty"):
        write(SMALL, tmp_path)


@pytest.mark.parametrize("setting", [{"opportunity_count": 3}, {"payee_count": 2}, {"months": 0}])
def test_refuses_sizes_that_make_no_company(setting: dict[str, int]) -> None:
    with pytest.raises(OpenspmError, match=next(iter(setting))):
        SimulationSettings(**setting)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("size", [(60, 5, 3), (20, 6, 1), (500, 17, 14), (900, 45, 40)])
def test_any_seed_and_size_makes_exactly_the_deals_asked_for(seed: int, size: tuple[int, int, int]) -> None:
    deals, payees, months = size
    company = generate(SimulationSettings(seed=seed, opportunity_count=deals, payee_count=payees, months=months))
    assert company.tables["opportunities"].num_rows == deals
