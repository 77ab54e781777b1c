"""What a payee has for a period and not for an event: fixed amounts, objectives, ratios, pools and contests.

Every one becomes a credit of the period: dX is an amount of pay, or how far a ratio went since the period before.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from tests.pay.reference.contests import prizes, ranks_by_gate, shared
from tests.pay.reference.interim import interim_pay, part_to_date
from tests.pay.reference.numbers import ZERO, number, rounded
from tests.pay.reference.parts import Credit
from tests.pay.reference.people import assignment, plan_on
from tests.pay.reference.periods import DAY, days_of, last_day, period_of, span_named, span_of
from tests.pay.reference.terms import Measured, Terms

PERIOD_EVENTS = ("fixed", "mbo", "ratio", "pool", "contest", "spiff", "linked")
PLAIN_CURVE = {"style": "marginal", "over": "amount", "tiers": [{"from": "0", "rate": "100 %"}]}
Switches = Callable[[dict[str, Any], dict[str, Any], str], Any]
Stay = dict[datetime.date, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]


def needs_quota(component: dict[str, Any]) -> bool:
    """Whether bounds are shares of a quota: a ratio has bounds of its own unless it asks for one."""
    if component["event"] in PERIOD_EVENTS:
        return bool(component.get("quota") == "required")
    return bool(component["curve"]["over"] == "attainment")


def has_period_components(case: dict[str, Any]) -> bool:
    """Whether any plan pays for periods."""
    return any(component["event"] in PERIOD_EVENTS for plan in case["plans"] for component in plan["components"])


def period_credits(case: dict[str, Any], read: list[Credit], switches: Switches) -> list[Credit]:
    """The credits of every period.

    Args:
        case: the case.
        read: the credits of events, which ratios, pools and contests read.
        switches: the choice for (plan, component, switch).
    """
    if not has_period_components(case):
        return []
    found: list[Credit] = []
    names = sorted(
        {
            (plan["plan_id"], component["component_id"])
            for plan in case["plans"]
            for component in plan["components"]
            if component["event"] in PERIOD_EVENTS
        }
    )
    for plan_id, component_id in names:
        stays = _stays(case, plan_id, component_id)
        if not any(stays.values()):
            continue
        kind = next(iter(next(stay for stay in stays.values() if stay).values()))[1]["event"]
        earned = {"pool": _pools, "contest": _contests, "spiff": _spiffs}.get(kind)
        if earned is not None:
            found += earned(case, stays, read, switches)
            continue
        for payee, stay in stays.items():
            found += _of_payee(case, payee, stay, read, switches)
    return found


def _stays(case: dict[str, Any], plan_id: str, component_id: str) -> dict[str, Stay]:
    """On which days who has a component, by which plan version, component and assignment."""
    stays: dict[str, Stay] = {}
    for payee in sorted({person["id"] for person in case["people"]}):
        stay: Stay = {}
        # Payment days of pools may lie behind the last period.
        for day in _days(days_of(case, "month")[0].first, last_day(case) + 59 * DAY):
            person = assignment(case, payee, day)
            plan = plan_on(case, person.get("plan") if person else None, day)
            if person is None or plan is None or plan["plan_id"] != plan_id:
                continue
            for component in plan["components"]:
                if component["component_id"] == component_id:
                    stay[day] = (plan, component, person)
        stays[payee] = stay
    return stays


def _days(first: datetime.date, last: datetime.date) -> Iterator[datetime.date]:
    while first <= last:
        yield first
        first += datetime.timedelta(days=1)


def periods_of(case: dict[str, Any], kind: str) -> Iterator[tuple[datetime.date, datetime.date]]:
    """First and last day of every period of a kind."""
    yield from ((span.first, span.last) for span in days_of(case, kind))


def _credit(
    case: dict[str, Any], payee: str, plan: dict[str, Any], component: dict[str, Any], name: str, day: datetime.date,
    dx: Fraction | None, dy: Fraction | None, terms: Terms | None = None, closing: datetime.date | None = None,
) -> Credit:  # fmt: skip
    """A credit of a period; what has no terms of its own has those of its plan's version.

    `closing` is the last day of what is paid for, if that is not the pay period of the day.
    """
    event: dict[str, Any] = {"id": name, "date": day, "type": component["event"], "amount": "0"}
    event["origin"] = event
    window = period_of(case, component["window"], day)
    posted = period_of(case, plan.get("pay_every", "month"), closing or day)
    target = number(component["curve"].get("target", 1))
    terms = terms or Terms(None, target, Fraction(1), Fraction(1), (plan["version"],))
    # A SPIFF is for an event.
    until = None if component["event"] == "spiff" else span_named(case, posted).last
    return Credit(event, payee, "period", plan, component, dx, dy, day, window, posted, terms=terms, pays_until=until)


def _of_payee(case: dict[str, Any], payee: str, stay: Stay, read: list[Credit], switches: Switches) -> Iterator[Credit]:
    """Fixed amounts, objectives and ratios of one payee."""
    before: dict[str, Fraction] = {}
    if not stay:
        return
    plan, component, _ = next(iter(stay.values()))
    # Fixed amounts and objectives pay for their window, in the pay period with which it ends.
    kind = component["window"] if component["event"] in ("fixed", "mbo") else plan.get("pay_every", "month")
    own = [one for _, one, _ in stay.values() if {"proration", "ramp"} & set(one) or "target_share" in one["curve"]]
    measured = Measured(case, payee, plan["plan_id"], component["component_id"], switches) if own else None
    for first, last in periods_of(case, kind):
        days = [day for day in stay if first <= day <= last]
        if not days:
            continue
        plan, component, _ = stay[max(days)]
        name = period_of(case, kind, first)
        if component["event"] == "fixed":
            amount = number(component["fixed"]["amount"])
            rule = switches(plan, component, "partial_period")
            if rule == "prorated":
                amount = rounded(amount * len(days) / ((last - first).days + 1))
            elif rule == "last_day" and max(days) < last:
                amount = ZERO
            yield _credit(case, payee, plan, component, name, max(days), amount, amount, closing=last)
            continue
        if component["event"] == "linked":
            # What it reads is known when that is paid.
            yield _credit(case, payee, plan, component, name, max(days), ZERO, ZERO)
            continue
        if component["event"] == "mbo":
            x = _objectives(case, payee, component, name)
        else:
            x = _ratio(case, payee, plan, component, read, (max(days), last), switches)
        window = period_of(case, component["window"], first)
        terms, target = None, number(component["curve"].get("target", 1))
        if measured is not None:
            terms = measured.terms(max(days), max(days))
            target = terms.target
            x = None if measured.lacks_target(max(days)) else x
        dx = None if x is None else x - before.get(window, ZERO)
        before[window] = x or ZERO
        dy = None if dx is None else rounded(dx * target)
        yield _credit(case, payee, plan, component, name, max(days), dx, dy, terms, last)


def _objectives(case: dict[str, Any], payee: str, component: dict[str, Any], period: str) -> Fraction | None:
    """The weighted result, None while something is missing."""
    rows = [
        row
        for row in case.get("objectives", ())
        if (row["payee"], row["component"], row["period"]) == (payee, component["component_id"], period)
    ]
    weights = sum((number(row["weight"]) for row in rows), ZERO)
    whole = number(component.get("mbo", {}).get("whole", 1))
    if not rows or weights != whole or any(row.get("approved_by") in (None, payee) for row in rows):
        return None
    if any(row.get("result") is None for row in rows):
        return None
    return sum((rounded(number(row["weight"]) * number(row["result"])) for row in rows), ZERO)


def _measure(
    read: list[Credit], plan_id: str, component: str, first: datetime.date, last: datetime.date, who: Any
) -> Fraction | None:
    """What a component adds up to from a day to a day, None where a credit of it is unknown."""
    counted = [
        credit
        for credit in read
        if credit.plan["plan_id"] == plan_id
        and credit.component["component_id"] == component
        and first <= credit.date <= last
        and who(credit)
    ]
    if any(credit.dx is None or credit.dy is None for credit in counted):
        return None
    return sum((credit.dx for credit in counted if credit.dx is not None), ZERO)


def _ratio(
    case: dict[str, Any], payee: str, plan: dict[str, Any], component: dict[str, Any], read: list[Credit],
    ends: tuple[datetime.date, datetime.date], switches: Switches,
) -> Fraction | None:  # fmt: skip
    """The quotient to date: quotas are those of the payee's last day, measures until the end of what is paid."""
    day, last = ends
    first = next(start for start, end in periods_of(case, component["window"]) if start <= last <= end)
    if "weighted" in component["ratio"]:
        is_prorated = interim_pay(plan, component, switches) == "actual_to_date_prorated_quota"
        part = part_to_date(case, plan, component, last) if is_prorated else Fraction(1)
        return _weighted(case, payee, plan, component, read, (first, day, last), part, switches)
    over, under = (
        _measure(read, plan["plan_id"], component["ratio"][part], first, last, lambda c: c.payee == payee)
        for part in ("numerator", "denominator")
    )
    if over is None or under is None:
        return None
    if under == 0:
        return {"nothing": ZERO, "all": Fraction(1), "blocked": None}[switches(plan, component, "empty_ratio")]
    return rounded(over / under)


