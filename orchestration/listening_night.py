"""A night that keeps what dbt and the gates answer, for whoever turns it into Dagster's results.

Nothing here imports Dagster: the children of a night begin with their imports before this process begins with that one.
"""

from expectations.results import GateResult
from openspm.nightly import Night
from openspm.nightly.outcome import StepName
from openspm.transform import DbtResult


class ListeningNight(Night):
    """A night that keeps what dbt or a gate answered in its last step."""

    dbt_result: DbtResult | None = None
    gate_result: GateResult | None = None

    def run(self, step: StepName) -> None:
        """Run one step; what an earlier one was answered is forgotten."""
        self.dbt_result = self.gate_result = None
        super().run(step)

    def on_dbt_result(self, result: DbtResult) -> None:
        """Keep dbt's answer."""
        self.dbt_result = result

    def on_gate_result(self, result: GateResult) -> None:
        """Keep the gate's answer."""
        self.gate_result = result
