"""The publication: one generation of all marts, behind the gate "published"."""

import dagster as dg

from orchestration.assets.gates import GATE_PUBLISHED
from orchestration.night_resource import NIGHT, run_step

GROUP = "9_publication"
PUBLICATION = dg.AssetKey(["published", "warehouse"])


def build_publication() -> dg.AssetsDefinition:
    """The asset that readers see."""

    @dg.asset(
        key=PUBLICATION,
        group_name=GROUP,
        deps=[GATE_PUBLISHED],
        description="The published warehouse: all marts of one run, moved to readers by one rename.",
        required_resource_keys={NIGHT},
    )
    def publish(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        night = run_step(context, "publish")
        return dg.MaterializeResult(
            metadata={"generation_number": night.outcome.generation_number, "run_id": night.run_id}
        )

    return publish
