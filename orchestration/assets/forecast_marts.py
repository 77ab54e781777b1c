"""The marts that forecasts and scores feed."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from orchestration.dbt_assets import build_part
from orchestration.dbt_parts import DbtGraph


def build_forecast_marts(graph: DbtGraph, groups: Mapping[str, str]) -> dg.AssetsDefinition:
    """The third part of dbt's graph."""
    return build_part(graph, "forecast", groups)
