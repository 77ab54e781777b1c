"""Draws of plans: what of them is refused, and their rows in the planning tables draws and draw_grants."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import combinations
from typing import Any

from openspm.plans.compile_currencies import net_floor_currency
from openspm.plans.currencies import minor_unit_digits
from openspm.plans.numbers import written
from openspm.plans.reading import Document, Fault, Place
from openspm.plans.schema import Draw, Plan

Row = dict[str, str | None]
ALWAYS = datetime.date(1900, 1, 1)


def draw_faults(plan: Plan, document: Document) -> list[Fault]:
    """What is wrong with the draws of a plan."""
    faults: list[Fault] = []
    seen: set[str] = set()
    for position, draw in enumerate(plan.draws):
        place: Place = ("draws", position)
        if draw.draw_id in seen:
            faults.append(document.fault(place, f"two draws are named {draw.draw_id}"))
        seen.add(draw.draw_id)
        texts = [*_combinations(draw), *_fractions(draw, plan.currency)]
        faults += [document.fault((*place, *key), f"{draw.draw_id}: {text}") for key, text in texts]
        if draw.is_recoverable and plan.country is None:
            faults.append(
                document.fault(
                    place,
                    f"{draw.draw_id}: a recoverable draw needs a country profile: how much a pay run may take back, "
                    "whether the payee must consent, what is left to live on, what holds at termination; write "
                    "`country:` with most_per_run, consent, net_floor and termination",
                )
            )
    return faults


def _combinations(draw: Draw) -> Iterator[tuple[Place, str]]:
    """What is combined and must not be: a place within the draw, and why."""
    if (draw.amount is not None) + bool(draw.schedule) + draw.personal != 1:
        yield (), "write exactly one of amount, schedule and personal: true"
    if not draw.is_recoverable:
        for name in ("first_recovery", "most_recovered"):
            if getattr(draw, name) is not None:
                yield (name,), f"a guarantee is not recovered; take {name} out, or choose another style"
    for number, grant in enumerate(draw.schedule):
        if grant.to is not None and grant.to < grant.from_:
            yield ("schedule", number, "to"), f"to {grant.to} lies before from {grant.from_}"
    for (_, one), (number, other) in combinations(enumerate(draw.schedule), 2):
        if (other.to is None or one.from_ <= other.to) and (one.to is None or other.from_ <= one.to):
            yield ("schedule", number), f"grants from {one.from_} and from {other.from_} hold on the same days"


def _fractions(draw: Draw, currency: str) -> Iterator[tuple[Place, str]]:
    """Amounts that nobody can pay out."""
    digits = minor_unit_digits(currency)
    amounts: list[tuple[Place, Decimal | None]] = [
        (("amount",), draw.amount),
        (("most_recovered",), draw.most_recovered),
        *((("schedule", number), grant.amount) for number, grant in enumerate(draw.schedule)),
    ]
    for place, amount in amounts:
        if amount is not None and amount != round(amount, digits):
            yield place, f"{amount} has more decimals than {currency}"


def faults_of_draw_switches(plan: Plan, switches: Mapping[str, Any], document: Document) -> list[Fault]:
    """Readings of draws that contradict each other or the country profile."""
    faults: list[Fault] = []
    if (
        plan.payout is not None
        and switches.get("draw_disbursement") == "in_advance"
        and switches.get("payout_rate_day") == "period_end"
    ):
        faults.append(
            document.fault(
                ("draws",),
                "draw_disbursement: in_advance, with payout, pays a draw before the rate of the period's last day is "
                "known; use payout_rate_day: period_start or sale_date, or draw_disbursement: at_settlement",
            )
        )
    if (
        switches.get("draw_end") == "final_pay"
        and plan.country is not None
        and plan.country.termination == "stays_owed"
    ):
        faults.append(
            document.fault(
                ("draws",),
                "draw_end: final_pay contradicts the country profile, whose termination is stays_owed; use owed or "
                "forgiven",
            )
        )
    if switches.get("draw_disbursement") == "in_advance" and switches.get("draw_adjustments") == "beside":
        faults.append(
            document.fault(
                ("draws",),
                "draw_disbursement: in_advance with draw_adjustments: beside could leave less than nothing to settle; "
                "use feed",
            )
        )
    return faults


def faults_between_draws(one: Plan, other: Plan, document: Document, there: str) -> list[Fault]:
    """A balance goes on into the next version, so its draw must: with the same key, style and place in the order."""
    earlier, later = (one, other) if one.valid_from <= other.valid_from else (other, one)
    faults: list[Fault] = []
    for position, draw in enumerate(earlier.draws):
        same = later.draws[position] if position < len(later.draws) else None
        if same is None or (same.draw_id, same.style) != (draw.draw_id, draw.style):
            faults.append(
                document.fault(
                    ("draws",),
                    f"draw {position + 1} of version {earlier.version} is {draw.draw_id}, {draw.style}, and must stay "
                    f"so in version {later.version} ({there}): its balance goes on; end it with ends_on",
                )
            )
    return faults


def draw_rows(plan: Plan, plan_key: Row, switches: Mapping[str, Any], document: Document) -> dict[str, list[Row]]:
    """The rows of a plan's draws by table."""
    rows: dict[str, list[Row]] = {"draws": [], "draw_grants": []}
    for order, draw in enumerate(plan.draws, start=1):
        key = plan_key | {"draw_id": draw.draw_id}
        rows["draws"].append(
            key
            | {
                "draw_name": draw.name,
                "draw_order": str(order),
                "style_code": draw.style,
                "is_personal": "true" if draw.personal else "false",
                "is_prorated": "true" if plan.prorates("draws") else "false",
                "first_recovery_date": draw.first_recovery.isoformat() if draw.first_recovery else None,
                "most_recovered_amount": written(draw.most_recovered),
                "ends_on_date": draw.ends_on.isoformat() if draw.ends_on else None,
                "most_per_run_ratio": written(plan.country.most_per_run) if plan.country else None,
                "net_floor_amount": written(plan.country.net_floor) if plan.country else None,
                "net_floor_currency_code": net_floor_currency(plan),
                "is_consent_needed": "true" if plan.country and plan.country.consent == "on_record" else "false",
                "is_taken_from_final_pay": (
                    "false" if plan.country and plan.country.termination == "stays_owed" else "true"
                ),
                "adjustments_code": switches["draw_adjustments"],
                "disbursement_code": switches["draw_disbursement"],
                "negative_code": switches["draw_negative"],
                "posting_code": switches.get("draw_posting", "net"),
                "end_code": switches.get("draw_end", "owed"),
                "rounding_method_code": switches.get("rounding"),
                "source_text": f"{document.path.name}:{document.line(('draws', order - 1))}",
            }
        )
        grants = [(grant.from_, grant.to, grant.amount) for grant in draw.schedule]
        if draw.amount is not None:
            # Which version of a draw holds in a period, the version of the plan says.
            grants = [(ALWAYS, None, draw.amount)]
        rows["draw_grants"] += [
            key
            | {
                "grant_number": str(number),
                "valid_from_date": from_.isoformat(),
                "valid_to_date": to.isoformat() if to else None,
                "draw_amount": written(amount),
            }
            for number, (from_, to, amount) in enumerate(grants, start=1)
        ]
    return rows
