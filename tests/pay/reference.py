"""A second calculator of pay, in plain Python with fractions, written from the definitions and not from the SQL.

It knows one way to say each rule and no tables: a plan as its author wrote it, events, and the switches. It rounds
where the law says: products and quotients to 12 decimals, lines to the minor unit, and nowhere else.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

ZERO = Fraction(0)
Curve = list[tuple[Fraction | None, Fraction | None, Fraction]]


def rounded(value: Fraction, decimals: int = 12, method: str = "half_up") -> Fraction:
    """A number with so many decimals."""
    scaled = abs(value) * 10**decimals
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    twice = 2 * rest
    up = method != "down" and (
        twice > scaled.denominator or (twice == scaled.denominator and (method == "half_up" or whole % 2 == 1))
    )
    return Fraction((whole + up) * (1 if value >= 0 else -1), 10**decimals)


def number(value: Any) -> Fraction:
    """A number as a plan writes it: 0.05, 5 % or 120."""
    text = str(value).strip()
    return Fraction(text[:-1].strip()) / 100 if text.endswith("%") else Fraction(text)


@dataclass(frozen=True)
class Line:
    """One line: what a credit earns, or by how much it is re-rated. `pay` is None for a held line."""

    event: str
    payee: str
    component: str
    credit: str
    kind: str
    cause: str | None
    period: str
    pay: Fraction | None


@dataclass
class Credit:
    """A credit on its way: dX and dY, and where it counts."""

    event: dict[str, Any]
    payee: str
    kind: str
    plan: dict[str, Any]
    component: dict[str, Any]
    dx: Fraction | None
    dy: Fraction | None
    date: datetime.date
    window: str
    posted: str
    before: Fraction = ZERO
    after: Fraction = ZERO
    held: bool = False
    parts: list[Fraction] = field(default_factory=list)

    @property
    def order(self) -> tuple[Any, ...]:
        """The declared order of credits."""
        identity = ":".join(self.sale_key(self.event))
        return self.date, self.event["date"], self.event["id"].encode(), identity.encode()

    def sale_key(self, event: dict[str, Any]) -> tuple[str, ...]:
        """What finds this payee's credit for an event."""
        return (event["type"], event["id"], self.payee, self.plan["plan_id"], self.component["component_id"], self.kind)


# A line before rounding: the credit that is paid, the one that caused a re-rate, and the pay, None while it is unknown.
Posting = tuple[Credit, Credit | None, Fraction | None]


@dataclass
class Result:
    """Lines, and the measure of each payee, component and window (None where held)."""

    lines: list[Line] = field(default_factory=list)
    measures: dict[tuple[str, str, str], Fraction | None] = field(default_factory=dict)


def calculate(case: dict[str, Any], switches: Callable[[dict[str, Any], dict[str, Any], str], Any]) -> Result:
    """Pay of one case.

    Args:
        case: the case as data; dates are dates, numbers text.
        switches: the choice for (plan, component, switch).
    """
    windows: dict[tuple[Any, ...], list[Credit]] = defaultdict(list)
    for event in events_of(case):
        for credit in credits_of(case, event, switches):
            sale = event["origin"]["id"] if credit.component["window"] == "none" else ""
            key = (
                credit.payee,
                credit.plan["plan_id"],
                credit.component["component_id"],
                credit.window,
                sale,
                credit.kind if sale else "",
            )
            windows[key].append(credit)
    result = Result()
    sales: dict[tuple[str, ...], Credit] = {}
    posted: list[list[Posting]] = []
    for key, window in windows.items():
        window.sort(key=lambda credit: credit.order)
        accumulate(case, window)
        quota = quota_of(case, window[0])
        lines: list[Posting] = []
        for position, credit in enumerate(window):
            if credit.held or is_mirror(credit, switches):
                lines.append((credit, None, None))
            else:
                earlier = [one for one in window[:position] if not is_mirror(one, switches)]
                lines += line_amounts(credit, earlier, window, quota, switches)
            sales[credit.sale_key(credit.event)] = credit
        posted.append(lines)
        known = all(credit.dx is not None for credit in window)
        measure = sum((credit.dx or ZERO for credit in window), ZERO) if known else None
        result.measures[(key[0], key[2], key[3] + key[4])] = measure
    for lines in posted:
        for at, (credit, cause, _) in enumerate(lines):
            if not credit.held and cause is None and is_mirror(credit, switches):
                lines[at] = (credit, None, mirrored(credit, sales[credit.sale_key(credit.event["origin"])]))
        result.lines += rounded_lines(lines, switches)
    return result


