"""Wall time and peak memory of a child process and everything that it starts."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE_BYTES = 4096
SAMPLE_SECONDS = 0.05


@dataclass(frozen=True)
class Measured:
    """One command: seconds of wall time, peak resident bytes of its process tree, and what it printed."""

    seconds: float
    peak_bytes: int
    output: str


def measure(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Measured:
    """Run the command to its end.

    Pages that processes share are counted once for each of them, so the peak is an upper bound.

    Raises:
        RuntimeError: the command failed; its last lines are in the message.
    """
    started = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=dict(environment), cwd=folder
    )
    peak = 0
    is_over = threading.Event()

    def sample() -> None:
        nonlocal peak
        while not is_over.wait(SAMPLE_SECONDS):
            peak = max(peak, _tree_bytes(process.pid))

    sampler = threading.Thread(target=sample)
    sampler.start()
    output, _ = process.communicate()
    seconds = time.monotonic() - started
    is_over.set()
    sampler.join()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with code {process.returncode}:\n{output[-4000:]}")
    return Measured(seconds, peak, output)


def _tree_bytes(root: int) -> int:
    """Resident bytes of a process and its descendants; one that ends meanwhile counts nothing."""
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        with contextlib.suppress(OSError, ValueError, IndexError):
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                with contextlib.suppress(OSError):
                    waiting.extend(int(child) for child in (thread / "children").read_text().split())
    return total
