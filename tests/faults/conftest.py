"""One publication of the micro company, made once a session, from which each test takes a copy."""

from pathlib import Path

import pytest

from tests.faults.micro_runs import published_home_below


@pytest.fixture(scope="session")
def published_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the micro company has been published once; not to be changed."""
    home, outcome = published_home_below(tmp_path_factory.getbasetemp())
    assert outcome.status == "published", outcome.message
    return home
