"""What a component that pays for a period may not say or combine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openspm.plans.numbers import parse_amount
from openspm.plans.reading import Place
from openspm.plans.refusals_limits import limits_refused
from openspm.plans.refusals_quotas import period_terms_faults
from openspm.plans.schema import AMOUNT_EVENTS, PERIOD_EVENTS, PERIOD_KINDS, Component, Contest, Plan, Pool
from openspm.plans.schema.bonuses import RatioOfComponents
from openspm.plans.switches import NOT_YET
from openspm.plans.switches.bonuses import FULL_QUOTA, ranks_by_gate

RATIO_STYLES = ("marginal", "retroactive", "step", "interpolated")
Message = tuple[Place, str]


def faults_of_blocks(component: Component) -> Iterator[Message]:
    """Blocks that do not belong to the event, and keys that an event needs."""
    for name in sorted(PERIOD_EVENTS):
        if getattr(component, name) is not None and component.event != name:
            yield (name,), f"{name} belongs to event: {name}, and the event is {component.event}"
    if component.event in PERIOD_EVENTS:
        return
    if not component.credits:
        yield ("credits",), "credits: say who is credited for the event"
    if "curve" not in component.model_fields_set:
        yield ("curve",), "curve: say what the measure earns"


def faults_of_period(plan: Plan, component: Component, switches: Mapping[str, Any]) -> Iterator[Message]:
    """What is wrong with a component that pays for a period."""
    event = component.event
    if event != "mbo" and getattr(component, event) is None:
        yield ("event",), f"event: {event} needs the block {event}"
        return
    for name in ("credits", "measure", "base", "event_measure"):
        if name in component.model_fields_set:
            yield (name,), f"{name} belongs to events, and a {event} component pays for a period; take {name} out"
    yield from _rules(plan, component, switches)
    yield from _windows(plan, component)
    yield from _curves(component)
    yield from period_terms_faults(component, switches)
    yield from _linked(plan, component)
    for place, name in _read(component):
        yield from _read_component(plan, component, place, name)
    if component.ratio is not None:
        yield from _ratio(plan, component, component.ratio)
        yield from _interim(component, component.ratio, switches.get("interim_pay"), switches.get("catch_up"))
    if component.pool is not None:
        yield from _pool(component.pool)
    if component.contest is not None:
        yield from _contest(component.contest)


def _rules(plan: Plan, component: Component, switches: Mapping[str, Any]) -> Iterator[Message]:
    """Gates, multipliers and limits, which read what others add up to by the end of the pay period, and no events."""
    of_events = {one.component_id for one in plan.components if one.event not in PERIOD_EVENTS}
    read: list[tuple[Place, str | None]] = [] if component.gate is None else [(("gate",), component.gate.measure)]
    for position, multiplier in enumerate(component.multipliers):
        place: Place = ("multipliers", position)
        if multiplier.where is not None and component.spiff is None:
            yield (*place, "where"), f"a {component.event} is of no event: write input, or tiers with a measure"
        elif multiplier.tiers:
            read.append((place, multiplier.measure))
    for place, measure in read:
        if measure not in of_events:
            names = ", ".join(sorted(of_events)) or "none, this plan has no component of events"
            yield place, f"a {component.event} reads the measure of a component of events: measure: one of {names}"
    if component.gate is not None and component.gate.locked_from is not None:
        yield ("gate", "locked_from"), f"a gate that locks tiers of a {component.event} {NOT_YET}: write while_closed"
    for position, limit in enumerate(component.limits):
        if limit.per == "event":
            kind = "pays the same for every event" if component.spiff is not None else "is of no event"
            yield ("limits", position), f"a {component.event} {kind}: write per: period"
    yield from _above_budget(component)
    yield from _gate_of_ranks(plan, component, switches)
    yield from _rules_beside_interim_pay(plan, component, switches.get("interim_pay"))
    yield from limits_refused(plan, component, switches)


def _rules_beside_interim_pay(plan: Plan, component: Component, interim_pay: Any) -> Iterator[Message]:
    """Rules that change what single periods pay, of which the true-up could take off what is left or what was before.

    Caps and floors of windows and years follow what the window earns, whichever it is.
    """
    if interim_pay in {None, FULL_QUOTA}:
        return
    limits_of_periods = any(limit.per == "period" for limit in component.limits)
    caps_of_periods = any(limit.per == "period" and limit.cap is not None for limit in plan.limits)
    if component.gate is not None or component.multipliers or limits_of_periods or caps_of_periods:
        yield (
            ("ratio",),
            "gates, multipliers, limits per period, or a cap of the plan per period, beside interim_pay "
            f"{interim_pay} {NOT_YET}; use {FULL_QUOTA}, or limits per window or year",
        )


def _above_budget(component: Component) -> Iterator[Message]:
    """Factors and floors that could pay more than the budget, which is used before them."""
    block = component.contest or component.spiff
    if block is None or block.budget is None:
        return
    for position, multiplier in enumerate(component.multipliers):
        factors = [tier.factor for tier in multiplier.tiers] + [multiplier.highest or 0, multiplier.factor or 0]
        if max(factors) > 1:
            yield (
                ("multipliers", position),
                f"the budget {block.budget} is used before factors, and one above 1 would pay more than it: write "
                "factors up to 1, or no budget",
            )
    for position, limit in enumerate(component.limits):
        if limit.floor is not None:
            yield (
                ("limits", position),
                f"a floor could pay more than the budget {block.budget}: take the floor or the budget out",
            )


def _gate_of_ranks(plan: Plan, component: Component, switches: Mapping[str, Any]) -> Iterator[Message]:
    """A gate that says who has a rank reads what was credited, as the ranking does, and pays no part of a prize.

    It is the component's own, or else the plan's; that of the plan beside one of its own comes after the ranking.
    """
    gate = component.gate or plan.gate
    if gate is None or component.gate is plan.gate or not ranks_by_gate(switches):
        return
    if gate.while_closed:
        yield (
            ("gate", "while_closed"),
            "who has no rank has no part of a prize: take while_closed out, or choose contest_gate after_ranking",
        )
    measured = next((one for one in plan.components if one.component_id == gate.measure), None)
    if measured is not None and measured.event_measure is not None:
        yield (
            ("gate", "measure"),
            f"{measured.component_id} bounds single events by event_measure, and a gate before the ranking reads what "
            f"was credited: that {NOT_YET}; choose contest_gate after_ranking",
        )


def _windows(plan: Plan, component: Component) -> Iterator[Message]:
    """Windows that are no period, or not the one by which the plan pays."""
    if component.window not in PERIOD_KINDS:
        yield ("window",), f"a {component.event} component pays for a period: choose {', '.join(PERIOD_KINDS)}"
    elif component.event == "linked" and component.window != plan.pay_every:
        yield ("window",), f"a {component.event} component has the window of pay_every, {plan.pay_every}"
    elif PERIOD_KINDS.index(component.window) < PERIOD_KINDS.index(plan.pay_every):
        yield (
            ("window",),
            f"the window {component.window} is shorter than pay_every {plan.pay_every}: pay of several windows at once "
            f"{NOT_YET}",
        )


def _curves(component: Component) -> Iterator[Message]:
    """Curves and quotas."""
    curve, event = component.curve, component.event
    if curve.matrix:
        yield ("curve", "matrix"), f"a matrix for what pays for a period ({event}) {NOT_YET}; write tiers with one rate"
    is_written = "curve" in component.model_fields_set
    if event in AMOUNT_EVENTS:
        if is_written:
            yield ("curve",), f"a {event} component pays what it is worth; take the curve out"
        if component.quota not in {None, "none"}:
            yield ("quota",), f"a {event} component has no quota"
        return
    if not is_written:
        yield ("curve",), "curve: say what the ratio earns"
        return
    if curve.style not in RATIO_STYLES:
        yield (
            ("curve", "style"),
            f"{curve.style} pays events, and a {event} has none; choose {', '.join(RATIO_STYLES)}",
        )
    if curve.over != "attainment":
        yield ("curve", "over"), f"a {event} is a ratio: write over: attainment, and bounds like 80 %"
    if curve.style in {"marginal", "retroactive"} and curve.target is None and curve.target_share is None:
        yield ("curve",), f"a {event} is paid as a share of target, which is missing"
    if component.quota == "optional":
        yield ("quota",), "a ratio is paid as it is, or against a quota: choose none or required"


def _linked(plan: Plan, component: Component) -> Iterator[Message]:
    """A component whose pay is read: there, and not paid by what reads it."""
    if component.linked is None:
        return
    place: Place = ("linked", "of")
    others = {other.component_id: other for other in plan.components}
    read = others.get(component.linked.of)
    if read is None:
        names = ", ".join(name for name in others if name != component.component_id)
        yield place, f"{component.linked.of} is no component of this plan; choose from {names}"
        return
    yield from ((place, words) for words in _rules_of_read(plan, read, component.linked.reads))
    path = [component.component_id]
    while read is not None and read.component_id not in path:
        path.append(read.component_id)
        read = others.get(read.linked.of) if read.linked is not None else None
    if read is not None:
        yield place, f"components pay each other in a circle: {' -> '.join([*path, read.component_id])}"


def _rules_of_read(plan: Plan, read: Component, reads: str) -> Iterator[str]:
    """Rules of a linked component that another one reads: they come when both are known. The plan's own come later."""
    if read.linked is None:
        return
    names = [name for name in ("gate", "multipliers") if getattr(read, name) and not _is_of_plan(plan, read, name)]
    caps = [limit for limit in read.limits if limit.cap is not None]
    if any(reads == "after_limits" or limit.before_multipliers for limit in caps):
        names.append("caps")
    if names:
        rules = " and ".join("a gate" if name == "gate" else name for name in names)
        yield (
            f"{read.component_id} is linked itself and has {rules} of its own; a rate of what these leave {NOT_YET}: "
            f"write a rate of {read.linked.of}"
        )


