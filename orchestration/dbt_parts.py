"""Which models and tests of dbt's graph belong to which step: the same three parts that openspm.nightly builds.

dbt runs three times a night, and each part is one asset function. A test is a check of the part in which it runs; the
asset that it is a check of is the one that dbt attaches it to, or, where that was built in an earlier part, the first
of its models that this part builds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

PartName = Literal["staging", "models", "forecast"]
STAGING_FOLDER = ("openspm", "staging")
STAGING_MARTS = ("fct_landed_rows", "fct_quarantined_records")
FORECAST_SOURCE = "ml"


@dataclass(frozen=True)
class DbtGraph:
    """dbt's manifest, cut into parts.

    Attributes:
        manifest: the decoded manifest.json.
    """

    manifest: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path) -> DbtGraph:
        """Read manifest.json."""
        return cls(json.loads(path.read_text(encoding="utf-8")))

    @cached_property
    def part_of_model(self) -> Mapping[str, PartName]:
        """The part of every model by unique id."""
        nodes = self.manifest["nodes"]
        models = [name for name, node in nodes.items() if node["resource_type"] in {"model", "seed", "snapshot"}]
        marts = [name for name in models if nodes[name]["name"] in STAGING_MARTS]
        staging = {name for name in models if tuple(nodes[name]["fqn"][:2]) == STAGING_FOLDER}
        staging |= set(marts) | self._reach("parent_map", marts)
        sources = [name for name, node in self.manifest["sources"].items() if node["source_name"] == FORECAST_SOURCE]
        forecast = self._reach("child_map", sources)
        return {name: "forecast" if name in forecast else "staging" if name in staging else "models" for name in models}

    @cached_property
    def part_of_test(self) -> Mapping[str, PartName]:
        """The part in which every data test runs: that of the model of it that is built last."""
        order: tuple[PartName, ...] = ("staging", "models", "forecast")
        parts: dict[str, PartName] = {}
        for name, node in self.manifest["nodes"].items():
            if node["resource_type"] == "test":
                parents = [self.part_of_model[parent] for parent in self._models_of(name)]
                parts[name] = max(parents, key=order.index, default="staging")
        return parts

    def models(self, part: PartName) -> list[str]:
        """The models of a part by unique id, sorted."""
        return sorted(name for name, of in self.part_of_model.items() if of == part)

    def model_of_test(self, test: str) -> str | None:
        """The model that a test is a check of; None for a test of sources alone."""
        part = self.part_of_test[test]
        candidates = [name for name in self._models_of(test) if self.part_of_model[name] == part]
        attached = self.manifest["nodes"][test].get("attached_node")
        if attached in candidates:
            return str(attached)
        return min(candidates, default=None)

    def layers(self, models: Iterable[str]) -> dict[str, int]:
        """How many of these models each of them is built on, one after the other."""
        layers: dict[str, int] = {}
        waiting = set(models)
        while waiting:
            free = [name for name in waiting if waiting.isdisjoint(self.manifest["nodes"][name]["depends_on"]["nodes"])]
            waiting.difference_update(free)
            layers.update(dict.fromkeys(free, max(layers.values(), default=-1) + 1))
        return layers

    def _models_of(self, test: str) -> list[str]:
        """The models that a test reads."""
        parents = self.manifest["nodes"][test]["depends_on"]["nodes"]
        return [name for name in parents if name in self.part_of_model]

    def _reach(self, direction: Literal["parent_map", "child_map"], start: list[str]) -> set[str]:
        """Everything that is reached from these nodes, tests left out."""
        found: set[str] = set()
        waiting = list(start)
        while waiting:
            for name in self.manifest[direction].get(waiting.pop(), ()):
                if name not in found and self.manifest["nodes"].get(name, {}).get("resource_type") == "model":
                    found.add(name)
                    waiting.append(name)
        return found
