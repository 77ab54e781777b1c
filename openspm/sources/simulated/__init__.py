"""A company that does not exist: seeded, with documented truths and documented defects, of any size.

`generate` makes it in memory, `write` writes it to files, and the source kind `simulated` lands it. What is planted in
it is documented in docs/simulated_company.md. Nothing here reads a clock: equal settings give equal bytes.
"""

from openspm.sources.simulated.company import SimulatedCompany, Simulation, generate
from openspm.sources.simulated.defects import Defect
from openspm.sources.simulated.settings import SimulationSettings
from openspm.sources.simulated.truths import Truth
from openspm.sources.simulated.writing import Written, write

__all__ = [
    "Defect", "SimulatedCompany", "Simulation", "SimulationSettings", "Truth", "Written", "generate", "write",
]  # fmt: skip
