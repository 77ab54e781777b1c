"""Named points of a run at which a test may break it: an error, a full disk or a killed process.

In production the setting `fault_at` is empty and a point is one comparison. The list below is complete, so that a test
can break a run at every one of them.
"""

from __future__ import annotations

import errno
import os
import signal

from openspm.errors import OpenspmError
from openspm.settings import Settings

FAULT_POINTS = (
    "after_lock",
    "after_clean_up",
    "after_landing",
    "after_register",
    "after_staging",
    "after_gate_sources",
    "after_models",
    "after_ml",
    "after_forecast",
    "after_gate_published",
    "after_meta",
    "during_copy",
    "after_copy",
    "after_open_file",
    "after_parquet",
    "after_manifest",
    "after_verify",
    "before_rename",
    "after_rename",
    "after_current",
    "after_prune",
    "after_record",
    "after_report",
)
FAULT_KINDS = ("error", "full", "kill")


class InjectedFault(RuntimeError):  # noqa: N818 - the name says what happened
    """An error that a test asked for."""


def fault_point(settings: Settings, name: str) -> None:
    """Break here, if `settings.fault_at` says so as `<point>:<kind>`.

    Raises:
        InjectedFault: kind error.
        OSError: kind full; the disk is said to be full.
        OpenspmError: the setting names no point or kind that exists.
    """
    if settings.fault_at is None:
        return
    point, _, kind = settings.fault_at.partition(":")
    if point not in FAULT_POINTS or kind not in FAULT_KINDS:
        raise OpenspmError(
            f"OPENSPM_FAULT_AT cannot be {settings.fault_at!r}",
            where="environment variable OPENSPM_FAULT_AT",
            next_step="Unset it: only tests break a run, at a point and in a way that openspm.faults lists.",
        )
    if point != name:
        return
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "full":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
    raise InjectedFault(f"A test broke the run at {name}")
