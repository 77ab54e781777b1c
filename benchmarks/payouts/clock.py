"""What a side of the comparison says of its own time: wall seconds, and processor seconds of all its threads.

Other work on a machine makes wall time longer and processor time hardly: ratios are of processor time.
"""

from __future__ import annotations

import json
import time
from typing import Any


class Clock:
    """Runs from when it is made."""

    def __init__(self) -> None:
        """Start it."""
        self._wall, self._processor = time.monotonic(), time.process_time()

    def print_seconds(self, **more: Any) -> None:
        """Print one line of JSON with both times and whatever else the side says."""
        seconds = {
            "wall": round(time.monotonic() - self._wall, 3),
            "processor": round(time.process_time() - self._processor, 3),
        }
        print(json.dumps(seconds | more))
