"""A reader as a BI tool is one: it opens the current file again and again until it is told to stop."""

import json
import select
import sys
from pathlib import Path

import duckdb

from tests.warehouse.test_generations import run_ids


def main(warehouse: Path) -> None:
    """Read until a line comes in; say how often it went wrong."""
    print("reading", flush=True)
    reads, most, failures = 0, 0, []
    while not select.select([sys.stdin], [], [], 0)[0]:
        try:
            most = max(most, len(run_ids(warehouse)))
        except (OSError, duckdb.Error) as error:
            failures.append(str(error))
        reads += 1
    print(json.dumps({"reads": reads, "most_run_ids": most, "failures": failures}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
