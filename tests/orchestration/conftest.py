"""Two nights of the micro company, made once a session; a test that goes on with them takes a copy."""

from pathlib import Path

import pytest

from tests.faults.micro_runs import TwoNights, two_nights_below


@pytest.fixture(scope="session")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> TwoNights:
    """The nights, what they printed and whom they tried to reach."""
    return two_nights_below(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def published_home(two_nights: TwoNights) -> Path:
    """A home in which the micro company has been published; not to be changed."""
    return two_nights.home
