"""Two nights of the micro company in one process, each as `openspm run --json` runs it.

`python -m tests.faults.two_nights <folder>` leaves a home with two publications, and beside it what each night printed
and the hashes of the first publication's files before the second night. A look-up at the end shows that the watch over
the network is awake.
"""

import contextlib
import json
import os
import socket
import sys
from pathlib import Path

from openspm.cli.main import main
from openspm.durable_files import hash_file
from openspm.warehouse.generations import list_generations
from tests.faults.micro_runs import MICRO, TwoNights, micro_state


def run_and_keep_what_is_printed(target: Path) -> None:
    """Run a night; all that goes to standard output, whoever writes it, goes into a file."""
    sys.stdout.flush()
    kept = os.dup(1)
    with target.open("w") as file:
        os.dup2(file.fileno(), 1)
        try:
            main(["run", "--json", "--company", str(MICRO)])
        except SystemExit as ended:
            if ended.code:
                raise
        finally:
            sys.stdout.flush()
            os.dup2(kept, 1)


if __name__ == "__main__":
    nights = TwoNights(Path(sys.argv[1]))
    os.environ["OPENSPM_HOME"] = str(nights.home)
    run_and_keep_what_is_printed(nights.printed[0])
    first = list_generations(micro_state(nights.home))[0].folder
    hashes = {path.name: hash_file(path) for path in first.rglob("*") if path.is_file()}
    nights.first_hashes.write_text(json.dumps(hashes))
    run_and_keep_what_is_printed(nights.printed[1])
    with contextlib.suppress(OSError):
        socket.getaddrinfo("watch.invalid", 80)
