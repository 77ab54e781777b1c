"""Random small companies: a plan, people, deals or invoices, quotas and rates, each from one seed.

Numbers are drawn so that bounds are met exactly, crossed by a cent and crossed by far, and switches at random. A world
is plain data, as a case is written.
"""

from __future__ import annotations

import datetime
import random
from typing import Any

from tests.pay.worlds import bonuses
from tests.pay.worlds.calendars import count_by_weeks
from tests.pay.worlds.checked import split_pay
from tests.pay.worlds.clawbacks import recompute_without_sales, with_clawbacks
from tests.pay.worlds.closes import with_closes
from tests.pay.worlds.continued import continue_quotas
from tests.pay.worlds.contracts import add_contracts, add_margins
from tests.pay.worlds.counted import count_sales
from tests.pay.worlds.crediting import credit_years, with_crediting
from tests.pay.worlds.currencies import with_currencies
from tests.pay.worlds.curves import with_offset, with_rare_words
from tests.pay.worlds.draws import with_draws
from tests.pay.worlds.gates import wait_for_another
from tests.pay.worlds.limits import add_limits, limit_parts
from tests.pay.worlds.links import add_links
from tests.pay.worlds.matrix import add_matrix
from tests.pay.worlds.measures import carry_negative_totals, with_event_measures
from tests.pay.worlds.notes import name_no_invoice
from tests.pay.worlds.openings import with_openings
from tests.pay.worlds.pay_periods import pay_bonuses_at_the_end, pay_less_often
from tests.pay.worlds.payables import earn_later, with_payables
from tests.pay.worlds.period_rules import add_period_rules
from tests.pay.worlds.plan_rules import add_plan_rules
from tests.pay.worlds.prorations import prorate_limits
from tests.pay.worlds.quotas import add_quotas, add_quotas_of_parts
from tests.pay.worlds.ramps import ramp_rates
from tests.pay.worlds.returns import return_after_changes
from tests.pay.worlds.targets import add_targets

START = datetime.date(2026, 1, 1)
STYLES = (
    "marginal",
    "marginal",
    "marginal",
    "retroactive",
    "retroactive",
    "step",
    "interpolated",
    "whole_event_before",
    "whole_event_after",
    "period_to_date_tier",
)
RATES = ("1 %", "2.5 %", "5 %", "7.125 %", "8 %", "10 %", "12.3456 %")
RATIOS = ("100 %", "50 %", "33.3333 %", "12.5 %")
# Components that read no other one.
UNREAD = ("booking", "invoice", "fixed", "mbo")
AMOUNTS = (
    "0",
    "10",
    "20",
    "40",
    "50",
    "60",
    "80",
    "99.99",
    "100",
    "100.01",
    "120",
    "333.33",
    "1000.1",
    "0.01",
    "12345.6789",
)


