"""Staging: typed rows, one a key, and the account of what became of every landed row."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from orchestration.dbt_assets import build_part
from orchestration.dbt_parts import DbtGraph


def build_staging(graph: DbtGraph, groups: Mapping[str, str]) -> dg.AssetsDefinition:
    """The first part of dbt's graph."""
    return build_part(graph, "staging", groups)