def mirrored(reversal: Credit, sale: Credit) -> Fraction | None:
    """What a mirror takes back: each slice of the sale in proportion to what is reversed."""
    if sale.held:
        return None
    part, whole = Fraction(reversal.event["amount"]), Fraction(reversal.event["origin"]["amount"])
    return sum((rounded(rounded(slice_ * part) / whole) for slice_ in sale.parts), ZERO)


def events_of(case: dict[str, Any]) -> list[dict[str, Any]]:
    """Events with what they reverse; an event reverses itself where it reverses nothing."""
    found: list[dict[str, Any]] = []
    for name, kind in (("bookings", "booking"), ("invoices", "invoice")):
        for row in case.get(name, ()):
            event = {**row, "type": kind, "sold": kind}
            event["origin"] = event
            found.append(event)
    invoices = {event["id"]: event for event in found if event["type"] == "invoice"}
    for row in case.get("credit_notes", ()):
        origin = invoices[row["invoice"]]
        found.append(
            {**origin, **row, "type": "credit_note", "sold": "invoice", "amount": f"-{row['amount']}", "origin": origin}
        )
    return found


def shares_of(event: dict[str, Any]) -> list[tuple[str, str, Fraction, Fraction, Fraction]]:
    """Who has which part of an event: payee, kind, ratio, amount, and what the ratios add up to."""
    amount = Fraction(event["amount"])
    found: list[tuple[str, str, Fraction, Fraction, Fraction]] = []
    splits = event.get("splits") or []
    if splits:
        ratios = [number(split["share"]) for split in splits]
        total = sum(ratios, ZERO)
        units = 10**12
        exact = [abs(amount) * ratio * units for ratio in ratios]
        floors = [value.numerator // value.denominator for value in exact]
        rest = int(rounded(sum(exact, ZERO), 0)) - sum(floors)
        by_fraction = sorted(
            range(len(splits)), key=lambda n: (-(exact[n] - floors[n]), -ratios[n], splits[n]["to"].encode())
        )
        for n in by_fraction[:rest]:
            floors[n] += 1
        sign = 1 if amount >= 0 else -1
        found += [
            (split["to"], "split", ratio, Fraction(sign * floor, units), total)
            for split, ratio, floor in zip(splits, ratios, floors, strict=True)
        ]
    else:
        found.append((event["owner"], "owner", Fraction(1), amount, Fraction(1)))
    for overlay in event.get("overlays") or []:
        ratio = number(overlay["share"])
        found.append((overlay["to"], "overlay", ratio, rounded(amount * ratio), Fraction(1)))
    return found


def assignment(case: dict[str, Any], payee: str, day: datetime.date) -> dict[str, Any] | None:
    """The assignment of somebody on a day."""
    for person in case["people"]:
        last = min(person.get("to", datetime.date.max), person.get("leaves_on", datetime.date.max))
        if person["id"] == payee and person.get("from", datetime.date.min) <= day <= last:
            return person
    return None


def plan_on(case: dict[str, Any], name: str | None, day: datetime.date) -> dict[str, Any] | None:
    """The version of a plan on a day."""
    for plan in case["plans"]:
        if plan["plan_id"] == name and plan["valid_from"] <= day <= plan.get("valid_to", datetime.date.max):
            return plan
    return None


def managers_of(case: dict[str, Any], payee: str, day: datetime.date) -> list[str]:
    """The managers above somebody, nearest first."""
    chain: list[str] = []
    below = assignment(case, payee, day)
    while below is not None and below.get("manager"):
        chain.append(below["manager"])
        below = assignment(case, below["manager"], day)
    return chain


def credits_of(case: dict[str, Any], event: dict[str, Any], switches: Any) -> list[Credit]:
    """Every credit of an event. People, plan versions and rates are those of the day of the sale."""
    day = event["origin"]["date"]
    shares = shares_of(event)
    receivers: list[tuple[str, str, str, Fraction, Fraction, Fraction, int]] = [
        (payee, "overlay" if kind == "overlay" else "seller", kind, ratio, amount, total, 0)
        for payee, kind, ratio, amount, total in shares
    ]
    rolled: dict[str, list[tuple[int, Fraction, Fraction, Fraction]]] = defaultdict(list)
    for payee, kind, ratio, amount, total in shares:
        if kind != "overlay":
            for depth, manager in enumerate(managers_of(case, payee, day), start=1):
                rolled[manager].append((depth, ratio, amount, total))
    found: list[Credit] = []
    for manager in rolled:
        receivers.append((manager, "manager", "manager", ZERO, ZERO, ZERO, 0))
    for payee, receiver, kind, ratio, amount, total, _ in receivers:
        person = assignment(case, payee, day)
        plan = plan_on(case, person.get("plan") if person else None, day)
        for component in plan["components"] if plan else ():
            if component["event"] != event["sold"]:
                continue
            for rule in component["credits"]:
                kinds = rule.get("where", {}).get("opportunity_kind")
                if rule["to"] != receiver or (kinds and event["kind"] not in kinds):
                    continue
                if receiver == "manager":
                    parts = [part for part in rolled[payee] if part[0] <= int(rule["levels"])]
                    if not parts:
                        continue
                    ratio, amount, total = (
                        sum((p[1] for p in parts), ZERO),
                        sum((p[2] for p in parts), ZERO),
                        parts[0][3],
                    )
                found.append(
                    one_credit(case, event, payee, kind, plan, component, rule, ratio, amount, total, switches)
                )
    return [credit for credit in found if credit is not None]


def one_credit(case, event, payee, kind, plan, component, rule, ratio, amount, total, switches):  # type: ignore[no-untyped-def]
    """A credit with its two numbers, in the plan's currency; None numbers where something is unknown."""
    reversal = event["type"] == "credit_note"
    counted_at = event["date"]
    if reversal:
        origin = switches(plan, component, "reversal_window") == "origin"
        counted_at = (
            event["origin"]["date"] if origin else min(event["date"], last_day_on(case, payee, plan["plan_id"]))
        )
    rate = rate_on(case, event["currency"], plan["currency"], event["origin"]["date"])
    held = abs(total - 1) > number(switches(plan, component, "split_tolerance")) or rate is None

    def credited(of: str, share: str) -> Fraction | None:
        if held:
            return None
        if of == "count":
            return rounded((ratio if Fraction(event["amount"]) >= 0 else -ratio) * number(rule.get(share, 1)))
        return rounded(rounded(amount * number(rule.get(share, 1))) * rate)

    measure = component.get("measure", "amount")
    return Credit(
        event,
        payee,
        kind,
        plan,
        component,
        credited(measure, "quota_credit"),
        credited(component.get("base", measure), "pay_credit"),
        event["date"],
        period_of(component["window"], counted_at),
        period_of(plan.get("pay_every", "month"), event["date"]),
    )


def last_day_on(case: dict[str, Any], payee: str, plan_id: str) -> datetime.date:
    """The last day of somebody on a plan."""
    last = max(plan.get("valid_to", datetime.date.max) for plan in case["plans"] if plan["plan_id"] == plan_id)
    days = [
        min(p.get("to", datetime.date.max), p.get("leaves_on", datetime.date.max))
        for p in case["people"]
        if p["id"] == payee and p["plan"] == plan_id
    ]
    return min(last, max(days))


def rate_on(case: dict[str, Any], of: str, to: str, day: datetime.date) -> Fraction | None:
    """The exchange rate of a day: the newest one not after it."""
    if of == to:
        return Fraction(1)
    known = [row for row in case.get("rates", ()) if (row["from"], row["to"]) == (of, to) and row["date"] <= day]
    return number(max(known, key=lambda row: row["date"])["rate"]) if known else None


def period_of(kind: str, day: datetime.date) -> str:
    """The period of a kind that holds a day, in a calendar year."""
    return {
        "none": "",
        "plan_life": "",
        "month": f"{day.year}-{day.month:02d}",
        "quarter": f"{day.year}-Q{(day.month + 2) // 3}",
        "half": f"{day.year}-H{(day.month + 5) // 6}",
        "year": f"{day.year}",
    }[kind]


def quota_of(case: dict[str, Any], credit: Credit) -> Fraction | None:
    """The quota of a credit's window."""
    for row in case.get("quotas", ()):
        if (row["payee"], row["component"], row["period"]) == (
            credit.payee,
            credit.component["component_id"],
            credit.window,
        ):
            return Fraction(row["quota"])
    return None


def is_mirror(credit: Credit, switches: Any) -> bool:
    """Whether a credit takes back lines instead of moving along the curve."""
    return (
        credit.event["type"] == "credit_note" and switches(credit.plan, credit.component, "reversal_window") == "mirror"
    )


def accumulate(case: dict[str, Any], window: list[Credit]) -> None:
    """Give every credit of a window its a and b, and hold what comes after something unknown."""
    needs_quota = any(
        version["curve"]["over"] == "attainment"
        for plan in case["plans"]
        if plan["plan_id"] == window[0].plan["plan_id"]
        for version in plan["components"]
        if version["component_id"] == window[0].component["component_id"]
    )
    held = needs_quota and quota_of(case, window[0]) is None
    total = ZERO
    for credit in window:
        held = held or credit.dx is None or credit.dy is None
        credit.held = held
        credit.before = total
        total += credit.dx or ZERO
        credit.after = total
    for credit in window:
        if credit.component["curve"]["style"] == "period_to_date_tier":
            credit.held = any(other.held for other in window if other.posted == credit.posted)


def tiers_of(credit: Credit, quota: Fraction | None, switches: Any) -> Curve:
    """Stretches of the measure with their rates, from minus to plus infinity."""

    def switch(name: str) -> Any:
        return switches(credit.plan, credit.component, name)

    curve = credit.component["curve"]
    unit = quota if curve["over"] == "attainment" else Fraction(1)
    assert unit is not None
    rows = curve["tiers"]
    lows = [rounded(number(row["from"]) * unit) for row in rows]
    highs = [
        rounded(number(row["to"]) * unit) if "to" in row else (lows[n + 1] if n + 1 < len(rows) else None)
        for n, row in enumerate(rows)
    ]
    found: Curve = []
    for n, row in enumerate(rows):
        found.append((lows[n], highs[n], number(row.get("rate", row.get("per_unit")))))
        if n + 1 < len(rows) and highs[n] != lows[n + 1]:
            found.append((highs[n], lows[n + 1], ZERO))
    low, high, rate = found[0]
    if low == 0 or switch("below_first") == "extend":
        if switch("negative_total") == "zero_lost" and credit.component.get("measure", "amount") == "amount":
            found[0:1] = [(None, ZERO, ZERO), (ZERO, high, rate)]
        else:
            found[0] = (None, high, rate)
    else:
        found.insert(0, (None, low, ZERO))
    low, high, rate = found[-1]
    if high is not None:
        found[-1:] = (
            [(low, None, rate)] if switch("above_last") == "extend" else [(low, high, rate), (high, None, ZERO)]
        )
    return found


def rate_at(point: Fraction, tiers: Curve, boundary: str) -> Fraction:
    """The rate of the tier that a measure stands in."""
    for low, high, rate in tiers:
        if boundary == "upper" and (low is None or low <= point) and (high is None or point < high):
            return rate
        if boundary == "lower" and (low is None or low < point) and (high is None or point <= high):
            return rate
    raise AssertionError("tiers do not cover the point")


def marginal_pay(point: Fraction, tiers: Curve) -> Fraction:
    """F(x): what a measure earns in all, with F(0) = 0."""
    total = ZERO
    for low, high, rate in tiers:
        foot = low if low is not None else ZERO
        if point > foot or low is None:
            total += rounded(rate * ((point if high is None else min(point, high)) - foot))
    return total


def point_pay(credit: Credit, point: Fraction, quota: Fraction | None, switches: Any) -> Fraction:
    """F(x) of steps and points."""
    curve = credit.component["curve"]
    unit = quota if curve["over"] == "attainment" else Fraction(1)
    assert unit is not None
    if curve["style"] == "step":
        owed = ZERO
        for step in curve["steps"]:
            bound = rounded(number(step["from"]) * unit)
            if point > bound or (point == bound and switches(credit.plan, credit.component, "boundary") == "upper"):
                owed = number(step["pays"])
        return owed
    target = number(curve.get("target", 1))
    at = [rounded(number(row["at"]) * unit) for row in curve["points"]]
    pays = [
        rounded(number(row["pays_share"]) * target) if "pays_share" in row else number(row["pays"])
        for row in curve["points"]
    ]

    def on_line(n: int) -> Fraction:
        return pays[n] + rounded(rounded((pays[n + 1] - pays[n]) * (point - at[n])) / (at[n + 1] - at[n]))

    if point < at[0]:
        lost = switches(credit.plan, credit.component, "negative_total") == "zero_lost"
        if at[0] == 0:
            return ZERO if lost else on_line(0)
        return ZERO
    if point >= at[-1]:
        if switches(credit.plan, credit.component, "above_last") == "flat":
            return pays[-1]
        return on_line(len(at) - 2)
    return on_line(max(n for n in range(len(at) - 1) if at[n] <= point))


def line_amounts(
    credit: Credit, earlier: list[Credit], window: list[Credit], quota: Fraction | None, switches: Any
) -> list[Posting]:
    """The lines that a credit causes: (credit that is paid, cause or None, unrounded pay)."""
    style = credit.component["curve"]["style"]
    boundary = switches(credit.plan, credit.component, "boundary")
    assert credit.dx is not None
    assert credit.dy is not None
    if style in ("step", "interpolated"):
        parts = [point_pay(credit, credit.after, quota, switches)]
        if credit.before != 0:
            parts.append(-point_pay(credit, credit.before, quota, switches))
        credit.parts = parts
        return [(credit, None, sum(parts, ZERO))]
    tiers = tiers_of(credit, quota, switches)
    if style == "marginal":
        credit.parts = marginal_parts(credit, tiers, boundary)
        return [(credit, None, sum(credit.parts, ZERO))]
    if style != "retroactive":
        point = {
            "whole_event_before": credit.before,
            "whole_event_after": credit.after,
            "period_to_date_tier": [c for c in window if c.posted == credit.posted and not is_mirror(c, switches)][
                -1
            ].after,
        }[style]
        pay = rounded(rate_at(point, tiers, boundary) * credit.dy)
        credit.parts = [pay]
        return [(credit, None, pay)]
    same = [one for one in earlier if one.plan["version"] == credit.plan["version"]]
    base = sum((one.dy for one in same if one.dy is not None), ZERO)
    new, old = rate_at(credit.after, tiers, boundary), rate_at(credit.before, tiers, boundary)
    own = rounded(new * (base + credit.dy)) - rounded(new * base)
    if new == old:
        return [(credit, None, own)]
    if switches(credit.plan, credit.component, "catch_up") == "crossing_event":
        return [(credit, None, own + rounded(new * base) - rounded(old * base))]
    lines: list[Posting] = [(credit, None, own)]
    running = ZERO
    for one in same:
        assert one.dy is not None
        upto = running + one.dy
        if one.dy != 0:
            lines.append(
                (
                    one,
                    credit,
                    rounded(new * upto) - rounded(new * running) - rounded(old * upto) + rounded(old * running),
                )
            )
        running = upto
    return lines


def marginal_parts(credit: Credit, tiers: Curve, boundary: str) -> list[Fraction]:
    """The slices of a marginal line."""
    assert credit.dx is not None
    assert credit.dy is not None
    if credit.dx == 0:
        return [rounded(rate_at(credit.before, tiers, boundary) * credit.dy)]
    low, high = sorted((credit.before, credit.after))
    parts: list[Fraction] = []
    for foot, top, rate in tiers:
        start, end = low if foot is None else max(low, foot), high if top is None else min(high, top)
        if start >= end:
            continue
        if credit.dx == credit.dy:
            anchor = foot if foot is not None else ZERO
            part = rounded(rate * (end - anchor)) - rounded(rate * (start - anchor))
            parts.append(part if credit.dx > 0 else -part)
        else:
            length = (end - start) * (1 if credit.dx > 0 else -1)
            parts.append(rounded(rounded(rounded(rate * credit.dy) * length) / credit.dx))
    return parts


def rounded_lines(posted: list[Posting], switches: Any) -> list[Line]:
    """Lines in whole minor units: each by itself, or as differences of the rounded total."""
    lines: list[Line] = []
    total = ZERO
    for credit, cause, pay in posted:
        method, scope = (switches(credit.plan, credit.component, name) for name in ("rounding", "rounding_scope"))
        digits = {"JPY": 0, "KWD": 3}.get(credit.plan["currency"], 2)
        if pay is None:
            earned = None
        elif scope == "each_line":
            earned = rounded(pay, digits, method)
        else:
            earned = rounded(total + pay, digits, method) - rounded(total, digits, method)
            total += pay
        at = cause or credit
        lines.append(
            Line(
                credit.event["id"],
                credit.payee,
                credit.component["component_id"],
                credit.kind,
                "event" if cause is None else "rerate",
                None if cause is None else cause.event["id"],
                at.posted,
                earned,
            )
        )
    return lines
