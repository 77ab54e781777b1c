"""`openspm doctor`: is this machine fit to run openspm, and what to do where it is not."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from openspm.cli.options import CHECKOUT, CompanyOption, JsonOption, company_folder
from openspm.cli.terminal import Screen
from openspm.errors import OpenspmError

LOCK_FILE = CHECKOUT / "requirements.lock"
LEAST_FREE_GB, WANTED_FREE_GB = 1, 5
PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)(?:\s*;\s*([^\\]+))?", re.MULTILINE)
TELEMETRY = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `status` is ok, warn or fail."""

    name: str
    status: str
    found: str
    next_step: str = ""


def doctor(
    company: CompanyOption = None,
    as_json: JsonOption = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show what is well, too, in full.")] = False,
) -> None:
    """Look at this machine: Python, versions, disk, locale, time zones, rights, dbt, telemetry."""
    screen = Screen(as_json)
    findings = list(examine(company_folder(company)))
    failed = [finding for finding in findings if finding.status == "fail"]
    screen.answer({"findings": [asdict(finding) for finding in findings], "is_fit": not failed})
    for finding in findings:
        found = finding.found if verbose or len(finding.found) < 90 else finding.found[:87] + "..."
        screen.mark(finding.status == "ok", f"{finding.name}: {found}", finding.status == "warn")
        if finding.next_step and finding.status != "ok":
            screen.say(f"      {finding.next_step}")
    things = "1 thing" if len(failed) == 1 else f"{len(failed)} things"
    screen.say("This machine is fit to run openspm." if not failed else f"{things} must be mended first.")
    if failed:
        raise typer.Exit(1)


COMMANDS: tuple[Callable[..., None], ...] = (doctor,)


def examine(folder: Path) -> Iterator[Finding]:
    """Every finding, one after the other; none stops the next."""
    yield _python()
    yield _versions()
    yield _locale()
    yield _time_zones()
    yield from _state(folder)
    yield _dbt()
    yield _telemetry()


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    is_right = sys.version_info[:2] == (3, 11)
    return Finding(
        "Python", "ok" if is_right else "fail", f"{version} in {sys.prefix}", "" if is_right else "Run `make setup`."
    )


def _versions() -> Finding:
    """Installed versions against requirements.lock."""
    if not LOCK_FILE.is_file():
        return Finding("versions", "warn", "no requirements.lock beside the code", "Work from the checkout.")
    from packaging.markers import Marker

    wrong, count = [], 0
    for name, version, marker in PINNED.findall(LOCK_FILE.read_text(encoding="utf-8")):
        if marker and not Marker(marker.strip()).evaluate():
            continue
        count += 1
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed = "absent"
        if installed != version:
            wrong.append(f"{name} {installed} (locked: {version})")
    if wrong:
        return Finding(
            "versions",
            "fail",
            ", ".join(wrong),
            "Run `make setup`: numbers are promised for the locked versions only.",
        )
    return Finding("versions", "ok", f"{count} packages as locked")


def _locale() -> Finding:
    file_encoding, output = sys.getfilesystemencoding(), sys.stdout.encoding or "unknown"
    if file_encoding.lower() not in ("utf-8", "utf8"):
        return Finding("locale", "fail", f"file names in {file_encoding}", "Set LANG=C.UTF-8 or another UTF-8 locale.")
    if output.lower() not in ("utf-8", "utf8"):
        return Finding("locale", "warn", f"output in {output}", "Set LANG=C.UTF-8, else names may not print.")
    return Finding("locale", "ok", "UTF-8")


def _time_zones() -> Finding:
    import zoneinfo

    try:
        zoneinfo.ZoneInfo("Europe/Berlin")
    except zoneinfo.ZoneInfoNotFoundError:
        return Finding("time zones", "fail", "no time zone data", "Run `make setup`: the package tzdata brings it.")
    return Finding("time zones", "ok", f"{len(zoneinfo.available_timezones())} zones")


def _state(folder: Path) -> Iterator[Finding]:
    """Settings, rights and space of the folder that holds the state, and the company's own."""
    from openspm.settings import load_settings

    try:
        settings = load_settings(folder)
    except OpenspmError as error:
        yield Finding("settings", "fail", error.message, error.next_step or "")
        return
    place = settings.home
    while not place.exists():
        place = place.parent
    try:
        with tempfile.NamedTemporaryFile(dir=place):
            yield Finding("state", "ok", f"may write to {settings.home}")
    except OSError as error:
        yield Finding("state", "fail", f"{place}: {error.strerror}", "Set OPENSPM_HOME to a folder that you may use.")
    free = shutil.disk_usage(place).free / 1e9
    status = "fail" if free < LEAST_FREE_GB else "warn" if free < WANTED_FREE_GB else "ok"
    yield Finding("disk", status, f"{free:.1f} GB free", "Free space, or set OPENSPM_HOME to another disk.")
    yield _company(folder)


def _company(folder: Path) -> Finding:
    from openspm.company import load_company

    try:
        company = load_company(folder)
    except OpenspmError as error:
        return Finding("company", "fail", error.message, "Look at it with `openspm check`.")
    return Finding("company", "ok", f"{company.id} in {company.folder}")


def _dbt() -> Finding:
    path = shutil.which("dbt")
    if path is None:
        return Finding("dbt", "fail", "not on PATH", "Run `make setup`, and start openspm from .venv/bin.")
    return Finding("dbt", "ok", path)


def _telemetry() -> Finding:
    loose = [f"{name}={os.environ.get(name)}" for name, value in TELEMETRY.items() if os.environ.get(name) != value]
    if loose:
        return Finding("telemetry", "fail", ", ".join(loose), "Start openspm by its command, which turns it off.")
    return Finding("telemetry", "ok", "off")