def _weighted(
    case: dict[str, Any], payee: str, plan: dict[str, Any], component: dict[str, Any], read: list[Credit],
    days: tuple[datetime.date, datetime.date, datetime.date], part_of_quotas: Fraction, switches: Switches,
) -> Fraction | None:  # fmt: skip
    """What components attain of their quotas, or of a part of these, each with its weight."""
    total = ZERO
    first, day, last = days
    window = span_of(case, component["window"], first)
    for part in component["ratio"]["weighted"]:
        name = part["measure"]
        measure = _measure(read, plan["plan_id"], name, first, last, lambda c: c.payee == payee)
        whole = Measured(case, payee, plan["plan_id"], name, switches).quota_on(window, 0, day)
        if measure is None or whole is None:
            return None
        quota = whole if part_of_quotas == 1 else rounded(whole * part_of_quotas, _digits(plan))
        if quota == 0:
            return None
        total += rounded(rounded(measure * number(part["weight"])) / quota)
    return total


def _digits(plan: dict[str, Any]) -> int:
    return {"JPY": 0, "KWD": 3}.get(plan["currency"], 2)


def _pools(case: dict[str, Any], stays: dict[str, Stay], read: list[Credit], switches: Switches) -> Iterator[Credit]:
    """Shares of pools, each floored to the minor unit and the rest by largest fraction, largest share, payee."""
    window = next(iter(next(stay for stay in stays.values() if stay).values()))[1]["window"]
    for first, last in periods_of(case, window):
        on: dict[str, dict[str, list[datetime.date]]] = {}
        for payee, stay in stays.items():
            for day in stay:
                if first <= day <= last:
                    on.setdefault(stay[day][2].get("team") or "", {}).setdefault(payee, []).append(day)
        for team, people in on.items():
            plan, component, _ = max(
                (stays[payee][max(days)] for payee, days in people.items()), key=lambda terms: int(terms[0]["version"])
            )
            yield from _one_pool(case, stays, people, team, plan, component, (first, last), read, switches)