def _is_of_plan(plan: Plan, component: Component, name: str) -> bool:
    """Whether a component has a rule of the plan, as plans_as_met gives it."""
    return getattr(component, name) is getattr(plan, name)


def _read(component: Component) -> Iterator[tuple[Place, str]]:
    """The components that it reads."""
    if component.ratio is not None:
        for key in ("numerator", "denominator"):
            name = getattr(component.ratio, key)
            if name is not None:
                yield ("ratio", key), name
        for position, part in enumerate(component.ratio.weighted):
            yield ("ratio", "weighted", position), part.measure
    if component.pool is not None and component.pool.of is not None:
        yield ("pool", "of"), component.pool.of
    if component.contest is not None:
        yield ("contest", "of"), component.contest.of
    if component.spiff is not None:
        yield ("spiff", "of"), component.spiff.of


def _read_component(plan: Plan, component: Component, place: Place, name: str) -> Iterator[Message]:
    """A component that is read must be one of events in the same plan."""
    of_events = [other for other in plan.components if other.event not in PERIOD_EVENTS]
    found = next((other for other in of_events if other.component_id == name), None)
    if found is None:
        names = ", ".join(other.component_id for other in of_events) or "none, this plan has no component of events"
        yield place, f"{name} is no component of this plan that adds up events; choose from {names}"
        return
    if component.pool is not None and found.split_applies == "pay":
        yield place, f"{name} counts whole events for everybody who shares them, so a pool would count them twice"
    if component.spiff is not None and found.measure != "count":
        yield place, f"{name} adds up amounts, and a SPIFF pays for events: read a component with measure: count"
    if component.spiff is not None and component.spiff.to < component.spiff.from_:
        yield ("spiff", "to"), f"to {component.spiff.to} lies before from {component.spiff.from_}"
    if component.ratio is not None and place[-1] == "denominator" and component.ratio.numerator is not None:
        numerator = next((other for other in of_events if other.component_id == component.ratio.numerator), None)
        if numerator is not None and numerator.measure != found.measure:
            yield (
                place,
                f"{numerator.component_id} adds up {numerator.measure}, {name} {found.measure}: that is no ratio",
            )


