"""The second run of a home, in a process of its own that goes through Dagster twice and prints what came out."""

import contextlib
import json
import socket
import sys
from pathlib import Path

from openspm.company import load_company
from orchestration.run import run_nightly
from tests.faults.micro_runs import MICRO, micro_settings


def main(home: Path) -> None:
    """Run twice in one process; a look-up at the end shows that the watch is awake."""
    outcomes = [run_nightly(micro_settings(home), load_company(MICRO)) for _ in range(2)]
    with contextlib.suppress(OSError):
        socket.getaddrinfo("watch.invalid", 80)
    print(json.dumps([{"status": entry.status, "message": entry.message} for entry in outcomes]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