def _one_pool(
    case: dict[str, Any], stays: dict[str, Stay], people: dict[str, list[datetime.date]], team: str,
    plan: dict[str, Any], component: dict[str, Any], window: tuple[datetime.date, datetime.date], read: list[Credit],
    switches: Switches,
) -> Iterator[Credit]:  # fmt: skip
    first, last = window
    pool = component["pool"]
    on_team = lambda credit: _team_on(stays, credit) == team  # noqa: E731
    measure: Fraction | None = ZERO
    if "of" in pool:
        measure = _measure(read, plan["plan_id"], pool["of"], first, last, on_team)
    amount = None
    if measure is not None and team:
        filled = max(measure, ZERO)
        tiers = pool.get("tiers") or [{"from": "0", "rate": pool.get("rate", "0")}]
        lows = [number(tier["from"]) for tier in tiers]
        amount = sum(
            (
                rounded(number(tier["rate"]) * (min(filled, high if high is not None else filled) - low))
                for tier, low, high in zip(tiers, lows, [*lows[1:], None], strict=True)
                if filled > low
            ),
            ZERO,
        )
        amount = number(pool["amount"]) if "amount" in pool else amount
        amount = rounded(amount, _digits(plan), switches(plan, component, "rounding"))
    paid_on = last + datetime.timedelta(days=int(pool.get("paid_after_days", 0)))
    members, weights = set(), {}
    for payee, days in people.items():
        if {
            "every_day": len(days) == (last - first).days + 1,
            "last_day": last in days,
            "payment_date": _team_day(stays[payee], paid_on) == team,
        }[pool["members"]]:
            members.add(payee)
        roles = {row["role"]: number(row["weight"]) for row in pool.get("weights", ())}
        own = ZERO
        if pool["shares"] == "contribution":
            own = sum(
                (c.dx or ZERO for c in read
                 if c.component["component_id"] == pool["of"] and c.payee == payee and first <= c.date <= last
                 and on_team(c)), ZERO)  # fmt: skip
        weights[payee] = {
            "equal": Fraction(1),
            "days": Fraction(len(days)),
            "role": roles.get(stays[payee][max(days)][2].get("role", "seller"), ZERO),
            "contribution": max(own, ZERO),
        }[pool["shares"]]
    kept = switches(plan, component, "leaver_share") == "company"
    sharing = sorted(payee for payee in people if kept or payee in members)
    if amount is not None and sum((weights[payee] for payee in members), ZERO) <= 0:
        return
    units = {} if amount is None else shared(int(amount * 10 ** _digits(plan)), {p: weights[p] for p in sharing})
    for payee in sorted(members):
        share = None if amount is None else Fraction(units[payee], 10 ** _digits(plan))
        name = f"{period_of(case, component['window'], last)}:{team}"
        yield _credit(case, payee, plan, component, name, last, share, share)


