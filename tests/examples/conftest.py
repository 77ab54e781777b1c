"""Each example company is run once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.examples.published import Example, run_example


@pytest.fixture(scope="session")
def publish(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Example]:
    """Runs the example of that name."""
    done: dict[str, Example] = {}

    def run(name: str) -> Example:
        if name not in done:
            done[name] = run_example(checkout / "examples" / name, tmp_path_factory.mktemp(name))
        return done[name]

    return run
