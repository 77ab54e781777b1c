"""Reading YAML that pay depends on: no tags, no aliases, no key twice, no endless file, each value as it is written.

Numbers and dates stay text, so that 0.1 is one tenth and never a binary fraction. Each place in the document keeps its
line, for errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from openspm.errors import OpenspmError

MOST_BYTES = 1_000_000
MOST_LEVELS = 20
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a file.

    Attributes:
        file: name of the file.
        line: line, from 1.
        message: what is wrong, and the choices where there are some.
    """

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class PlanRefused(OpenspmError):  # noqa: N818 - the name says what happened
    """A plan that cannot be used as it is written; `faults` has every reason."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        super().__init__(
            f"{count} fault{'s' if count != 1 else ''} in plans:\n" + "\n".join(str(fault) for fault in self.faults),
            where=f"{self.faults[0].file}:{self.faults[0].line}",
            next_step="Correct the lines named; docs/plans.md describes every key.",
        )

    def __reduce__(self) -> tuple[type[PlanRefused], tuple[tuple[Fault, ...]]]:
        return type(self), (self.faults,)


@dataclass(frozen=True)
class Document:
    """A YAML file as plain data, and the line of each place in it."""

    path: Path
    content: Any
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest place around it that is written down."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def fault(self, place: Place, message: str) -> Fault:
        """A fault at a place."""
        return Fault(self.path.name, self.line(place), message)


def read_document(path: Path, text: str | None = None) -> Document:
    """Read a YAML file.

    Args:
        path: the file; only its name is used when `text` is given.
        text: what the file holds, if it is at hand.

    Raises:
        PlanRefused: too large, no UTF-8, no YAML, or YAML with tags, aliases or a key that stands twice.
    """
    if text is None:
        content = path.read_bytes()
        if len(content) > MOST_BYTES:
            raise PlanRefused([Fault(path.name, 1, f"the file is larger than {MOST_BYTES:,} bytes")])
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            raise PlanRefused([Fault(path.name, 1, "the file is not UTF-8")]) from None
    try:
        # Aliases are refused while composing, before a short file can unfold into a long one.
        _refuse_aliases(text, path)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "cannot be read"
        raise PlanRefused([Fault(path.name, mark.line + 1 if mark else 1, f"is no YAML: {problem}")]) from None
    if node is None:
        raise PlanRefused([Fault(path.name, 1, "the file is empty")])
    lines: dict[Place, int] = {}
    return Document(path, _plain(node, (), lines, path), lines)


def _refuse_aliases(text: str, path: Path) -> None:
    """Refuse anchors, aliases and tags, which plans do not need."""
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise PlanRefused([Fault(path.name, line, "anchors and aliases are not allowed; write the value again")])
        tag = getattr(event, "tag", None)
        if tag:
            raise PlanRefused([Fault(path.name, line, f"the tag {tag} is not allowed; plans hold plain data")])


def _plain(node: yaml.Node, place: Place, lines: dict[Place, int], path: Path) -> Any:
    """A node as dict, list, text or None."""
    lines.setdefault(place, node.start_mark.line + 1)
    if len(place) > MOST_LEVELS:
        raise PlanRefused([Fault(path.name, lines[place], f"is nested deeper than {MOST_LEVELS} levels")])
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in mapping:
                raise PlanRefused([Fault(path.name, line, f"the key {key!r} stands twice in one block")])
            lines[(*place, key)] = line
            mapping[key] = _plain(value_node, (*place, key), lines, path)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*place, position), lines, path) for position, item in enumerate(node.value)]
    if node.tag == "tag:yaml.org,2002:null":
        return None
    return str(node.value)
