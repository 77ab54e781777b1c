"""The models as their files say: YAML and SQL read as text, without dbt."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

MODELS = Path(__file__).resolve().parents[2] / "models"
JINJA_COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
SQL_COMMENT = re.compile(r"--[^\n]*")


@dataclass(frozen=True)
class DeclaredModel:
    """A model of a YAML file.

    Attributes:
        layer: staging, intermediate or marts.
        area: the folder below it.
        entry: what the YAML says.
    """

    name: str
    layer: str
    area: str
    path: Path
    entry: dict[str, Any]

    @property
    def columns(self) -> list[dict[str, Any]]:
        """The declared columns."""
        columns: list[dict[str, Any]] = self.entry.get("columns", [])
        return columns


def yaml_files() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every YAML file of the models with its content."""
    for path in sorted(MODELS.rglob("*.yml")):
        yield path, yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


@functools.cache
def declared_models() -> tuple[DeclaredModel, ...]:
    """Every model that a YAML file declares."""
    return tuple(
        DeclaredModel(entry["name"], *path.relative_to(MODELS).parts[:2], path, entry)
        for path, content in yaml_files()
        for entry in content.get("models", [])
    )


def declared_marts() -> tuple[DeclaredModel, ...]:
    """The models of the public layer."""
    return tuple(model for model in declared_models() if model.layer == "marts")


def is_required(column: dict[str, Any]) -> bool:
    """Whether a column's contract forbids NULL."""
    return any(constraint.get("type") == "not_null" for constraint in column.get("constraints", []))


@functools.cache
def sql_files(layer: str) -> dict[Path, str]:
    """SQL of a layer without comments, by path."""
    return {
        path: SQL_COMMENT.sub("", JINJA_COMMENT.sub("", path.read_text(encoding="utf-8")))
        for path in sorted((MODELS / layer).rglob("*.sql"))
    }
