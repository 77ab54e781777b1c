"""What a component is measured against: changes inside a window, segments, proration, ramps, quotas and targets."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.pay.reference.numbers import ZERO, number, rounded
from tests.pay.reference.periods import Span, begins_a_month, days_of, month_number, parts_of, span_of

FAR = datetime.date.max
EARLY = datetime.date.min
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Stretch:
    """Days on which somebody earns by a component of a version."""

    first: datetime.date
    last: datetime.date
    person: dict[str, Any]
    plan: dict[str, Any]
    component: dict[str, Any]


@dataclass(frozen=True)
class Terms:
    """The terms that a credit is paid by; `key` tells one set of terms from another."""

    quota: Fraction | None
    target: Fraction
    ramp: Fraction
    bounds: Fraction
    key: tuple[Any, ...]


def prorates(rules: dict[str, Any], thing: str) -> bool:
    """Whether a plan or component prorates something."""
    return thing in (rules.get("proration") or {}).get("of", ())


def prorates_terms(component: dict[str, Any]) -> bool:
    """Whether a component prorates what a window is measured against."""
    return any(prorates(component, thing) for thing in ("quota", "target", "bounds"))


class Measured:
    """A payee in a component of a plan, over all versions and assignments."""

    def __init__(self, case: dict[str, Any], payee: str, plan_id: str, component_id: str, switches: Any) -> None:
        self.case, self.payee, self.plan_id, self.component_id = case, payee, plan_id, component_id
        self.switches = switches
        self.stretches = self._stretches()
        self.changes = self._changes()

    def _versions(self) -> list[tuple[datetime.date, datetime.date, dict[str, Any], dict[str, Any]]]:
        """Versions with the days on which they hold; one that restates begins with the window it begins in."""
        found = sorted(
            (
                (plan["valid_from"], plan, component)
                for plan in self.case["plans"]
                if plan["plan_id"] == self.plan_id
                for component in plan["components"]
                if component["component_id"] == self.component_id
            ),
            key=lambda version: version[0],
        )
        begins = []
        for n, (day, plan, component) in enumerate(found):
            restates = n > 0 and self.switches(plan, component, "plan_version_change") == "restate"
            if restates and component["window"] == "plan_life":
                day = found[0][0]
            elif restates and component["window"] != "none":
                day = span_of(self.case, component["window"], day).first
            begins.append(day)
        held = []
        for n, (_, plan, component) in enumerate(found):
            last = min([plan.get("valid_to", FAR), *(day - DAY for day in begins[n + 1 :])])
            if begins[n] <= last:
                held.append((begins[n], last, plan, component))
        return held

    def _stretches(self) -> list[Stretch]:
        found = []
        for person in self.case["people"]:
            if person["id"] != self.payee or person.get("plan") != self.plan_id:
                continue
            first = person.get("from", EARLY)
            last = min(person.get("to", FAR), person.get("leaves_on", FAR))
            for start, end, plan, component in self._versions():
                if max(first, start) <= min(last, end):
                    found.append(Stretch(max(first, start), min(last, end), person, plan, component))
        return sorted(found, key=lambda stretch: stretch.first)

    def on(self, day: datetime.date) -> Stretch | None:
        """The stretch that holds a day."""
        return next((one for one in self.stretches if one.first <= day <= one.last), None)

    def _changes(self) -> dict[datetime.date, str]:
        """Days on which terms change, each segment or continue."""
        found: dict[datetime.date, set[str]] = {}
        for before, after in zip(self.stretches, self.stretches[1:], strict=False):
            codes = set()
            if before.plan["version"] != after.plan["version"]:
                code = self.switches(after.plan, after.component, "plan_version_change")
                codes.add("segment" if code == "segment" else "")
            places = ("role", "team", "region", "territory")
            is_moved = any(before.person.get(place) != after.person.get(place) for place in places)
            # What pays for a period has one window, and no team's quota.
            if prorates_terms(after.component) and is_moved and "credits" in after.component:
                code = self.switches(after.plan, after.component, "transfer")
                codes.add("segment" if code == "segment" else "")
            if "target_share" in after.component["curve"] and before.person.get("variable_target") != after.person.get(
                "variable_target"
            ):
                codes.add(self.switches(after.plan, after.component, "target_change"))
            found.setdefault(after.first, set()).update(codes)
        for row in self.case.get("quotas", ()):
            if (row["payee"], row["component"]) != (self.payee, self.component_id) or "from" not in row:
                continue
            there = [s for s in self.stretches if isinstance(s.component.get("quota"), dict)]
            if there and there[0].first < row["from"] <= there[-1].last:
                code = self.switches(there[0].plan, there[0].component, "quota_change")
                found.setdefault(row["from"], set()).add(code)
        for stretch in self.stretches:
            for span in days_of(self.case, "month"):
                now, before_then = self.ramp(span.first, "rate"), self.ramp(span.first - DAY, "rate")
                if stretch.first <= span.last and now != before_then and self.has_begun(span.first - DAY):
                    found.setdefault(span.first, set()).add("continue")
        return {
            day: "segment" if "segment" in codes else "continue"
            for day, codes in found.items()
            if codes & {"segment", "continue"}
        }

    def has_begun(self, day: datetime.date) -> bool:
        """Whether the payee had the component on a day, or before it."""
        return bool(self.stretches) and self.stretches[0].first <= day

    def ramp(self, day: datetime.date, what: str) -> Fraction:
        """The share of quota or rate in the month of tenure of a day."""
        if not self.stretches:
            return Fraction(1)
        stretch = self.stretches[0]
        steps = stretch.component.get("ramp") or ()
        if not steps:
            return Fraction(1)
        by_hire = self.switches(stretch.plan, stretch.component, "tenure_from") == "hire_date"
        start = stretch.person.get("hired_on", datetime.date(2000, 1, 1)) if by_hire else stretch.first
        first = month_number(self.case, start)
        if self.switches(stretch.plan, stretch.component, "tenure_month") == "full_month":
            first += not begins_a_month(self.case, start)
        month = month_number(self.case, day) - first + 1
        for step in steps:
            if month <= int(step["to_month"]):
                return number(step.get(what, 1))
        return Fraction(1)

    def segments(self, window: Span) -> list[Span]:
        """The segments of a window."""
        inside = (day for day in self.changes if window.first < day <= window.last)
        starts = [window.first, *sorted(day for day in inside if self.changes[day] == "segment")]
        ends = [day - DAY for day in starts[1:]] + [window.last]
        return [Span(first, last) for first, last in zip(starts, ends, strict=True)]

    def shares(self, window: Span, of: str) -> list[Fraction]:
        """The part of a window that counts in each of its segments; a quota's days are weighed by its ramp."""
        stretch = self.stretches[0]
        proration = stretch.component.get("proration")
        segments = self.segments(window)
        if not proration or of not in proration["of"]:
            return [Fraction(1)] * len(segments)
        code = self.switches(stretch.plan, stretch.component, "proration_days")
        late = DAY if self.switches(stretch.plan, stretch.component, "start_day") == "not_counted" else DAY * 0
        days = [window.first + DAY * n for n in range((window.last - window.first).days + 1)]
        counted = {day for day in days if self._counts(day, bool(late), proration)}
        months = {"month": 1, "quarter": 3, "half": 6, "year": 12}[stretch.component["window"]]

        def weight(day: datetime.date) -> Fraction:
            if code == "month_days":
                month = span_of(self.case, "month", day)
                return Fraction(1, (month.last - month.first).days + 1)
            if code == "working_days":
                return Fraction(day.weekday() < 5)
            return Fraction(1)

        whole = sum((weight(day) for day in days), ZERO)
        if code in ("days_360", "days_365"):
            whole = Fraction(int(code[-3:]) * months, 12)
        found = []
        running = ZERO
        for n, segment in enumerate(segments):
            first = segment.first + (late if n else DAY * 0)
            last = segment.last + (late if n + 1 < len(segments) else DAY * 0)
            mine = [day for day in days if first <= day <= last and day in counted]
            part = sum((weight(day) * (self.ramp(day, "quota") if of == "quota" else 1) for day in mine), ZERO)
            if code in ("days_360", "days_365"):
                is_rest = n + 1 == len(segments) and len(counted) == len(days)
                upto = whole if is_rest else min(running + part, whole)
                found.append((upto - min(running, whole)) / whole)
            else:
                found.append(part / whole)
            running += part
        return found

    def _counts(self, day: datetime.date, is_start_lost: bool, proration: dict[str, Any]) -> bool:
        """Whether a day counts."""
        stretch = self.on(day)
        if stretch is None or (is_start_lost and day == stretch.first and self.on(day - DAY) is None):
            return False
        return not any(
            leave["payee"] == self.payee
            and leave["kind"] in proration.get("leaves", ())
            and leave["from"] <= day <= leave.get("to", FAR)
            for leave in self.case.get("leaves", ())
        )

    def window_of(self, day: datetime.date) -> Span:
        """The window of a day."""
        return span_of(self.case, self.stretches[0].component["window"], day)

    def segment_number(self, day: datetime.date) -> int:
        """The segment of its window that a day lies in, from 0."""
        if self.stretches[0].component["window"] in ("none", "plan_life"):
            return 0
        return next(n for n, one in enumerate(self.segments(self.window_of(day))) if one.first <= day <= one.last)

    def base_quota(self, window: Span, segment: Span, day: datetime.date) -> Fraction | None:
        """The quota of a window before proration, by the terms of a day."""
        stretch = self.on(day)
        assert stretch is not None
        block = stretch.component.get("quota")
        kind = stretch.component["window"]
        restated = self.switches(stretch.plan, stretch.component, "quota_change") == "restate"
        at = segment.last if restated else day
        for of in dict.fromkeys((kind, block.get("per", kind) if isinstance(block, dict) else kind)):
            span = span_of(self.case, of, window.first)
            rows = [
                row
                for row in self.case.get("quotas", ())
                if (row["payee"], row["component"], row["period"]) == (self.payee, self.component_id, span.name)
                and row.get("from", EARLY) <= at
            ]
            if rows:
                amount = Fraction(max(rows, key=lambda row: row.get("from", EARLY))["quota"])
                return self._share(amount, span, window, kind, block)
        if not isinstance(block, dict) or "amount" not in block:
            return None
        span = span_of(self.case, block.get("per", kind), window.first)
        return self._share(Fraction(block["amount"]), span, window, kind, block)

    def _digits(self) -> int:
        return {"JPY": 0, "KWD": 3}.get(self.stretches[0].plan["currency"], 2)

    def _share(self, amount: Fraction, span: Span, window: Span, kind: str, block: Any) -> Fraction:
        """A window's share of the quota of a longer period; shares add up to it."""
        windows = parts_of(self.case, kind, span)
        if len(windows) == 1:
            return amount
        spread = block.get("spread", "even")
        weights = [Fraction(1)] * len(windows)
        if isinstance(spread, dict):
            weights = [number(part) for part in spread.get("weights") or spread["amounts"]]
        units = 10 ** self._digits()
        exact = [amount * units * weight / sum(weights) for weight in weights]
        floors = [value.numerator // value.denominator for value in exact]
        rest = int(rounded(amount * units, 0)) - sum(floors)
        order = sorted(range(len(windows)), key=lambda n: (-(exact[n] - floors[n]), -weights[n], n))
        for n in order[:rest]:
            floors[n] += 1
        return Fraction(floors[windows.index(window)], units)

    def base_target(self, window: Span, segment: Span, day: datetime.date) -> Fraction | None:
        """The target of a window before proration, by the terms of a day."""
        stretch = self.on(day)
        assert stretch is not None
        curve = stretch.component["curve"]
        if "target_share" not in curve:
            return number(curve.get("target", 1))
        if self.switches(stretch.plan, stretch.component, "target_change") == "restate":
            stretch = [one for one in self.stretches if one.first <= segment.last][-1]
        value = stretch.person.get("variable_target")
        if value is None:
            return None
        units = 10 ** self._digits()
        year = int(rounded(Fraction(value) * number(curve["target_share"]) * units, 0))
        windows = parts_of(self.case, stretch.component["window"], span_of(self.case, "year", window.first))
        part = year // len(windows) + (windows.index(window) < year % len(windows))
        return Fraction(part, units)

    def _last_day(self, segment: Span) -> datetime.date | None:
        """The last day of a segment on which the payee earns by the component."""
        ends = [min(one.last, segment.last) for one in self.stretches if one.first <= segment.last]
        return max((day for day in ends if day >= segment.first), default=None)

    def _prorated(self, window: Span, n: int, day: datetime.date, of: str) -> Fraction | None:
        """The quota or target of a segment, rounded once; the last segment takes the rest."""
        base = self.base_quota if of == "quota" else self.base_target
        segments, shares = self.segments(window), self.shares(window, of)
        own = base(window, segments[n], day)
        proration = self.stretches[0].component.get("proration")
        full = len(segments) == 1 and not self._is_partial(window, of)
        if own is None or not proration or of not in proration["of"] or full:
            return own
        if n + 1 < len(segments) or n == 0:
            return rounded(own * shares[n], self._digits())
        exact, given = own * shares[n], ZERO
        for at, earlier in enumerate(segments[:-1]):
            last = self._last_day(earlier)
            value = base(window, earlier, last) if last is not None else None
            if value is not None:
                exact += value * shares[at]
                given += rounded(value * shares[at], self._digits())
        return rounded(exact, self._digits()) - given

    def quota_on(self, window: Span, n: int, at: datetime.date) -> Fraction | None:
        """The quota of a segment that holds on a day: by the terms of the last day on which the payee earned by it.

        A day before all of those has the quota of the first.
        """
        segment = self.segments(window)[n]
        day = self._last_day(Span(segment.first, min(segment.last, at)))
        if day is None:
            inside = (one for one in self.stretches if one.first <= segment.last and one.last >= segment.first)
            day = min((max(one.first, segment.first) for one in inside), default=None)
        return None if day is None else self._prorated(window, n, day, "quota")

    def _is_partial(self, window: Span, of: str) -> bool:
        """Whether anything but the whole counts."""
        return self.shares(window, of) != [Fraction(1)]

    def terms(self, sold: datetime.date, counted: datetime.date) -> Terms:
        """The terms of a credit of a sale of one day that counts in the window of another."""
        stretch = self.on(sold)
        assert stretch is not None
        key = self._key(sold)
        ramp = self.ramp(sold, "rate")
        if stretch.component["window"] in ("none", "plan_life"):
            return Terms(None, number(stretch.component["curve"].get("target", 1)), ramp, Fraction(1), key)
        window, n = self.window_of(counted), self.segment_number(counted)
        segment = self.segments(window)[n]
        day = sold if segment.first <= sold <= segment.last else self._day_of_terms(segment, key)
        if day is None:
            return Terms(None, Fraction(1), ramp, Fraction(1), key)
        # Where the version of the window's terms has no target, the curve of the sale's version keeps its own.
        own = self.on(day)
        has_target = own is not None and {"target", "target_share"} & own.component["curve"].keys()
        target = self._prorated(window, n, day if has_target else sold, "target")
        return Terms(
            self._prorated(window, n, day, "quota"),
            Fraction(1) if target is None else target,
            ramp,
            self.shares(window, "bounds")[n],
            key,
        )

    def _key(self, day: datetime.date) -> tuple[Any, ...]:
        """What tells the terms of a day from others."""
        stretch = self.on(day)
        version = None if stretch is None else stretch.plan["version"]
        return version, sum(1 for change, code in self.changes.items() if code == "continue" and change <= day)

    def _day_of_terms(self, segment: Span, key: tuple[Any, ...]) -> datetime.date | None:
        """The first day of a segment on which terms hold, or the last one of others where these do not."""
        days = (segment.first + DAY * n for n in range((segment.last - segment.first).days + 1))
        return next((day for day in days if self._key(day) == key), self._last_day(segment))

    def is_held(self, counted: datetime.date) -> bool:
        """Whether a segment lacks a quota or target that it needs, by any of its terms."""
        component = self.stretches[0].component
        if component["window"] in ("none", "plan_life"):
            return False
        needs_quota = any(
            one["curve"]["over"] == "attainment" or isinstance(one.get("quota"), dict)
            for plan in self.case["plans"]
            if plan["plan_id"] == self.plan_id
            for one in plan["components"]
            if one["component_id"] == self.component_id
        )
        window, n = self.window_of(counted), self.segment_number(counted)
        proration = component.get("proration")
        if proration and "bounds" in proration["of"] and self.shares(window, "bounds")[n] == 0:
            return True
        for day in self._first_days(counted):
            quota = self._prorated(window, n, day, "quota")
            if needs_quota and (quota is None or quota <= 0):
                return True
        return self.lacks_target(counted)

    def lacks_target(self, counted: datetime.date) -> bool:
        """Whether the target of a segment is unknown by any of its terms."""
        window, n = self.window_of(counted), self.segment_number(counted)
        return any(self._prorated(window, n, day, "target") is None for day in self._first_days(counted))

    def _first_days(self, counted: datetime.date) -> list[datetime.date]:
        """The first day in a segment of each of its terms."""
        segment = self.segments(self.window_of(counted))[self.segment_number(counted)]
        starts = [max(one.first, segment.first) for one in self.stretches if one.last >= segment.first]
        starts += [day for day in self.changes if segment.first < day <= segment.last and self.on(day)]
        return [day for day in starts if day <= segment.last]
