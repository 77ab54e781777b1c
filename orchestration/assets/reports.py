"""What people read of a publication."""

import dagster as dg

from orchestration.assets.publication import PUBLICATION
from orchestration.night_resource import NIGHT, run_step

GROUP = "9_reports"
FORECAST_REPORT = dg.AssetKey(["reports", "forecast"])


def build_reports() -> dg.AssetsDefinition:
    """The leaders' report."""

    @dg.asset(
        key=FORECAST_REPORT,
        group_name=GROUP,
        deps=[PUBLICATION],
        description="The leaders' forecast report, one HTML file without pay.",
        required_resource_keys={NIGHT},
    )
    def report(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        night = run_step(context, "report")
        return dg.MaterializeResult(metadata={"path": night.outcome.paths["report"]})

    return report
