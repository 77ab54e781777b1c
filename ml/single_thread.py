"""One thread to fit and predict: dbt and the gates want the other core, and sums of one thread are repeatable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


@contextmanager
def single_thread() -> Iterator[None]:
    """Keep BLAS and OpenMP to one thread inside the block."""
    with threadpool_limits(1):
        yield