def _team_day(stay: Stay, day: datetime.date) -> str | None:
    return stay[day][2].get("team") or "" if day in stay else None


def _team_on(stays: dict[str, Stay], credit: Credit) -> str | None:
    """The team of a payee on the day of the sale."""
    return _team_day(stays.get(credit.payee, {}), credit.event["origin"]["date"])


def _contests(case: dict[str, Any], stays: dict[str, Stay], read: list[Credit], switches: Switches) -> Iterator[Credit]:
    """Prizes by rank."""
    window = next(iter(next(stay for stay in stays.values() if stay).values()))[1]["window"]
    for first, last in periods_of(case, window):
        there = {payee: stay[last] for payee, stay in stays.items() if last in stay}
        if not there:
            continue
        plan, component, _ = next(iter(there.values()))
        rules = component["contest"]
        measures = {
            payee: _measure(read, plan["plan_id"], rules["of"], first, last, lambda c, p=payee: c.payee == p)
            for payee in there
        }
        name = period_of(case, component["window"], last)
        takes_part = {payee: _takes_part(case, payee, plan, component, read, last, switches) for payee in there}
        if None in measures.values() or None in takes_part.values():
            for payee in there:
                yield _credit(case, payee, plan, component, name, last, None, None)
            continue
        ranked = {p: m for p, m in measures.items() if m is not None and takes_part[p]}
        won = prizes(ranked, rules, switches(plan, component, "ties"), _digits(plan))
        for payee in there:
            yield _credit(case, payee, plan, component, name, last, won.get(payee, ZERO), won.get(payee, ZERO))


def _takes_part(
    case: dict[str, Any], payee: str, plan: dict[str, Any], component: dict[str, Any], read: list[Credit],
    last: datetime.date, switches: Switches,
) -> bool | None:  # fmt: skip
    """Whether a payee reaches the gate of a contest that is read before the ranking; None where nobody knows."""
    gate = component.get("gate") or plan.get("gate")
    if gate is None or not ranks_by_gate(plan, component, switches):
        return True
    measured = next(one for one in plan["components"] if one["component_id"] == gate["measure"])
    span = None if measured["window"] == "plan_life" else span_of(case, measured["window"], last)
    first = datetime.date.min if span is None else span.first
    measure = _measure(read, plan["plan_id"], gate["measure"], first, last, lambda credit: credit.payee == payee)
    threshold: Fraction | None = number(gate["at_least"])
    if gate["at_least"].endswith("%"):
        of_payee = Measured(case, payee, plan["plan_id"], gate["measure"], switches)
        quota = None if span is None else of_payee.quota_on(span, 0, last)
        threshold = None if quota is None else rounded(number(gate["at_least"]) * quota)
    if measure is None or threshold is None:
        return None
    return measure >= threshold if switches(plan, component, "gate_boundary") == "upper" else measure > threshold