def world(seed: int) -> dict[str, Any]:
    """The world of a seed."""
    draw = random.Random(seed)
    event = draw.choice(("booking", "booking", "invoice"))
    window = draw.choice(("none", "month", "quarter", "quarter", "half", "year", "plan_life"))
    currency = draw.choice(("EUR", "EUR", "EUR", "JPY", "KWD"))
    conventions = {
        "boundary": draw.choice(("upper", "lower")),
        "rounding": draw.choice(("half_up", "half_even", "down")),
        "rounding_scope": draw.choice(("each_line", "component_total")),
        "catch_up": draw.choice(("events_re_rated", "crossing_event")),
        "reversal_window": draw.choice(("origin", "current", "mirror")),
        "negative_total": draw.choice(("first_tier", "zero_lost")),
        "below_first": draw.choice(("zero", "extend")),
        "above_last": draw.choice(("extend", "extend", "zero")),
        "interior_gap": "zero",
        "plan_version_change": "continue",
        "split_tolerance": draw.choice(("0", "2 %")),
        **bonuses.switches(seed),
    }
    component = _component(draw, event, window, conventions)
    people = _people(draw)
    plans = _versions(draw, component, currency, conventions)
    if any(person["plan"] == "boss" for person in people):
        team = {
            **component,
            "component_id": "team",
            "credits": [
                {
                    "to": "manager",
                    "levels": str(draw.choice((1, 2))),
                    "pay_credit": draw.choice(("100 %", "100 %", "50 %")),
                }
            ],
        }
        if component["curve"]["style"] == "marginal":
            # Words of a curve that are for one measure alone, or for two, are so for the team too.
            one = all(rule.get("quota_credit", "100 %") == rule["pay_credit"] for rule in component["credits"])
            team["credits"][0]["pay_credit"] = "100 %" if one else "50 %"
        elif "excess_over" in component["curve"]:
            team["credits"][0]["pay_credit"] = "100 %"
        plans.append(_plan("boss", "1", [team], currency))
    events = _events(draw, people, currency)
    case: dict[str, Any] = {
        "case": f"seed {seed}",
        "plans": plans,
        "conventions": conventions,
        "people": people,
        "quotas": _quotas(draw, plans, people, window),
        "rates": _rates(draw, currency),
        "expect": {},
        "bookings" if event == "booking" else "invoices": events,
    }
    if event == "invoice":
        case["credit_notes"] = _credit_notes(draw, events)
    with_crediting(draw, case, START)
    with_draws(seed, case)
    with_payables(seed, case, component)
    with_clawbacks(seed, case, component)
    bonuses.decorate(seed, case, component)
    add_targets(random.Random(f"targets {seed}"), case)
    # What pays for a period by what others add up to reads whole windows.
    is_read = any(one["event"] not in UNREAD for plan in plans for one in plan["components"])
    if draw.random() < 0.3 and not is_read:
        add_quotas(draw, case)
    add_quotas_of_parts(random.Random(f"quotas of parts {seed}"), case)
    if "proration_days" not in case["conventions"]:
        add_matrix(random.Random(f"matrix {seed}"), case)
    ramp_rates(random.Random(f"ramped rates {seed}"), case)
    with_offset(random.Random(f"offset {seed}"), case)
    add_contracts(random.Random(f"contracts {seed}"), case)
    add_margins(random.Random(f"margins {seed}"), case)
    with_closes(seed, case)
    carry_negative_totals(random.Random(f"carried {seed}"), case)
    with_event_measures(random.Random(f"event measures {seed}"), case)
    # A generator of its own: what a subject draws does not change the worlds of the others.
    if "proration_days" not in case["conventions"]:
        add_limits(random.Random(f"limits {seed}"), case)
        wait_for_another(random.Random(f"gates {seed}"), case)
    else:
        limit_parts(random.Random(f"limits of parts {seed}"), case)
    add_links(random.Random(f"links {seed}"), case)
    recompute_without_sales(random.Random(f"recomputed {seed}"), case)
    earn_later(random.Random(f"earning {seed}"), case)
    bonuses.add_interim_pay(random.Random(f"interim pay {seed}"), case)
    add_period_rules(random.Random(f"period rules {seed}"), case)
    add_plan_rules(random.Random(f"plan rules {seed}"), case)
    continue_quotas(random.Random(f"continued {seed}"), case)
    with_currencies(seed, case, START)
    split_pay(random.Random(f"split pay {seed}"), case)
    credit_years(random.Random(f"years {seed}"), case)
    count_sales(random.Random(f"counted {seed}"), case)
    with_openings(random.Random(f"openings {seed}"), case)
    count_by_weeks(random.Random(f"weeks {seed}"), case)
    prorate_limits(random.Random(f"prorations {seed}"), case)
    name_no_invoice(random.Random(f"notes {seed}"), case)
    pay_less_often(random.Random(f"pay periods {seed}"), case)
    pay_bonuses_at_the_end(random.Random(f"bonuses at the end {seed}"), case)
    return_after_changes(random.Random(f"returns {seed}"), case)
    return case


