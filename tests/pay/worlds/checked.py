"""The plans of a world as the checks read them, and words that are added where the checks accept them."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openspm.plans.load import LoadedPlan, check_plans
from openspm.plans.reading import Document, Fault
from openspm.plans.switches import Conventions


def checked_plans(data: Mapping[str, Any]) -> tuple[Sequence[LoadedPlan], Sequence[Fault]]:
    """The plans of a world that can be paid, and the faults of the others."""
    documents = [Document(Path(data["case"]), as_texts(plan), {}) for plan in data["plans"]]
    return check_plans(documents, Conventions.model_validate(data["conventions"]))


def as_texts(value: Any) -> Any:
    """Data as YAML gives it to the reader: every value text."""
    if isinstance(value, dict):
        return {key: as_texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_texts(inner) for inner in value]
    return str(value)


def split_pay(draw: random.Random, case: dict[str, Any]) -> None:
    """Let components of some worlds split the pay and not the credit, where nothing else forbids it."""
    if draw.random() > 0.25:
        return
    plans = copy.deepcopy(case["plans"])
    for plan in plans:
        for component in plan["components"]:
            if component["component_id"] in ("sales", "team"):
                component["split_applies"] = "pay"
    if not checked_plans(case | {"plans": plans})[1]:
        case["plans"] = plans
