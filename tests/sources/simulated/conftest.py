"""One small company with defects and its clean twin, made once for all tests of the simulation."""

import pytest

from openspm.sources.simulated import SimulatedCompany, SimulationSettings, generate


@pytest.fixture(scope="session")
def demo() -> SimulatedCompany:
    return generate(SimulationSettings())


@pytest.fixture(scope="session")
def clean() -> SimulatedCompany:
    return generate(SimulationSettings(defects=False))
