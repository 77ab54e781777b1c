"""What becomes of each landed row. Here a bad newest version would take a deal's last good version away, a repeated key
would pay twice, and a row would vanish, without any message.

An independent reading of the rules in Python decides random histories too, and must agree with the SQL row by row."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.landing.staging_sql import StagingSql, empty_warehouse, land_rows

GOOD, BAD = "1", "1e3"
History = list[tuple[str, str, list[dict[str, Any]]]]


def deal(key: str | None, amount: str = GOOD, is_deleted: bool = False) -> dict[str, Any]:
    """A deal as it lands."""
    return {"opportunity_id": key, "stage_name": "s", "deal_amount": amount, "_is_deleted": is_deleted}


def land_history(connection: duckdb.DuckDBPyConnection, history: History) -> list[dict[str, Any]]:
    """Land batches of (source, kind, rows), and return the rows as landing shows them."""
    newest_full = {source: number for number, (source, kind, _) in enumerate(history, start=1) if kind == "full"}
    rows = []
    connection.execute("delete from landing.batches")
    for number, (source, kind, batch) in enumerate(history, start=1):
        connection.execute(
            "insert into landing.batches values (?, ?, 'opportunities', ?, ?, false)",
            [str(number), number, source, kind],
        )
        for row_number, row in enumerate(batch, start=1):
            place = {"_source": source, "_batch_sequence": number, "_batch_id": str(number), "_row": row_number}
            rows.append({**row, **place, "_is_current": number >= newest_full.get(source, 0)})
    land_rows(connection, "opportunities", rows)
    return rows


def outcomes(sql: StagingSql, history: History) -> dict[tuple[int, int], str]:
    """What the SQL makes of each row, by batch and row: staged, held, quarantined, superseded or deleted."""
    with empty_warehouse() as connection:
        land_history(connection, history)
        staged, unstaged = sql.run(connection)
    found = {(row["_batch_sequence"], row["_row"]): "held" if row["is_held"] else "staged" for row in staged}
    assert len(found) == len(staged)
    keys = [row["opportunity_id"] for row in staged]
    assert len(set(keys)) == len(keys)
    for row in unstaged:
        place = (int(row["batch_id"]), row["row_number"])
        assert place not in found
        found[place] = row["outcome_code"]
    return found


def judge(history: History) -> dict[tuple[int, int], str]:
    """The same by the rules of docs/landing.md, read literally and one key at a time."""
    newest_full = {source: number for number, (source, kind, _) in enumerate(history, start=1) if kind == "full"}
    found: dict[tuple[int, int], str] = {}
    versions: dict[tuple[str, str], dict[int, list[tuple[int, dict[str, Any]]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for number, (source, _, batch) in enumerate(history, start=1):
        for row_number, row in enumerate(batch, start=1):
            if not row["opportunity_id"]:
                if number >= newest_full.get(source, 0):
                    found[number, row_number] = "quarantined"
            else:
                versions[source, row["opportunity_id"]][number].append((row_number, row))
    chosen: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for (source, key), batches in versions.items():
        current = [number for number in batches if number >= newest_full.get(source, 0)]
        if not current:
            continue
        newest = max(current)
        for number in current:
            for row_number, _ in batches[number]:
                found[number, row_number] = "superseded"
        status = {number: judge_batch([row for _, row in rows]) for number, rows in batches.items()}
        last = {number: max(row_number for row_number, _ in rows) for number, rows in batches.items()}
        if status[newest] == "good":
            found[newest, last[newest]] = "staged"
            chosen[key].append((newest, last[newest]))
        elif status[newest] == "tombstone":
            found[newest, last[newest]] = "deleted"
        else:
            rows = batches[newest] if status[newest] == "contradicted" else [(last[newest], {})]
            for row_number, _ in rows:
                found[newest, row_number] = "quarantined"
            for number in range(newest - 1, 0, -1):
                if history[number - 1][0] != source:
                    continue
                if number in batches and status[number] == "good":
                    found[number, last[number]] = "held"
                    chosen[key].append((number, last[number]))
                is_full = history[number - 1][1] == "full"
                if (number in batches and status[number] in {"good", "tombstone"}) or (
                    is_full and number not in batches
                ):
                    break
    for places in chosen.values():
        if len(places) > 1:
            for number, row_number in places:
                source = history[number - 1][0]
                if number >= newest_full.get(source, 0):
                    found[number, row_number] = "quarantined"
                else:
                    del found[number, row_number]
    return found


def judge_batch(rows: list[dict[str, Any]]) -> str:
    """What one batch says about a key."""
    if any(row != rows[0] for row in rows):
        return "contradicted"
    if rows[0]["_is_deleted"]:
        return "tombstone"
    return "failing" if rows[0]["deal_amount"] == BAD else "good"


def test_the_newest_version_counts_and_the_order_is_the_sequence(staging: dict[str, StagingSql]) -> None:
    history: History = [
        ("crm", "full", [deal("a", "1"), deal("b", "1")]),
        ("crm", "delta", [deal("a", "2")]),
        ("crm", "delta", [deal("a", "1"), deal("c")]),
    ]
    assert outcomes(staging["opportunities"], history) == {
        (1, 1): "superseded", (1, 2): "staged", (2, 1): "superseded", (3, 1): "staged", (3, 2): "staged",
    }  # fmt: skip


def test_a_key_whose_newest_version_is_bad_is_held(staging: dict[str, StagingSql]) -> None:
    history: History = [("crm", "full", [deal("a")]), ("crm", "delta", [deal("a", BAD)])]
    assert outcomes(staging["opportunities"], history) == {(1, 1): "held", (2, 1): "quarantined"}


def test_a_held_version_is_found_in_a_batch_that_a_full_one_replaced(staging: dict[str, StagingSql]) -> None:
    history: History = [
        ("crm", "full", [deal("a"), deal("b")]),
        ("crm", "full", [deal("a", BAD), deal("b")]),
        ("crm", "full", [deal("a", BAD), deal("b")]),
    ]
    assert outcomes(staging["opportunities"], history) == {(1, 1): "held", (3, 1): "quarantined", (3, 2): "staged"}


def test_a_key_that_was_gone_is_not_brought_back_by_a_bad_version(staging: dict[str, StagingSql]) -> None:
    history: History = [
        ("crm", "full", [deal("a")]), ("crm", "full", [deal("b")]), ("crm", "delta", [deal("a", BAD)]),
    ]  # fmt: skip
    assert outcomes(staging["opportunities"], history) == {(2, 1): "staged", (3, 1): "quarantined"}
    history = [("crm", "full", [deal("a")]), ("crm", "delta", [deal("a", is_deleted=True)]),
               ("crm", "delta", [deal("a", BAD)])]  # fmt: skip
    assert outcomes(staging["opportunities"], history) == {
        (1, 1): "superseded", (2, 1): "superseded", (3, 1): "quarantined",
    }  # fmt: skip


def test_a_key_that_contradicts_itself_is_quarantined_whole(staging: dict[str, StagingSql]) -> None:
    history: History = [("crm", "full", [deal("a", "1"), deal("b"), deal("a", "2"), deal("a", "1")])]
    assert outcomes(staging["opportunities"], history) == {
        (1, 1): "quarantined", (1, 2): "staged", (1, 3): "quarantined", (1, 4): "quarantined",
    }  # fmt: skip


def test_an_equal_row_of_one_batch_is_superseded(staging: dict[str, StagingSql]) -> None:
    history: History = [("crm", "full", [deal("a"), deal("a")])]
    assert outcomes(staging["opportunities"], history) == {(1, 1): "superseded", (1, 2): "staged"}


def test_a_key_in_two_sources_is_quarantined_in_both(staging: dict[str, StagingSql]) -> None:
    history: History = [("crm", "full", [deal("a"), deal("b")]), ("other", "full", [deal("a"), deal("c")])]
    assert outcomes(staging["opportunities"], history) == {
        (1, 1): "quarantined", (1, 2): "staged", (2, 1): "quarantined", (2, 2): "staged",
    }  # fmt: skip


def test_a_tombstone_takes_its_key_away(staging: dict[str, StagingSql]) -> None:
    history: History = [
        ("crm", "full", [deal("a"), deal("b")]),
        ("crm", "delta", [{"opportunity_id": "a", "_is_deleted": True}, deal("never", is_deleted=True)]),
    ]
    assert outcomes(staging["opportunities"], history) == {
        (1, 1): "superseded", (1, 2): "staged", (2, 1): "deleted", (2, 2): "deleted",
    }  # fmt: skip


def test_a_full_export_cut_in_half_stages_the_half_that_came(staging: dict[str, StagingSql]) -> None:
    """Keys absent from a full export are gone; that so many are gone at once is the gate's to stop."""
    whole = [deal(str(number)) for number in range(10)]
    found = outcomes(staging["opportunities"], [("crm", "full", whole), ("crm", "full", whole[:5])])
    assert found == {(2, row): "staged" for row in range(1, 6)}


rows = st.builds(
    deal,
    st.sampled_from(["a", "b", "c", "", None]),
    st.sampled_from([GOOD, "2", BAD]),
    st.sampled_from([False, False, True]),
)
batches = st.tuples(
    st.sampled_from(["crm", "crm", "other"]), st.sampled_from(["full", "delta"]), st.lists(rows, max_size=4)
)


@settings(max_examples=60, deadline=None)
@given(history=st.lists(batches, min_size=1, max_size=6))
def test_random_histories_are_judged_as_the_rules_say(staging: dict[str, StagingSql], history: History) -> None:
    found = outcomes(staging["opportunities"], history)
    assert found == judge(history)
    current = sum(len(batch) for _, _, batch in current_batches(history))
    recalled = sum(1 for place in found if place[0] < first_current(history, place[0]))
    assert current + recalled == len(found)


def first_current(history: History, number: int) -> int:
    """The first batch that counts, of the source of a batch."""
    source = history[number - 1][0]
    fulls = [place for place, (name, kind, _) in enumerate(history, start=1) if name == source and kind == "full"]
    return max(fulls, default=0)


def current_batches(history: History) -> History:
    """The batches that count."""
    return [batch for number, batch in enumerate(history, start=1) if number >= first_current(history, number)]
