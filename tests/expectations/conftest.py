"""One clean candidate for all tests of the gates: building it takes longer than gating it."""

import pytest

from tests.expectations.clean_company import Built, build_clean_candidate


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The candidate of a clean company; nobody writes to it."""
    return build_clean_candidate(tmp_path_factory.mktemp("clean"), seed=21)