def _ratio(plan: Plan, component: Component, ratio: RatioOfComponents) -> Iterator[Message]:
    """Two components, or weights that add up, of attainments over the same window."""
    pair = [name for name in ("numerator", "denominator") if getattr(ratio, name) is not None]
    if (len(pair) == 2) == bool(ratio.weighted) or len(pair) == 1:
        yield ("ratio",), "a ratio has a numerator and a denominator, or weighted components"
    if ratio.weighted and sum(part.weight for part in ratio.weighted) != 1:
        yield ("ratio", "weighted"), "the weights do not add up to 100 %"
    if len({part.measure for part in ratio.weighted}) != len(ratio.weighted):
        yield ("ratio", "weighted"), "a component stands twice"
    for position, part in enumerate(ratio.weighted):
        place: Place = ("ratio", "weighted", position)
        measured = next((one for one in plan.components if one.component_id == part.measure), None)
        if measured is None:
            continue
        if measured.window != component.window:
            yield place, f"the window of {part.measure} is {measured.window}, and not {component.window}"
        if measured.quota != "required" and measured.curve.over != "attainment":
            yield place, f"attainment of {part.measure} needs its quota: write quota: required there"


def _interim(component: Component, ratio: RatioOfComponents, interim_pay: Any, catch_up: Any) -> Iterator[Message]:
    """What the pay periods before the last one of a window pay."""
    if (interim_pay == "share_of_target") != (ratio.interim_share is not None):
        yield ("ratio", "interim_share"), "interim_pay: share_of_target needs interim_share; nothing else has one"
    if interim_pay == "share_of_target" and component.curve.target is None and component.curve.target_share is None:
        yield ("curve",), "interim_pay: share_of_target is paid as a share of target, which is missing"
    if interim_pay not in {None, FULL_QUOTA} and catch_up == "events_re_rated":
        yield (
            ("curve", "style"),
            f"interim_pay: {interim_pay} has one line a payee and period: write catch_up crossing_event",
        )


