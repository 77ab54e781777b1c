"""What differs between two versions of a plan, in the words of the plan language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openspm.company import Company
from openspm.errors import UsageError
from openspm.plans.load import PLANS_FOLDER, LoadedPlan, check_plans, company_conventions, plan_files
from openspm.plans.reading import PlanRefused, read_document

# What tells the items of a list apart, so that an item put in front does not make every other one differ.
ITEM_KEYS = ("component_id", "id", "name", "from", "at", "to")


@dataclass(frozen=True)
class PlanChange:
    """One thing that differs.

    Attributes:
        place: where, such as `components.sales.curve.tiers[100 %].rate`.
        before, after: the two values as written; None where one side has nothing.
    """

    place: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"+ {self.place}: {self.after}"
        if self.after is None:
            return f"- {self.place}: {self.before}"
        return f"  {self.place}: {self.before} -> {self.after}"


def plan_diff(company: Company, before: str, after: str) -> list[PlanChange]:
    """The differences between two plans, each a file, or a plan of the company as `plan_id` or `plan_id:version`.

    Switches count as they hold for each component, wherever they are set: moving one from the plan to company.yml is no
    difference.

    Raises:
        PlanRefused: a plan that cannot be paid as it is written.
        UsageError: no such plan.
    """
    one, other = _flattened(_plan_of(company, before)), _flattened(_plan_of(company, after))
    places = [*one, *(place for place in other if place not in one)]
    return [
        PlanChange(place, one.get(place), other.get(place)) for place in places if one.get(place) != other.get(place)
    ]


def _plan_of(company: Company, named: str) -> LoadedPlan:
    """A plan by its file, or by id and version among the company's."""
    conventions = company_conventions(company)
    path = Path(named)
    paths = [path] if path.suffix in {".yml", ".yaml"} else plan_files(company.folder / PLANS_FOLDER)
    if path.suffix in {".yml", ".yaml"} and not path.exists():
        raise UsageError("There is no such plan file", named, "Name an existing file, or a plan_id of the company.")
    plans, faults = check_plans([read_document(each) for each in paths], conventions)
    if faults:
        raise PlanRefused(faults)
    if path.suffix in {".yml", ".yaml"}:
        return plans[0]
    plan_id, _, version = named.partition(":")
    found = [plan for plan in plans if plan.plan.plan_id == plan_id and version in ("", str(plan.plan.version))]
    if not found:
        known = ", ".join(sorted(f"{plan.plan.plan_id}:{plan.plan.version}" for plan in plans))
        raise UsageError("There is no such plan", named, f"Name a file, or one of {known}.")
    return max(found, key=lambda plan: plan.plan.version)


def _flattened(loaded: LoadedPlan) -> dict[str, str]:
    """Every value of a plan by its place, with the switches that hold for each component."""
    plan = loaded.plan.model_dump(mode="json", by_alias=True, exclude_none=True)
    plan.pop("conventions", None)
    found = dict(_values("", {"switches": dict(loaded.switches), **plan}))
    for checked in loaded.components:
        place = f"components.{checked.component.component_id}"
        found = {key: value for key, value in found.items() if not key.startswith(f"{place}.conventions.")}
        found |= dict(_values(f"{place}.switches", dict(checked.switches)))
    return found


def _values(place: str, content: Any) -> Iterator[tuple[str, str]]:
    """Every value below a place."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _values(f"{place}.{key}" if place else str(key), value)
    elif isinstance(content, list | tuple):
        for position, item in enumerate(content):
            yield from _values(f"{place}{_item(item, position)}", item)
    elif content is not None:
        yield place, str(content)


def _item(item: Any, position: int) -> str:
    """How an item of a list is named: by what tells it apart, else by its position from 1."""
    if isinstance(item, dict):
        key = next((key for key in ITEM_KEYS if item.get(key) is not None and not isinstance(item[key], dict)), None)
        if key == "component_id":
            return f".{item[key]}"
        if key is not None:
            return f"[{item[key]}]"
    return f"[{position + 1}]"