def _component(draw: random.Random, event: str, window: str, conventions: dict[str, str]) -> dict[str, Any]:
    """A component that the checks accept; conventions are bent to it where a style refuses them."""
    style = draw.choice(STYLES)
    if window == "none" and style == "period_to_date_tier":
        style = "marginal"
    over = draw.choice(("amount", "attainment")) if window not in ("none", "plan_life") else "amount"
    pay_credit = draw.choice(("100 %", "100 %", *RATIOS))
    rules: list[dict[str, Any]] = [{"to": "seller", "pay_credit": pay_credit}]
    if draw.random() < 0.3:
        rules = [
            {"to": "seller", "where": {"opportunity_kind": ["new"]}, "pay_credit": pay_credit},
            {
                "to": "seller",
                "where": {"opportunity_kind": ["renewal"]},
                "quota_credit": draw.choice(("0", *RATIOS)),
                "pay_credit": draw.choice(RATIOS),
            },
        ]
    if draw.random() < 0.5:
        rules.append({"to": "overlay", "quota_credit": draw.choice(RATIOS), "pay_credit": draw.choice(RATIOS)})
    if event == "invoice":
        if style in ("whole_event_before", "whole_event_after", "period_to_date_tier"):
            conventions["reversal_window"] = "mirror"
        elif style == "marginal" and conventions["reversal_window"] == "origin":
            for rule in rules:
                rule["pay_credit"] = rule.get("quota_credit", "100 %")
    if style == "interpolated" and conventions["above_last"] == "zero":
        conventions["above_last"] = "flat"
    curve = {"style": style, "over": over} | _curve(draw, style, over, conventions)
    if draw.random() < 0.4:
        curve = with_rare_words(draw, curve, rules, event, conventions)
    return {
        "component_id": "sales",
        "name": "Sales",
        "event": event,
        "window": window,
        "credits": rules,
        "curve": curve,
    }


def _curve(draw: random.Random, style: str, over: str, conventions: dict[str, str]) -> dict[str, Any]:
    """Tiers, steps or points."""
    count = draw.randint(1, 4)
    bounds = sorted(draw.sample((40, 50, 60, 80, 100, 110, 120, 150, 333), count))
    unit = " %" if over == "attainment" else ""
    if style == "step":
        return {"steps": [{"from": f"{bound}{unit}", "pays": str(draw.randint(1, 400))} for bound in bounds]}
    if style == "interpolated":
        # Below the first point nothing is paid: extending it would pay at a measure of 0.
        conventions["below_first"] = "zero"
        first = draw.choice((0, 30))
        pays = [0 if first == 0 else draw.randint(0, 50)]
        for _ in bounds:
            pays.append(pays[-1] + draw.randint(0, 200))
        if draw.random() < 0.5:
            points = [
                {"at": f"{at}{unit}", "pays_share": f"{pay} %"} for at, pay in zip([first, *bounds], pays, strict=True)
            ]
            return {"points": points, "target": draw.choice(("1000", "333.33"))}
        return {
            "points": [{"at": f"{at}{unit}", "pays": str(pay)} for at, pay in zip([first, *bounds], pays, strict=True)]
        }
    lows = [0 if draw.random() < 0.8 else 20, *bounds]
    tiers: list[dict[str, Any]] = [{"from": f"{low}{unit}", "rate": draw.choice(RATES)} for low in lows]
    for position, tier in enumerate(tiers):
        if draw.random() < 0.2:
            top = lows[position + 1] if position + 1 < len(lows) else lows[position] + 50
            tier["to"] = f"{top - draw.choice((0, 0, 5))}{unit}"
    return {"tiers": tiers}


def _plan(plan_id: str, version: str, components: list[dict[str, Any]], currency: str) -> dict[str, Any]:
    """A plan without an end."""
    return {
        "plan_id": plan_id,
        "version": version,
        "name": "Plan",
        "valid_from": datetime.date(2020, 1, 1),
        "currency": currency,
        "components": components,
    }


def _versions(
    draw: random.Random, component: dict[str, Any], currency: str, conventions: dict[str, str]
) -> list[dict[str, Any]]:
    """One version of the sellers' plan, or two with other terms from a day inside the windows."""
    first = _plan("seller", "1", [component], currency)
    if draw.random() < 0.7:
        return [first]
    day = START + datetime.timedelta(days=draw.randint(20, 150))
    curve = component["curve"]
    other = {
        **component,
        "curve": {"style": curve["style"], "over": curve["over"]}
        | _curve(draw, curve["style"], curve["over"], conventions),
    }
    second = _plan("seller", "2", [other], currency) | {"valid_from": day}
    return [first | {"valid_to": day - datetime.timedelta(days=1)}, second]


