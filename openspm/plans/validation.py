"""Documents as pydantic models, and what pydantic finds in the words of a plan: what is wrong, and what to write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from openspm.plans.reading import Document, Fault, Place, PlanRefused

Model = TypeVar("Model", bound=BaseModel)
CURRENCY_PATTERN = "^[A-Z]{3}$"
MESSAGES = {
    "extra_forbidden": "is not a key that openspm knows",
    "missing": "is missing",
    "model_type": "takes a block of keys here, such as {key: value}",
    "model_attributes_type": "takes a block of keys here, such as {key: value}",
    "dict_type": "takes a block of keys here, such as {key: value}",
    "tuple_type": "takes a list here, such as [one, two]",
    "list_type": "takes a list here, such as [one, two]",
    "too_short": "needs one at least",
    "string_type": "takes a word here, and no list or block",
    "string_too_short": "is empty",
    "bool_parsing": "takes true or false",
    "bool_type": "takes true or false",
    "date_type": "takes a day, such as 2026-01-31",
}


@dataclass(frozen=True)
class _Found:
    """A fault of pydantic: its place in the content, and by which of several alternatives of a place it was found."""

    place: Place
    alternative: Place | None
    fault: Any


def validated(model: type[Model], content: Any, document: Document, place: Place = ()) -> Model:
    """Content as a pydantic model.

    Raises:
        PlanRefused: with the line of every fault.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        found = [_found(fault, content) for fault in error.errors()]
    raise PlanRefused([_fault(one, document, place) for one in _told(found)])


def _found(fault: Any, content: Any) -> _Found:
    """A fault without the names that pydantic gives to alternatives, which stand in no file."""
    place: list[str | int] = []
    alternative: Place | None = None
    for number, part in enumerate(fault["loc"]):
        is_last = number == len(fault["loc"]) - 1
        is_index = isinstance(content, list) and isinstance(part, int) and part < len(content)
        if is_index or (isinstance(content, dict) and part in content):
            content = content[part]
        elif not (is_last and fault["type"] == "missing"):
            alternative = (*place, str(part))
            continue
        place.append(part)
    return _Found(tuple(place), alternative, fault)


def _told(found: Sequence[_Found]) -> list[_Found]:
    """The faults to tell.

    A list that lost its only item by a fault within is not short, and of alternatives only that one is meant whose
    shape the content has; where it has the shape of none, the choices say most.
    """
    told: list[_Found] = []
    for one in found:
        if one.fault["type"] == "too_short" and any(_is_within(other.place, one.place) for other in found):
            continue
        if one.alternative is not None:
            union = one.alternative[:-1]
            rivals = [other for other in found if other.alternative and other.alternative[:-1] == union]
            deeper = [other for other in found if other.alternative and _is_within(other.place, union)]
            choices = [other for other in rivals if other.fault["type"] == "literal_error"]
            if one not in (deeper or choices[:1] or rivals[:1]):
                continue
        told.append(one)
    return told


def _is_within(place: Place, around: Place) -> bool:
    return len(place) > len(around) and place[: len(around)] == around


def _fault(found: _Found, document: Document, place: Place) -> Fault:
    """A fault in the words of a plan."""
    name = ".".join(str(part) for part in found.place) or "the file"
    return document.fault((*place, *found.place), f"{name}: {_message(found.fault)}")


def _message(fault: Any) -> str:
    """What is wrong, and what to write instead."""
    kind, written = fault["type"], fault["input"]
    if kind == "literal_error":
        return f"{written!r} is none of the choices; write {fault['ctx']['expected']}"
    if kind == "string_pattern_mismatch" and fault["ctx"]["pattern"] == CURRENCY_PATTERN:
        return f"{written!r} is no currency; write three capital letters, such as EUR"
    if kind.startswith("date_") and kind != "date_type":
        return f"{written!r} is no day; write it like 2026-01-31"
    if kind == "int_parsing":
        return f"{written!r} is no whole number"
    if kind == "greater_than":
        return f"{written} is too little; it must be above {fault['ctx']['gt']}"
    if kind == "greater_than_equal":
        return f"{written} is too little; it must be {fault['ctx']['ge']} at least"
    if kind == "less_than_equal":
        return f"{written} is too much; it must be {fault['ctx']['le']} at most"
    return MESSAGES.get(kind, str(fault["msg"]).removeprefix("Value error, "))
