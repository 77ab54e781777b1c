"""A mapping decides which raw rows become which records. One that multiplies rows pays deals twice, one that drops the
place of a row makes every later message useless, and one that calculates in floating point changes cents."""

from __future__ import annotations

from pathlib import Path

import pytest

from openspm.contract import load_contract
from openspm.errors import OpenspmError
from openspm.settings import load_settings
from openspm.sources.files.csv_reader import read_csv
from openspm.sources.files.mapping import MappedRows, read_mapping, run_mapping
from openspm.sources.files.settings import FilesSourceSettings

DEALS = "Deal ID,stage,amount,customer\n1,Won,10.00,a\n2,Lost,0,b\n3,Won\n4,Test,5,a\n"
CUSTOMERS = "customer,region\na,north\nb,south\nb,west\n"
PLACE = "deals._file, deals._row"
KEEP = 'select "Deal ID" as opportunity_id, stage as stage_name'


def run(folder: Path, sql: str) -> MappedRows:
    """Run a mapping of opportunities over the two files."""
    settings = FilesSourceSettings(name="s", kind="files", path=".")
    relations = {}
    for name, content in (("deals", DEALS), ("customers", CUSTOMERS)):
        path = folder / f"{name}.csv"
        path.write_text(content, encoding="utf-8")
        relations[name] = [read_csv(path, path.name, settings, None, folder)]
    path = folder / "opportunities.sql"
    path.write_text(sql, encoding="utf-8")
    mapping = read_mapping(path)
    used = {name: relations[name] for name in mapping.relation_names}
    return run_mapping(mapping, load_contract()["opportunities"], used, load_settings(folder, {}), folder)


def refusal(folder: Path, sql: str) -> OpenspmError:
    """The error by which a mapping is refused."""
    with pytest.raises(OpenspmError) as caught:
        run(folder, sql)
    assert caught.value.next_step
    assert "opportunities.sql" in str(caught.value.where)
    return caught.value


def test_rows_left_out_are_counted_and_ragged_ones_kept(tmp_path: Path) -> None:
    mapped = run(tmp_path, f"{KEEP}, amount as deal_amount, {PLACE} from deals where stage <> 'Test'")
    rows = [row for batch in mapped.batches() for row in batch.to_pylist()]
    mapped.connection.close()
    assert [(row["opportunity_id"], row["deal_amount"], row["_file"], row["_row"]) for row in rows] == [
        ("1", "10.00", "deals.csv", 1),
        ("2", "0", "deals.csv", 2),
    ]
    assert mapped.filtered_count == 1
    assert [(file, record.row) for file, record in mapped.ragged] == [("deals.csv", 3)]


def test_exact_types_become_text(tmp_path: Path) -> None:
    mapped = run(
        tmp_path,
        f"{KEEP}, cast(amount as decimal(18, 2)) * 3 as deal_amount, date '2026-03-04' as close_date, {PLACE} "
        "from deals",
    )
    row = next(mapped.batches()).to_pylist()[0]
    mapped.connection.close()
    assert (row["deal_amount"], row["close_date"]) == ("30.00", "2026-03-04")


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (f"{KEEP} from deals", "drops _file"),
        (f"{KEEP}, _file from deals", "drops _row"),
        (f"{KEEP}, _file, _row + 1 as _row from deals", "stands for no raw row"),
        (f"{KEEP}, _file, cast(_row as integer) as _row from deals", "changes _file or _row"),
        (f"{KEEP}, {PLACE} from deals join customers on deals.customer = customers.customer", "2 rows for one raw row"),
        (f"{KEEP}, amount as deal_amuont, {PLACE} from deals", "deal_amuont"),
        (f"{KEEP}, cast(amount as double) as deal_amount, {PLACE} from deals", "no exact text"),
        (f"{KEEP}, {PLACE} from deals; select 1", "one SELECT"),
        ("create table x as select 1", "one SELECT"),
        (f"{KEEP}, {PLACE} form deals", "does not run"),
        (f"{KEEP}, nothing as deal_amount, {PLACE} from deals", "does not run"),
        (
            f"{KEEP}, (select content from read_text('/etc/hostname')) as deal_amount, {PLACE} from deals",
            "does not run",
        ),
        (f"{KEEP}, amount as stage_name, {PLACE} from deals", "two columns of the same name"),
    ],
)
def test_a_mapping_that_loses_or_invents_is_refused(tmp_path: Path, sql: str, words: str) -> None:
    assert words in refusal(tmp_path, sql).message


def test_a_syntax_error_names_its_line(tmp_path: Path) -> None:
    assert str(refusal(tmp_path, f"{KEEP},\n  {PLACE},\n  oops(amount) as deal_amount\nfrom deals").where).endswith(
        ":3"
    )


def test_relations_are_found_below_joins_and_ctes(tmp_path: Path) -> None:
    mapped = run(
        tmp_path,
        "with won as (select * from deals where stage = 'Won'), regions as (select distinct customer from customers) "
        'select "Deal ID" as opportunity_id, stage as stage_name, won._file, won._row from won '
        "left join regions on won.customer = regions.customer",
    )
    mapped.connection.close()
    assert mapped.filtered_count == 2
