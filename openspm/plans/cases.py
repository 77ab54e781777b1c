"""Plan cases: read `*.cases.yml`, compute all of them at once, compare exactly, and say what differs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from openspm.errors import OpenspmError
from openspm.plans.case_entries import entry_differences
from openspm.plans.case_landing import World
from openspm.plans.case_runs import Outcome, Record, compute
from openspm.plans.case_schema import Case, CaseFile, Expectation
from openspm.plans.load import CASES_SUFFIX, LoadedPlan, check_plans
from openspm.plans.reading import Document, Place, PlanRefused, read_document
from openspm.plans.switches import Conventions
from openspm.plans.validation import validated

# The columns of fct_draw_balances by the words of cases.
DRAW_COLUMNS = {
    "paid": "paid_amount",
    "owed": "closing_amount",
    "opening": "opening_amount",
    "granted": "granted_amount",
    "advanced": "advanced_amount",
    "recovered": "recovered_amount",
    "guaranteed": "guaranteed_amount",
    "forgiven": "forgiven_amount",
    "in_advance": "paid_in_advance_amount",
    "settled": "settled_amount",
    "carried": "closing_carried_amount",
}


@dataclass(frozen=True)
class Difference:
    """One thing that was expected and what came instead."""

    what: str
    expected: str
    got: str


@dataclass(frozen=True)
class CaseResult:
    """The result of one case.

    Attributes:
        file, line: where the case stands.
        differences: empty for a case that holds.
    """

    file: str
    line: int
    name: str
    differences: tuple[Difference, ...]

    @property
    def is_passed(self) -> bool:
        """Whether everything came out as expected."""
        return not self.differences


@dataclass(frozen=True)
class _Prepared:
    """A case that was read, before it is computed."""

    document: Document
    position: int
    case: Case
    world: World | None
    refusal: str | None


def run_cases(path: Path, state_root: Path | None = None) -> list[CaseResult]:
    """Run a file of cases, or every `*.cases.yml` in a folder and below, in one batch.

    Args:
        path: the file or folder.
        state_root: where dbt keeps its manifest between runs; a folder of its own by default.

    Raises:
        OpenspmError: no such file, or a file that is not a file of cases.
    """
    prepared = _prepare_all(path)
    outcomes = compute([case.world for case in prepared if case.world is not None], state_root)
    return [_judge(case, outcomes) for case in prepared]


def worlds_of_cases(path: Path) -> list[World]:
    """What the cases of a file, or of a folder and below, give the engine; refused plans give nothing.

    Raises:
        OpenspmError: no such file, or a file that is not a file of cases.
    """
    return [case.world for case in _prepare_all(path) if case.world is not None]


def table_of_results(results: Sequence[CaseResult]) -> str:
    """A table of the cases: what holds, and for what does not, expected and got."""
    lines: list[str] = []
    for result in results:
        lines.append(f"{'ok  ' if result.is_passed else 'FAIL'}  {result.file}:{result.line}  {result.name}")
        for difference in result.differences:
            lines.append(f"        {difference.what}: expected {difference.expected}, got {difference.got}")
    failed = sum(not result.is_passed for result in results)
    lines.append(f"{len(results)} cases, {len(results) - failed} hold, {failed} do not")
    return "\n".join(lines)


def _prepare_all(path: Path) -> list[_Prepared]:
    """Read every case, each under a prefix that no other one has."""
    files = sorted(path.rglob(f"*{CASES_SUFFIX}")) if path.is_dir() else [path]
    if not files or not files[0].exists():
        raise OpenspmError(
            "There are no cases", where=str(path), next_step=f"Give a file or a folder with *{CASES_SUFFIX} files."
        )
    prepared = [case for file in files for case in _prepare(file)]
    return [_numbered(case, number) for number, case in enumerate(prepared)]


def _prepare(path: Path) -> Iterator[_Prepared]:
    """Read a file of cases and check the plans in it."""
    document = read_document(path)
    file = validated(CaseFile, document.content, document)
    for position, case in enumerate(file.cases):
        switches = {**file.conventions, **case.conventions}
        conventions = validated(Conventions, switches, document, ("cases", position, "conventions"))
        written = [case.plan] if case.plan is not None else list(case.plans)
        documents = [
            _plan_document(
                plan, file, document, ("cases", position, *(("plan",) if case.plan is not None else ("plans", at)))
            )
            for at, plan in enumerate(written)
        ]
        plans, refusal = _checked(documents, conventions)
        world = World("", case, tuple(plans)) if refusal is None and case.expect.refused is None else None
        yield _Prepared(document, position, case, world, refusal)


def _checked(documents: Sequence[Document], conventions: BaseModel) -> tuple[list[LoadedPlan], str | None]:
    """The checked plans, or why they are refused."""
    plans, faults = check_plans(documents, conventions)
    return plans, "\n".join(str(fault) for fault in faults) if faults else None


def _plan_document(plan: dict[str, Any] | str, file: CaseFile, document: Document, place: Place) -> Document:
    """A case's plan as a document of its own, with the lines of the file that it stands in."""
    if isinstance(plan, str):
        if plan in file.plans:
            return _plan_document(file.plans[plan], file, document, ("plans", plan))
        beside = document.path.parent / plan
        if not beside.exists():
            raise PlanRefused([document.fault(place, f"{plan} is no plan of this file and no file beside it")])
        return read_document(beside)
    lines = {key[len(place) :]: line for key, line in document.lines.items() if key[: len(place)] == place}
    return Document(document.path, plan, lines)


