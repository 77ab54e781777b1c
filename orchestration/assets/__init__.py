"""The graph: one module a group, in the order in which a night runs through them. The table of contents is literal."""

from orchestration.assets import (
    forecast_marts,
    gates,
    landing,
    marts,
    ml,
    publication,
    reports,
    staging,
)

# Group -> the module that builds it. Groups carry their place, because Dagster lists them by name.
GROUPS = {
    "1_landing": landing,
    "2_staging": staging,
    "3_gate_sources": gates,
    "4_intermediate": marts,
    "5_marts_core": marts,
    "5_marts_kpi": marts,
    "5_marts_attainment": marts,
    "5_marts_payout": marts,
    "5_marts_integrity": marts,
    "6_ml": ml,
    "7_marts_forecast": forecast_marts,
    "7_marts_workflow": forecast_marts,
    "8_gate_published": gates,
    "9_publication": publication,
    "9_reports": reports,
}

# Layer, or layer and folder below models/, to group.
GROUP_OF_FOLDER = {
    "staging": "2_staging",
    "intermediate": "4_intermediate",
    "marts": "5_marts_core",
    "marts/core": "5_marts_core",
    "marts/kpi": "5_marts_kpi",
    "marts/attainment": "5_marts_attainment",
    "marts/payout": "5_marts_payout",
    "marts/integrity": "5_marts_integrity",
    "marts/forecast": "7_marts_forecast",
    "marts/workflow": "7_marts_workflow",
    "marts/meta": "9_publication",
}
