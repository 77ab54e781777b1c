"""The steps of pay in their order, for one case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.pay.reference.bonuses import PERIOD_EVENTS, PLAIN_CURVE, period_credits
from tests.pay.reference.carries import carry_lines
from tests.pay.reference.clawbacks import claw_back, recoveries
from tests.pay.reference.closes import closed_line, with_closes
from tests.pay.reference.credits import credits_of
from tests.pay.reference.currencies import Quotes
from tests.pay.reference.curves import is_outside, line_amounts
from tests.pay.reference.draws import draw_entries, draws_of
from tests.pay.reference.events import events_of
from tests.pay.reference.interim import with_interim_pay
from tests.pay.reference.limits import Taken, apply_rules, floor_lines
from tests.pay.reference.matrix import settle_matrices
from tests.pay.reference.measures import accumulate, carry_totals, is_mirror, limit_events
from tests.pay.reference.mirrors import mirrored
from tests.pay.reference.notes import with_notes_matched
from tests.pay.reference.numbers import ZERO
from tests.pay.reference.openings import left_to_pay, opening_credits, openings_of, openings_read
from tests.pay.reference.parts import Credit, Line, Posting, Result
from tests.pay.reference.payables import (
    PASSED_ON,
    Waiting,
    entries_of,
    waiting_floors,
    waiting_of,
    waits,
    with_earned,
    with_posted,
)
from tests.pay.reference.people import quota_of
from tests.pay.reference.returns import taken_out
from tests.pay.reference.roundings import rounded_lines


def calculate(case: dict[str, Any], chosen: Callable[[dict[str, Any], dict[str, Any], str], Any]) -> Result:
    """Pay of one case.

    Args:
        case: the case as data; dates are dates, numbers text.
        chosen: the choice for (plan, component, switch).
    """

    def switches(plan: dict[str, Any], component: dict[str, Any], name: str) -> Any:
        # What pays for a period has no negative total to lose, and counts are of what was sold.
        if name == "negative_total" and (
            component["event"] in PERIOD_EVENTS or component.get("measure", "amount") == "count"
        ):
            return "first_tier"
        # A SPIFF is for events, and read as they are.
        of_periods = {*PERIOD_EVENTS} - {"spiff"}
        if name in ("gate_reading", "multiplier_reading") and component["event"] in of_periods:
            return "period_end"
        return chosen(plan, component, name)

    case = {**with_notes_matched(case), "rates": Quotes(case.get("rates", ()))}
    for plan in case["plans"]:
        for component in plan["components"]:
            component.setdefault("curve", PLAIN_CURVE)
    windows: dict[tuple[Any, ...], list[Credit]] = defaultdict(list)
    of_events = [credit for event in events_of(case) for credit in credits_of(case, event, switches)]
    openings = openings_of(case, of_events, switches)
    of_periods = period_credits(case, [*of_events, *openings_read(openings)], switches)
    limit_events(of_events)
    for credit in [*of_events, *of_periods, *opening_credits(case, openings)]:
        sale = credit.event["origin"]["id"] if credit.component["window"] == "none" else ""
        key = (
            credit.payee,
            credit.plan["plan_id"],
            credit.component["component_id"],
            credit.window,
            sale,
            credit.kind if sale else "",
            credit.measured.segment_number(credit.counted) if credit.measured else 0,
        )
        windows[key].append(credit)
    result = Result()
    sales: dict[tuple[str, ...], Credit] = {}
    posted: list[tuple[list[Credit], list[Posting]]] = []
    for window in windows.values():
        window.sort(key=lambda credit: (credit.opening is None, credit.order))
    carry_totals(windows, switches)
    for window in windows.values():
        for credit in window:
            if credit.measured is None:
                credit.terms = replace(credit.terms, quota=quota_of(case, credit))
        accumulate(case, window, switches)
        hold_outside(window, switches)
    settle_matrices(case, windows, switches)
    for key, window in windows.items():
        lines: list[Posting] = []
        for position, credit in enumerate(window):
            if credit.held or is_mirror(credit, switches):
                lines.append((credit, None, None))
            else:
                earlier = window[:position]
                lines += taken_out(case, credit, earlier, switches) or line_amounts(
                    credit, earlier, window, credit.terms.quota, switches
                )
            sales[credit.sale_key(credit.event)] = credit
        posted.append((window, with_interim_pay(case, lines, switches)))
        known = all(credit.dx is not None for credit in window)
        measure = sum((credit.dx or ZERO for credit in window), ZERO) if known else None
        result.measures[(key[0], key[2], key[3] + key[4])] = measure
    taken_off = Taken()
    ruled = apply_rules(case, windows, [lines for _, lines in posted], switches, taken_off, openings)
    settled: list[Posting] = []
    waiting: list[Waiting] = []
    at_once: list[Line] = []
    for (window, _), lines in zip(posted, ruled, strict=True):
        complete: list[Posting] = []
        for credit, cause, pay in lines:
            if not credit.held and cause is None and is_mirror(credit, switches):
                sale = sales[credit.sale_key(credit.event["origin"])]
                complete += mirrored(credit, sale, window)
            elif credit.opening is not None and cause is None:
                complete.append((credit, cause, left_to_pay(credit, pay)))
            else:
                complete.append((credit, cause, pay))
        complete.sort(key=lambda one: ((one[1] or one[0]).order, one[1] is not None, one[0].order))
        settled += complete
        rounded = rounded_lines(case, complete, switches)
        result.lines += rounded
        later, plain = waiting_of(case, complete, rounded, switches)
        waiting += later
        at_once += plain
    over_time = carry_lines(case, taken_off, settled, switches)
    over_time += floor_lines(case, result.lines + over_time, switches)
    later, plain = waiting_floors(case, over_time)
    claw_back(case, waiting, list(windows.values()), switches)
    entries, payable = entries_of(case, waiting + later)
    # What nobody takes over stays in sight in closed periods too.
    result.entries = [
        entry
        for entry in entries
        if entry[4] not in case.get("closed", ()) or (entry[0] in PASSED_ON and entry[5] is None)
    ]
    result.lines = with_closes(case, result.lines + over_time)
    plans = {person["id"]: person["plan"] for person in case["people"]}
    seen = with_closes(case, at_once + plain, lambda row: waits(case, plans[row["payee"]], row["component"]))
    seen += with_posted(case, payable) + with_earned(case, waiting, switches)
    in_sight = [entry for entry in result.entries if entry[4] in case.get("closed", ())]
    seen += [closed_line(case, entry[1], "", "posted", entry[4], entry[4], ZERO) for entry in in_sight]
    # What adjusts a closed period is a line of the open one, whatever it makes payable.
    adjusted = [line for line in result.lines if line.kind == "adjustment"]
    seen += [replace(line, pay=ZERO) for line in adjusted if waits(case, plans[line.payee], line.component)]
    recovered, lowered, taken = recoveries(case, entries, seen)
    result.entries += recovered
    result.draws, result.to_pay = draws_of(case, seen + lowered, taken, switches)
    result.entries += draw_entries(case, result.draws)
    return result


def hold_outside(window: list[Credit], switches: Any) -> None:
    """From the first credit on that stands where its curve calls it an error, the window is held."""
    outside = False
    for credit in window:
        if not outside and not credit.held and not is_mirror(credit, switches):
            outside = is_outside(credit, credit.terms.quota, switches)
        credit.held = credit.held or outside