def _people(draw: random.Random) -> list[dict[str, Any]]:
    """Two sellers with one or two levels of managers; one seller may change manager, or leave."""
    people: list[dict[str, Any]] = [{"id": "ann", "plan": "seller"}, {"id": "bea", "plan": "seller"}]
    if draw.random() < 0.5:
        for person in people:
            person["manager"] = "mia"
        people += [{"id": "mia", "plan": "boss", "manager": "top"}, {"id": "top", "plan": "boss"}]
        if draw.random() < 0.5:
            day = START + datetime.timedelta(days=draw.randint(20, 150))
            people.append({"id": "bea", "plan": "seller", "manager": "top", "from": day})
            people[1]["to"] = day - datetime.timedelta(days=1)
    if draw.random() < 0.2:
        people[0]["leaves_on"] = START + datetime.timedelta(days=draw.randint(30, 200))
    return people


def _events(draw: random.Random, people: list[dict[str, Any]], currency: str) -> list[dict[str, Any]]:
    """Up to a dozen deals over half a year, several on one day."""
    events: list[dict[str, Any]] = []
    for number in range(draw.randint(1, 12)):
        event: dict[str, Any] = {
            "id": f"e{draw.randint(0, 9)}{number}",
            "date": START + datetime.timedelta(days=draw.choice((0, 5, 20, 30, 31, 58, 60, 89, 90, 120, 150, 180))),
            "amount": draw.choice(AMOUNTS),
            "currency": currency if draw.random() < 0.75 else "USD",
            "owner": draw.choice(("ann", "bea", people[-1]["id"], "nobody")),
            "kind": draw.choice(("new", "new", "renewal")),
        }
        if draw.random() < 0.05 and event["amount"] != "0":
            event["amount"] = f"-{event['amount']}"
        if draw.random() < 0.3:
            shares = draw.choice(
                (("50 %", "50 %"), ("0.333333333333", "0.666666666667"), ("60 %", "39 %"), ("99 %", "0.7 %"))
            )
            event["splits"] = [{"to": to, "share": share} for to, share in zip(("ann", "bea"), shares, strict=True)]
        if draw.random() < 0.2:
            event["overlays"] = [{"to": draw.choice(("ann", "bea")), "share": draw.choice(("100 %", "33.33 %"))}]
        events.append(event)
    return events


def _credit_notes(draw: random.Random, invoices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Full and partial credit notes, some in a later window."""
    notes: list[dict[str, Any]] = []
    for invoice in invoices:
        if draw.random() < 0.4 and not invoice["amount"].startswith("-") and invoice["amount"] != "0":
            amount = invoice["amount"] if draw.random() < 0.6 else "0.01"
            day = invoice["date"] + datetime.timedelta(days=draw.choice((0, 3, 40, 100)))
            notes.append({"id": f"n{invoice['id']}", "invoice": invoice["id"], "date": day, "amount": amount})
    return notes


def _quotas(
    draw: random.Random, plans: list[dict[str, Any]], people: list[dict[str, Any]], window: str
) -> list[dict[str, Any]]:
    """A quota for most windows of everybody."""
    periods = {
        "month": [f"2026-{month:02d}" for month in range(1, 13)],
        "quarter": [f"2026-Q{n}" for n in range(1, 5)],
        "half": ["2026-H1", "2026-H2"],
        "year": ["2026"],
    }.get(window, [])
    components = {plan["plan_id"]: plan["components"][0]["component_id"] for plan in plans}
    names = {person["id"]: components[person["plan"]] for person in people}
    return [
        {
            "payee": name,
            "component": component,
            "period": period,
            "quota": draw.choice(("100", "100", "333.33", "77.7777")),
        }
        for name, component in names.items()
        for period in periods
        if draw.random() < 0.95
    ]


def _rates(draw: random.Random, currency: str) -> list[dict[str, Any]]:
    """Dollar rates from a day on, so that some days have none."""
    day = START + datetime.timedelta(days=draw.choice((0, 0, 0, 25)))
    return [
        {"from": "USD", "to": currency, "date": day, "rate": "0.912345"},
        {"from": "USD", "to": currency, "date": START + datetime.timedelta(days=60), "rate": "1.0875"},
    ]
