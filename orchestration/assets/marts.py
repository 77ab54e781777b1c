"""Intermediate models and every mart that no forecast feeds."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from orchestration.dbt_assets import build_part
from orchestration.dbt_parts import DbtGraph


def build_marts(graph: DbtGraph, groups: Mapping[str, str]) -> dg.AssetsDefinition:
    """The second part of dbt's graph."""
    return build_part(graph, "models", groups)