def _spiffs(case: dict[str, Any], stays: dict[str, Stay], read: list[Credit], switches: Switches) -> Iterator[Credit]:
    """A bonus for every event: in the declared order until the budget is used, or a share of the budget for all."""
    total, is_held = ZERO, False
    waiting: dict[tuple[Any, ...], list[tuple[Credit, Any, Fraction | None]]] = {}
    for credit in sorted((one for one in read if one.event["type"] != "opening"), key=lambda one: one.order):
        # Its days are days of sales, and what came late is paid on a later one.
        sold = credit.event["date"]
        stay = stays.get(credit.payee, {})
        terms = stay.get(sold)
        if terms is None or credit.plan["plan_id"] != terms[0]["plan_id"]:
            continue
        plan, component, _ = terms
        spiff = component["spiff"]
        if credit.component["component_id"] != spiff["of"] or not spiff["from"] <= sold <= spiff["to"]:
            continue
        bonus = None
        if credit.dx is not None:
            exact = rounded(number(spiff["amount"]) * credit.dx)
            bonus = rounded(exact, _digits(plan), switches(plan, component, "rounding"))
        last_plan, last = _last_version(case, plan, component)
        if "budget" in last["spiff"] and switches(last_plan, last, "spiff_budget") == "prorated":
            waiting.setdefault((spiff["from"], spiff["to"]), []).append((credit, terms, bonus))
            continue
        is_held = is_held or bonus is None
        bonus = None if is_held else bonus
        if bonus is not None and "budget" in spiff:
            # As any limit on accumulated pay: a return first gives back what lay above.
            budget, before, total = number(spiff["budget"]), total, total + bonus
            bonus = min(total, budget) - min(before, budget)
        yield _bonus(case, credit, terms, bonus, credit.date, stay)
    for (_, last_sold), bonuses in waiting.items():
        _, last = _last_version(case, *bonuses[0][1][:2])
        paid = _shares_of_budget(bonuses, number(last["spiff"]["budget"]))
        for (credit, terms, _), bonus in zip(bonuses, paid, strict=True):
            yield _bonus(case, credit, terms, bonus, max(credit.date, last_sold), stays[credit.payee])


def _bonus(
    case: dict[str, Any], credit: Credit, terms: Any, bonus: Fraction | None, day: datetime.date, stay: Stay
) -> Credit:
    """The credit of a bonus, which counts on a day."""
    plan, component, _ = terms
    name = f"{credit.event['type']}:{credit.event['id']}:{credit.kind}"
    paid = _credit(case, credit.payee, plan, component, name, day, bonus, bonus)
    paid.event |= {"date": credit.event["date"], "counted": credit.event}
    paid.window = period_of(case, component["window"], min(day, max(stay)))
    return paid


def _last_version(
    case: dict[str, Any], plan: dict[str, Any], component: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The last version of a SPIFF of the same days."""
    days = component["spiff"]["from"], component["spiff"]["to"]
    return max(
        (
            (version, one)
            for version in case["plans"]
            if version["plan_id"] == plan["plan_id"]
            for one in version["components"]
            if one["component_id"] == component["component_id"] and one["event"] == "spiff"
            if (one["spiff"]["from"], one["spiff"]["to"]) == days
        ),
        key=lambda pair: int(pair[0]["version"]),
    )


def _shares_of_budget(bonuses: list[tuple[Credit, Any, Fraction | None]], budget: Fraction) -> list[Fraction | None]:
    """What each bonus comes to where all of them may not come to more than the budget."""
    known = [bonus for _, _, bonus in bonuses if bonus is not None]
    if len(known) < len(bonuses):
        return [None] * len(bonuses)
    total = sum(known, ZERO)
    if total <= budget:
        return list(known)
    unit = Fraction(1, 10 ** _digits(bonuses[0][1][0]))
    whole = budget // unit
    exact = [bonus * whole / total for bonus in known]
    units = [amount.numerator // amount.denominator for amount in exact]

    def order(at: int) -> tuple[Any, ...]:
        return units[at] - exact[at], -known[at], bonuses[at][0].order

    for at in sorted(range(len(known)), key=order)[: whole - sum(units)]:
        units[at] += 1
    return [unit * amount for amount in units]