def _numbered(prepared: _Prepared, number: int) -> _Prepared:
    """The case under a prefix that no other case of the batch has."""
    if prepared.world is None:
        return prepared
    world = World(f"c{number:05d}.", prepared.case, prepared.world.plans)
    return _Prepared(prepared.document, prepared.position, prepared.case, world, prepared.refusal)


def _judge(prepared: _Prepared, outcomes: dict[str, Outcome]) -> CaseResult:
    """Compare what came out with what must."""
    expect, wanted = prepared.case.expect, prepared.case.expect.refused
    if wanted is not None:
        got = prepared.refusal or "the plan is accepted"
        differences = [] if wanted in got else [Difference("refusal", wanted, got)]
    elif prepared.refusal is not None or prepared.world is None:
        differences = [Difference("plan", "accepted", prepared.refusal or "refused")]
    else:
        outcome = outcomes[prepared.world.rule_set_id]
        differences = [
            Difference("quotas", "each read by a window", quota["said_text"]) for quota in outcome.unread_quotas
        ]
        differences += _differences(expect, outcome)
    line = prepared.document.line(("cases", prepared.position))
    return CaseResult(prepared.document.path.name, line, prepared.case.case, tuple(differences))


def _differences(expect: Expectation, outcome: Outcome) -> Iterator[Difference]:
    """Everything in which an outcome differs from what was expected."""
    if expect.lines is not None:
        yield from _unmatched("line", [_line(line) for line in expect.lines], [_got_line(row) for row in outcome.lines])
    if expect.slices is not None:
        events = {item.event for item in expect.slices}
        got = [_got_slice(row) for row in outcome.traces if row["event_id"] in events]
        yield from _unmatched("slice", [_shown(item) for item in expect.slices], got)
    if expect.total is not None:
        held = any(row["is_held"] for row in outcome.lines)
        total = None if held else sum((row["earned_amount"] for row in outcome.lines), Decimal(0))
        if total != expect.total:
            yield Difference("total", str(_money(expect.total)), str(_money(total)))
    for payout in expect.payouts or ():
        rows = [
            row
            for row in outcome.payouts
            if row["period_id"] == payout.period and payout.payee in (None, row["payee_id"])
        ]
        named = {"pays": "earned_amount"} | {
            name: f"{name}_amount" for name in ("credited", "payable", "to_pay") if getattr(payout, name) is not None
        }
        got_payouts = [
            {name: _money(row[column]) for name, column in named.items()} | {"held": row["is_held"]} for row in rows
        ]
        wanted = {name: _money(getattr(payout, name)) for name in named} | {"held": payout.held}
        if got_payouts != [wanted]:
            yield Difference(f"payout of {payout.period}", _text(wanted), _text(got_payouts))
    if expect.entries is not None:
        for wanted_entry, got_entry in entry_differences(expect.entries, outcome.entries):
            yield Difference("entry", wanted_entry, got_entry)
    yield from _draw_differences(expect, outcome)
    for attained in expect.attainment or ():
        rows = [
            row
            for row in outcome.attainment
            if row["period_id"] == attained.period
            and attained.payee in (None, row["payee_id"])
            and attained.component in (None, row["component_id"])
        ]
        names = {"measure": "measure_amount", "ratio": "attainment_ratio", "quota": "quota_amount"}
        compared = [name for name in names if getattr(attained, name) is not None]
        wanted = {name: _money(getattr(attained, name)) for name in compared} | {"held": attained.held}
        got_rows = [{name: _money(row[names[name]]) for name in compared} | {"held": row["is_held"]} for row in rows]
        if got_rows != [wanted]:
            yield Difference(f"attainment of {attained.period}", _text(wanted), _text(got_rows))


