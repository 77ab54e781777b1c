"""Credit rules: which of them contradict an event or each other, and their rows in the planning tables."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from openspm.plans.numbers import written
from openspm.plans.reading import Place
from openspm.plans.schema.credits import AmountRange, CreditRule, DateRange, EventFilter, Not
from openspm.plans.schema.plan import Component
from openspm.plans.switches.crediting import may_credit_twice
from openspm.plans.switches.switch import NOT_YET

# Fields that every event of a class shares are matched to classes, the others event by event.
FILTER_FIELDS = {
    "opportunity_kind": "opportunity_kind_code",
    "activity_kind": "activity_kind_code",
    "outcome": "outcome_name",
    "lead_source": "lead_source_name",
    "account": "account_id",
    "country": "country_code",
    "segment": "segment_name",
    "industry": "industry_name",
    "product": "product_id",
    "product_family": "product_family_name",
    "territory": "territory_id",
    "region": "region_id",
    "team": "team_id",
}
IDS = frozenset({"account_id", "product_id", "territory_id", "region_id", "team_id"})
MOST_CHARACTERS = 255
RANGES = ("amount", "date")
OWN_FIELDS = ("territory", "region", "team")
PART_FIELDS = ("product", "product_family")
OF_DEALS = frozenset({"opportunity_kind", "lead_source", "account", "country", "segment", "industry", "amount"})
OF_EVERYBODY = frozenset({"territory", "region", "team", "date"})
OF_THEIR_DEAL = frozenset({"opportunity_kind", "lead_source"})
# Events that are credited by their deal alone.
EVENTS_OF_DEALS = frozenset({"margin", "renewal", "cancellation", "contract_end"})
FIELDS_OF_EVENT = {
    "booking": OF_DEALS | OF_EVERYBODY | frozenset(PART_FIELDS),
    "invoice": OF_DEALS | OF_EVERYBODY | frozenset(PART_FIELDS),
    "activity": frozenset({"activity_kind", "outcome"}) | OF_EVERYBODY,
    "lead_conversion": frozenset({"lead_source"}) | OF_EVERYBODY,
    "margin": OF_THEIR_DEAL,
    "renewal": OF_THEIR_DEAL,
    "cancellation": OF_THEIR_DEAL,
    "contract_end": OF_THEIR_DEAL,
}
Row = dict[str, str | None]


def credit_faults(component: Component) -> Iterator[tuple[Place, str]]:
    """Credit rules that contradict each other or the event: a place within the component, and why."""
    for position, rule in enumerate(component.credits):
        place: Place = ("credits", position)
        faults = (*_filter_faults(component, rule), *_receiver_faults(component, rule), *_year_faults(component, rule))
        for key, message in faults:
            yield (*place, *key), message
        for name in ("quota_credit", "pay_credit"):
            if not 0 <= getattr(rule, name) <= 1:
                yield (*place, name), f"{name} is a share from 0 to 1, such as 0.5 or 50 %"
    yield from _split_faults(component)
    for (one, rule), (other, later) in combinations(enumerate(component.credits), 2):
        if rule.to == later.to and not _are_apart(rule.where, later.where):
            yield ("credits", other), f"rules {one + 1} and {other + 1} both credit the {rule.to} for some events"


def _filter_faults(component: Component, rule: CreditRule) -> Iterator[tuple[Place, str]]:
    """Fields that an event does not have, and ranges that hold nothing."""
    allowed = FIELDS_OF_EVENT.get(component.event, frozenset())
    for name in sorted({*FILTER_FIELDS, *RANGES}):
        if getattr(rule.where, name) is None:
            continue
        if name not in allowed:
            yield (
                ("where", name),
                f"a {component.event} has no {name}; choose from {', '.join(sorted(allowed))}",
            )
        for value in _values(getattr(rule.where, name)):
            if not value.isprintable() or value != value.strip() or not 0 < len(value) <= MOST_CHARACTERS:
                yield (
                    ("where", name),
                    f"{value!r} is no value that a record can have: 1 to {MOST_CHARACTERS} characters, none of them a "
                    "control character, no white space at either end",
                )
        if name in OWN_FIELDS and getattr(rule.where, name) == "own" and rule.to != "coverage":
            yield ("where", name), f"own is the payee's {name} and belongs to coverage; name the {name} in a list"
    for name in RANGES:
        span: AmountRange | DateRange | None = getattr(rule.where, name)
        if span is None:
            continue
        if span.from_ is None and span.to is None:
            yield ("where", name), f"{name} needs from, to or both"
        elif span.from_ is not None and span.to is not None and span.from_ > span.to:  # type: ignore[operator]
            yield ("where", name), f"{name} from {span.from_} lies above {span.to} and takes nothing"


def _values(choice: Any) -> tuple[str, ...]:
    """The values of a filter; a range and `own` have none."""
    values = choice.not_ if isinstance(choice, Not) else choice
    return () if isinstance(values, (str, AmountRange, DateRange)) else tuple(values)


def _split_faults(component: Component) -> Iterator[tuple[Place, str]]:
    """What a split of the pay does not go with."""
    if component.split_applies == "credit":
        return
    place: Place = ("split_applies",)
    if component.event not in {"booking", "invoice"} | EVENTS_OF_DEALS:
        yield place, f"a {component.event} is not shared; take split_applies out"
    if component.curve.style in {"step", "interpolated"}:
        yield place, f"split_applies: pay with the style {component.curve.style} {NOT_YET}; use a style with rates"
    if component.event_measure is not None:
        yield place, f"split_applies: pay beside event_measure {NOT_YET}"
    for position, rule in enumerate(component.credits):
        if rule.level_credit:
            yield ("credits", position, "level_credit"), f"level_credit beside split_applies: pay {NOT_YET}"
        for name in PART_FIELDS:
            if getattr(rule.where, name) is not None:
                yield ("credits", position, "where", name), f"{name} beside split_applies: pay {NOT_YET}"


def _receiver_faults(component: Component, rule: CreditRule) -> Iterator[tuple[Place, str]]:
    """What a receiver needs, or cannot have."""
    if (rule.to == "manager") != (rule.levels is not None):
        yield (), "levels belong to credits of managers, and every credit of a manager needs them: levels: 1"
    if rule.level_credit and rule.levels is not None and len(rule.level_credit) != rule.levels:
        yield ("level_credit",), f"level_credit names {len(rule.level_credit)} levels and levels says {rule.levels}"
    if rule.level_credit and rule.to != "manager":
        yield ("level_credit",), "level_credit belongs to credits of managers"
    if any(not 0 <= share <= 1 for share in rule.level_credit):
        yield ("level_credit",), "level_credit holds shares from 0 to 1, such as 0.5 or 50 %"
    if rule.to == "overlay" and component.event not in {"booking", "invoice"} | EVENTS_OF_DEALS:
        yield (), f"a {component.event} has no overlay split"
    if rule.to in {"team", "coverage"} and component.event in EVENTS_OF_DEALS:
        yield (), f"credits of {rule.to} for a {component.event} {NOT_YET}: use seller, overlay or manager"
    if rule.to == "coverage" and rule.where == EventFilter():
        yield (), "coverage without `where` would credit every event of the company; say which: where: {territory: own}"


def _year_faults(component: Component, rule: CreditRule) -> Iterator[tuple[Place, str]]:
    """What shares of years do not go with."""
    if not rule.year_credit:
        return
    place: Place = ("year_credit",)
    if component.event != "booking":
        yield place, "year_credit belongs to bookings: other events have no term"
    if component.measure == "count" and component.base in {None, "count"}:
        yield place, "year_credit changes nothing for what is counted; take it out, or write base: amount"
    if component.split_applies != "credit":
        yield place, f"year_credit beside split_applies: pay {NOT_YET}"
    if any(not 0 <= share <= 1 for share in rule.year_credit):
        yield place, "year_credit holds shares from 0 to 1, such as 0.5 or 50 %"


def _are_apart(one: EventFilter, other: EventFilter) -> bool:
    """Whether no event meets both filters. A deal may have lines of several products, so products set none apart."""
    return any(
        _values_are_apart(getattr(one, name), getattr(other, name)) for name in FILTER_FIELDS if name not in PART_FIELDS
    ) or any(_ranges_are_apart(getattr(one, name), getattr(other, name)) for name in RANGES)


def _values_are_apart(one: Any, other: Any) -> bool:
    """Whether no value meets both choices."""
    if one is None or other is None or "own" in (one, other):
        return False
    if isinstance(one, Not):
        return not isinstance(other, Not) and set(other) <= set(one.not_)
    return set(one) <= set(other.not_) if isinstance(other, Not) else not set(one) & set(other)


def _ranges_are_apart(one: Any, other: Any) -> bool:
    """Whether two ranges share nothing."""
    if one is None or other is None:
        return False
    return any(
        below.to is not None and above.from_ is not None and below.to < above.from_
        for below, above in ((one, other), (other, one))
    )


def is_routed(component: Component, rule: CreditRule) -> bool:
    """Whether more than the class of an event and its shares decides about a credit."""
    where = rule.where
    by_event = any(
        getattr(where, name) is not None
        for name in (*FILTER_FIELDS, *RANGES)
        if name not in {"opportunity_kind", "activity_kind", "outcome", "lead_source"}
    )
    by_shares = bool(rule.level_credit or rule.year_credit)
    return by_event or by_shares or may_credit_twice(component) or rule.to in {"team", "coverage"}


def rule_rows(component: Component, key: Row, number: int, rule: CreditRule, prefix: str) -> dict[str, list[Row]]:
    """A credit rule with its filters, levels and years, by planning table."""
    where = rule.where
    key = key | {"rule_number": str(number)}
    amount, date = where.amount or AmountRange(), where.date or DateRange()
    rule_row: Row = {
        "receiver_code": rule.to,
        "quota_credit_ratio": written(rule.quota_credit),
        "pay_credit_ratio": written(rule.pay_credit),
        "roll_up_depth": None if rule.levels is None else str(rule.levels),
        "is_routed": "true" if is_routed(component, rule) else "false",
        "least_event_amount": written(amount.from_),
        "most_event_amount": written(amount.to),
        "first_event_date": date.from_.isoformat() if date.from_ else None,
        "last_event_date": date.to.isoformat() if date.to else None,
    }
    for name in OWN_FIELDS:
        rule_row[f"is_own_{name}"] = "true" if getattr(where, name) == "own" else "false"
    filters: list[Row] = []
    for name, column in FILTER_FIELDS.items():
        choice = getattr(where, name)
        if choice is None or choice == "own":
            continue
        values = choice.not_ if isinstance(choice, Not) else choice
        filters += [
            key
            | {
                "field_code": column,
                "value_text": (prefix if column in IDS else "") + value,
                "is_excluded": "true" if isinstance(choice, Not) else "false",
            }
            for value in dict.fromkeys(values)
        ]
    levels = [
        key | {"level_number": str(level), "level_ratio": written(share)}
        for level, share in enumerate(rule.level_credit, start=1)
    ]
    years = [
        key | {"year_number": str(year), "year_ratio": written(share)}
        for year, share in enumerate(rule.year_credit, start=1)
    ]
    return {
        "credit_rules": [key | rule_row],
        "credit_filters": filters,
        "credit_levels": levels,
        "credit_years": years,
    }
