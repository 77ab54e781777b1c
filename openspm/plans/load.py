"""Reading the plans of a company folder, checked each by itself and against each other."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from openspm.company import Company
from openspm.plans.compile_draws import draw_faults, faults_between_draws, faults_of_draw_switches
from openspm.plans.compile_payables import faults_between_countries
from openspm.plans.parameters import with_parameters
from openspm.plans.plan_rules import plan_rule_faults, plans_as_met
from openspm.plans.reading import Document, Fault, PlanRefused, read_document
from openspm.plans.refusals import CheckedComponent, check_component, other_words, plan_switches, refused_choices
from openspm.plans.refusals_prorations import faults_between_prorations
from openspm.plans.refusals_quotas import faults_between_terms
from openspm.plans.schema import Plan
from openspm.plans.switches import Conventions
from openspm.plans.validation import validated

PLANS_FOLDER = "plans"
PLAN_PATTERN = "*.yml"
CASES_SUFFIX = ".cases.yml"
LAST_DAY = datetime.date.max


@dataclass(frozen=True)
class LoadedPlan:
    """A plan file that was read and checked.

    Attributes:
        plan: what it says.
        components: its components with switches and tiers.
        document: the file, for lines.
        switches: the choice for each switch that matters to the plan as a whole.
    """

    plan: Plan
    components: tuple[CheckedComponent, ...]
    document: Document
    switches: Mapping[str, Any]


def plan_files(folder: Path) -> list[Path]:
    """The plan files of a folder, in order; cases are none."""
    return sorted(path for path in folder.glob(PLAN_PATTERN) if not path.name.endswith(CASES_SUFFIX))


def load_plans(company: Company) -> list[LoadedPlan]:
    """The plans of a company, in the order of their files.

    Raises:
        PlanRefused: with every fault that was found.
    """
    conventions = company_conventions(company)
    documents: list[Document] = []
    faults: list[Fault] = []
    for path in plan_files(company.folder / PLANS_FOLDER):
        try:
            documents.append(read_document(path))
        except PlanRefused as refused:
            faults.extend(refused.faults)
    loaded, found = check_plans(documents, conventions)
    faults.extend(found)
    faults.extend(
        plan.document.fault(
            ("calendar", "id"), f"{company.calendar.id} is the company's calendar; give the plan's another id"
        )
        for plan in loaded
        if plan.plan.calendar is not None and plan.plan.calendar.id == company.calendar.id
    )
    if faults:
        raise PlanRefused(faults)
    return loaded


def company_conventions(company: Company) -> BaseModel:
    """The company's conventions block.

    Raises:
        PlanRefused: an unknown switch or choice.
    """
    path = company.folder / "company.yml"
    document = read_document(path) if path.exists() else Document(path, {}, {})
    content = document.content.get("conventions") if isinstance(document.content, dict) else None
    faults = list(refused_choices({"conventions": content or {}}, document, ()))
    if faults:
        raise PlanRefused(faults)
    return validated(Conventions, content or {}, document, ("conventions",))


def check_plans(documents: Sequence[Document], conventions: BaseModel) -> tuple[list[LoadedPlan], list[Fault]]:
    """Check documents as the plans of one company.

    Args:
        documents: plan files, or plans that stand in cases.
        conventions: the company's.

    Returns:
        The plans that can be paid, and the faults of the others.
    """
    plans: list[tuple[Plan, Document]] = []
    faults: list[Fault] = []
    for document in documents:
        foreign = list(other_words(document))
        faults.extend(foreign)
        if foreign:
            continue
        resolved, wrong = with_parameters(document)
        faults.extend(wrong)
        if wrong:
            continue
        try:
            plan = validated(Plan, resolved.content, resolved)
            faults += [
                resolved.fault(place, f"{plan.plan_id}: {words}")
                for place, words in plan_rule_faults(plan, conventions)
            ]
            plans.append((plan, resolved))
        except PlanRefused as refused:
            faults.extend(refused.faults)
    faults.extend(_faults_between(plans))
    loaded: list[LoadedPlan] = []
    for plan, document in plans:
        faults.extend(_faults_of_plan(plan, document))
        has_versions = sum(other.plan_id == plan.plan_id for other, _ in plans) > 1
        met = plans_as_met(plan)
        checked = [
            check_component(met, position, conventions, has_versions, document)
            for position in range(len(plan.components))
        ]
        for result in checked:
            if isinstance(result, list):
                faults.extend(result)
        switches, left_open = plan_switches(plan, conventions, document)
        faults.extend(left_open)
        faults.extend(faults_of_draw_switches(plan, switches, document))
        good = tuple(result for result in checked if isinstance(result, CheckedComponent))
        if len(good) == len(checked) and not left_open:
            loaded.append(LoadedPlan(plan, good, document, switches))
    faults.extend(_faults_between_terms(loaded))
    return loaded, faults


def _faults_between_terms(loaded: Sequence[LoadedPlan]) -> list[Fault]:
    """Versions of a component whose parts of a window would not add up."""
    faults: list[Fault] = []
    for one, other in combinations(loaded, 2):
        if one.plan.plan_id != other.plan.plan_id:
            continue
        there = f"{one.document.path.name}:{one.document.line(('version',))}"
        faults += [
            other.document.fault((key,), f"{message} (version {one.plan.version}: {there}); write the same in both")
            for key, message in faults_between_prorations((one.plan, one.switches), (other.plan, other.switches))
        ]
        earlier = {checked.component.component_id: checked for checked in one.components}
        for position, checked in enumerate(other.components):
            same = earlier.get(checked.component.component_id)
            if same is None:
                continue
            faults += [
                other.document.fault(
                    ("components", position, key),
                    f"{checked.component.component_id}: {message} (version {one.plan.version}: {there}); give the "
                    "component another id",
                )
                for key, message in faults_between_terms(
                    (same.component, same.switches), (checked.component, checked.switches)
                )
            ]
    return faults


def _faults_of_plan(plan: Plan, document: Document) -> list[Fault]:
    """What is wrong with a plan as a whole."""
    faults: list[Fault] = []
    if plan.valid_to is not None and plan.valid_to < plan.valid_from:
        faults.append(
            document.fault(("valid_to",), f"valid_to {plan.valid_to} lies before valid_from {plan.valid_from}")
        )
    faults += draw_faults(plan, document)
    seen: set[str] = set()
    for position, component in enumerate(plan.components):
        if component.component_id in seen:
            faults.append(
                document.fault(("components", position), f"two components are named {component.component_id}")
            )
        seen.add(component.component_id)
    return faults


def _faults_between(plans: Sequence[tuple[Plan, Document]]) -> list[Fault]:
    """What is wrong between two plans, or two versions of one."""
    faults: list[Fault] = []
    for (one, first), (other, second) in combinations(plans, 2):
        if one.calendar and other.calendar and one.calendar.id == other.calendar.id and one.calendar != other.calendar:
            there = f"{first.path.name}:{first.line(('calendar',))}"
            faults.append(
                second.fault(
                    ("calendar",), f"the calendar {other.calendar.id} is another one at {there}; give it its own id"
                )
            )
        if one.plan_id != other.plan_id:
            continue
        there = f"{first.path.name}:{first.line(('version',))}"
        if one.version == other.version:
            faults.append(
                second.fault(("version",), f"version {other.version} of {other.plan_id} stands at {there} too")
            )
        if one.valid_from <= (other.valid_to or LAST_DAY) and other.valid_from <= (one.valid_to or LAST_DAY):
            faults.append(
                second.fault(
                    ("valid_from",),
                    f"versions {one.version} ({there}) and {other.version} of {other.plan_id} are valid on the same "
                    "days; end one with valid_to before the other begins",
                )
            )
        for name in ("currency", "calendar", "pay_every"):
            if getattr(one, name) != getattr(other, name):
                faults.append(second.fault((name,), f"{name} differs from that of version {one.version} ({there})"))
        faults.extend(_faults_between_components(one, other, second, there))
        faults.extend(faults_between_draws(one, other, second, there))
        faults.extend(faults_between_countries(one, other, second, there))
    return faults


def _faults_between_components(one: Plan, other: Plan, document: Document, there: str) -> list[Fault]:
    """Components that go on in another version must add up the same things over the same window."""
    faults: list[Fault] = []
    earlier = {component.component_id: component for component in one.components}
    for position, component in enumerate(other.components):
        same = earlier.get(component.component_id)
        for name in ("event", "measure", "window"):
            if same is not None and getattr(same, name) != getattr(component, name):
                faults.append(
                    document.fault(
                        ("components", position, name),
                        f"{component.component_id}: {name} differs from that of version {one.version} ({there}); "
                        "give the component another id",
                    )
                )
    return faults