def _draw_differences(expect: Expectation, outcome: Outcome) -> Iterator[Difference]:
    """Everything in which draws differ from what was expected."""
    for draw in expect.draws or ():
        rows = [
            row
            for row in outcome.draws
            if row["period_id"] == draw.period
            and draw.payee in (None, row["payee_id"])
            and draw.draw in (None, row["draw_id"])
        ]
        compared = [name for name in DRAW_COLUMNS if getattr(draw, name) is not None]
        wanted = {name: _money(getattr(draw, name)) for name in compared} | {"held": draw.held}
        got = [{name: _money(row[DRAW_COLUMNS[name]]) for name in compared} | {"held": row["is_held"]} for row in rows]
        if got != [wanted]:
            yield Difference(f"draw of {draw.period}", _text(wanted), _text(got))


def _unmatched(what: str, expected: list[Record], got: list[Record]) -> Iterator[Difference]:
    """Expected rows without a row that has all they name, and rows that nobody expected."""
    left = list(got)
    # The most exact expectations choose first.
    for wanted in sorted(expected, key=len, reverse=True):
        match = next((row for row in left if _meets(row, wanted)), None)
        if match is not None:
            left.remove(match)
            continue
        near = [row for row in left if row["event"] == wanted.get("event") and row["kind"] == wanted.get("kind")]
        yield Difference(what, _text(wanted), _text([_only(row, wanted) for row in near]))
    for row in left:
        if not any(
            row["event"] == wanted.get("event") and row["kind"] == wanted.get("kind", row["kind"])
            for wanted in expected
        ):
            yield Difference(what, "nothing", _text(row))
    if len(got) > len(expected):
        yield Difference(f"number of {what}s", str(len(expected)), str(len(got)))


def _meets(row: Record, wanted: Record) -> bool:
    """Whether a row has all that was expected of it."""
    return all(
        str(value) in str(row[name]) if name == "because" else row.get(name) == value for name, value in wanted.items()
    )


def _only(row: Record, wanted: Record) -> Record:
    """The part of a row that was expected."""
    return {name: row.get(name) for name in wanted}


def _line(line: BaseModel) -> Record:
    """An expected line as it is compared."""
    return _shown(line)


def _shown(item: BaseModel) -> Record:
    """What an expectation names."""
    values = item.model_dump(exclude_none=True)
    return {name: _money(value) if isinstance(value, Decimal) else value for name, value in values.items()}


def _got_line(row: Record) -> Record:
    """A line of the mart in the words of cases."""
    line = {
        "event": row["event_id"],
        "payee": row["payee_id"],
        "component": row["component_id"],
        "currency": row["currency_code"],
        "period": row["period_id"],
        "kind": row["line_kind_code"],
        "credit": row["credit_id"].rsplit(":", 1)[-1] if row["credit_id"] else None,
        "because": row["cause_text"] or "",
        "held": row["is_held"],
    }
    return line if row["is_held"] else line | {"pays": _money(row["earned_amount"])}


def _got_slice(row: Record) -> Record:
    """A slice of the mart in the words of cases."""
    return {
        "event": row["event_id"],
        "kind": row["trace_kind_code"],
        "base": _money(row["base_amount"]),
        "rate": _money(row["rate_ratio"]),
        "divisor": _money(row["denominator_amount"]),
        "direction": row["rate_direction_code"],
        "rate_date": row["rate_date"],
        "pays": _money(row["slice_amount"]),
    }


def _money(value: Decimal | None) -> str | None:
    """A number so that equal ones have equal texts."""
    if value is None:
        return None
    text = f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
    return "0" if text in {"-0", ""} else text


def _text(value: object) -> str:
    """A row for people."""
    return json.dumps(value, default=str, ensure_ascii=False)