def _pool(pool: Pool) -> Iterator[Message]:
    """What fills a pool, and how it is shared."""
    filled = [name for name in ("amount", "rate", "tiers") if getattr(pool, name)]
    if len(filled) != 1:
        yield ("pool",), "a pool is filled by one of amount, rate or tiers"
    if (pool.of is None) != (filled == ["amount"] and pool.shares != "contribution"):
        yield ("pool", "of"), "rate, tiers and shares: contribution need `of`, the component that is added up; no other"
    if (pool.shares == "role") != bool(pool.weights):
        yield ("pool", "weights"), "weights belong to shares: role, which needs them"
    if len({weight.role for weight in pool.weights}) != len(pool.weights):
        yield ("pool", "weights"), "a role stands twice"
    if pool.paid_after_days and pool.members != "payment_date":
        yield ("pool", "paid_after_days"), "paid_after_days belongs to members: payment_date"
    rates = [tier.rate for tier in pool.tiers]
    for inside, rate in [((), pool.rate), *((("tiers", at), rate) for at, rate in enumerate(rates))]:
        if rate is not None and rate > 1:
            yield ("pool", *inside, "rate"), f"a rate of {rate} is {rate * 100:f} %; write {rate} % or {rate / 100}"
    lowest = None
    for at, tier in enumerate(pool.tiers):
        place: Place = ("pool", "tiers", at)
        if tier.rate is None or tier.per_unit is not None or tier.to is not None:
            yield place, "a tier of a pool takes from and rate"
        try:
            low = parse_amount(tier.from_)
        except ValueError as error:
            yield (*place, "from"), str(error)
            return
        if (lowest is None and low != 0) or (lowest is not None and low <= lowest):
            yield (*place, "from"), "tiers of a pool begin at 0 and rise"
        lowest = low


def _contest(contest: Contest) -> Iterator[Message]:
    """Prizes."""
    if any(prize < 0 for prize in contest.prizes) or list(contest.prizes) != sorted(contest.prizes, reverse=True):
        yield ("contest", "prizes"), "prizes are not below 0 and do not rise from rank to rank"
