"""Where tests keep their files: in memory where there is plenty of it, for a warehouse syncs with every commit."""

import os
import re
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
PREFIX = "openspm-tests-"
GIGABYTE = 10**9
# More than two workers hold at once, in files and in their processes.
ENOUGH_FILES, ENOUGH_MEMORY = 4 * GIGABYTE, 8 * GIGABYTE


def keep_in_memory() -> None:
    """Let this process and its children make temporary files in memory; TMPDIR decides where it is set."""
    if "TMPDIR" in os.environ or not _is_roomy():
        return
    for folder in MEMORY.glob(f"{PREFIX}*"):
        maker = re.fullmatch(rf"{PREFIX}(\d+)", folder.name)
        if maker and not Path("/proc", maker[1]).exists():
            shutil.rmtree(folder, ignore_errors=True)
    _own_folder().mkdir(mode=0o700)
    os.environ["TMPDIR"] = tempfile.tempdir = str(_own_folder())


def give_memory_back() -> None:
    """Delete what `keep_in_memory` of this process made; after a failure nobody calls it, and the next run does."""
    shutil.rmtree(_own_folder(), ignore_errors=True)


def _own_folder() -> Path:
    return MEMORY / f"{PREFIX}{os.getpid()}"


def _is_roomy() -> bool:
    """Whether files in memory may take what tests need; a container often gives them a few megabytes."""
    if not os.access(MEMORY, os.W_OK | os.X_OK) or os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(MEMORY).free >= ENOUGH_FILES and _available_memory() >= ENOUGH_MEMORY


def _available_memory() -> int:
    """Bytes that processes may still take; 0 where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return 0
    kilobytes = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), "0")
    return int(kilobytes) * 1024
