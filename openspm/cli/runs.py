"""`openspm run`, `openspm demo`, `openspm dev`: the main job on a company, on the demo company, and in a browser."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from openspm.cli.options import (
    CHECKOUT,
    DEMO,
    CompanyOption,
    JsonOption,
    OpenCompany,
    QuietOption,
    company_folder,
    open_company,
)
from openspm.cli.terminal import Screen
from openspm.errors import UsageError

if TYPE_CHECKING:
    from rich.progress import Progress

    from openspm.nightly import RunOutcome, StepProgress

STEP_WORDS = {
    "land": "landing what the sources have",
    "register": "showing what landed to the candidate",
    "staging": "typing every row",
    "gate_sources": "gate: is this input fit to use",
    "models": "computing KPIs, attainment and payouts",
    "ml": "forecasting and scoring",
    "forecast": "building the forecast marts",
    "gate_published": "gate: is this safe to hand out",
    "publish": "publishing",
    "report": "writing the leaders' report",
}


def demo(as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Run the main job on the simulated company and show what came out, pay included."""
    _run_and_show(open_company(DEMO), Screen(as_json, quiet), None, False, True)


def run(
    company: CompanyOption = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="WHEN",
            help="Compute what was known at the end of a day (2026-03-31) or at a time (2026-03-31T18:00+02:00); "
            "no source is asked then.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Land, build and check, and publish nothing.")] = False,
    full_compare: Annotated[
        bool,
        typer.Option("--full-compare", help="Read incremental tables in full, which finds records that were deleted."),
    ] = False,
    show_pay: Annotated[bool, typer.Option("--show-pay", help="Print payouts in the summary.")] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Run the main job: sources to landing, models, gates, publication and report."""
    opened = open_company(company)
    if full_compare:
        opened = opened._replace(settings=opened.settings.model_copy(update={"full_compare": True}))
    moment = None if as_of is None else parse_as_of(as_of, opened.company.timezone_name)
    _run_and_show(opened, Screen(as_json, quiet), moment, dry_run, show_pay)


def dev(
    company: CompanyOption = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port on 127.0.0.1.")] = 3000,
) -> None:
    """Show the asset graph, its runs and its checks in a browser, on this machine only; end it with Ctrl-C."""
    from orchestration.instance import prepare_home

    opened = open_company(company)
    opened.state.claim()
    os.environ |= {
        "DAGSTER_HOME": str(prepare_home(opened.state)),
        "OPENSPM_COMPANY_DIR": str(company_folder(company).absolute()),
        # It recommends a command of a package that openspm does not have.
        "PYTHONWARNINGS": "ignore:Function `dev_command` is superseded",
    }
    address = ("-h", "127.0.0.1", "-p", str(port))
    typer.echo(f"Opening the asset graph of {opened.company.id} on http://127.0.0.1:{port} (Ctrl-C ends it)")
    sys.stdout.flush()
    os.chdir(CHECKOUT)
    # Dagster takes the place of this process, so that whatever ends it ends Dagster's services in their order.
    os.execvp("dagster", ["dagster", "dev", "-w", str(CHECKOUT / "workspace.yaml"), *address])  # noqa: S606


COMMANDS: tuple[Callable[..., None], ...] = (demo, run, dev)


def parse_as_of(text: str, timezone_name: str) -> datetime:
    """A day means its end, and a time without an offset is one of the company's time zone.

    Raises:
        UsageError: neither a day nor a time, or one that is yet to come.
    """
    zone = ZoneInfo(timezone_name)
    try:
        if len(text) == len("2026-03-31"):
            moment = datetime.combine(date.fromisoformat(text), time.max, zone)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    except ValueError:
        raise UsageError(
            f"--as-of cannot be {text!r}", "--as-of", "Give a day such as 2026-03-31 or a time 2026-03-31T18:00+02:00."
        ) from None
    now = datetime.now(UTC)
    if moment > now:
        if len(text) == len("2026-03-31") and date.fromisoformat(text) == now.astimezone(zone).date():
            return now
        raise UsageError(
            f"--as-of {text} is yet to come", "--as-of", "Give a time in the past, or leave it out for now."
        )
    return moment.astimezone(UTC)


def _run_and_show(
    opened: OpenCompany, screen: Screen, as_of: datetime | None, is_dry: bool, is_pay_shown: bool
) -> None:
    from openspm.cli.run_summary import show, summarise

    screen.say(f"Running {opened.company.name} ({opened.company.folder})")
    with screen.progress() as progress:
        outcome = _run(opened, as_of, is_dry, _listener(progress))
    summary = summarise(outcome, is_pay_shown)
    screen.answer(summary)
    show(screen, outcome, summary, _query_command(opened))
    if outcome.exit_code:
        if outcome.message and not screen.is_json:
            is_listed = bool(outcome.failures) and not screen.is_quiet
            typer.echo(f"Error: {_without_list(outcome.message) if is_listed else outcome.message}", err=True)
        raise typer.Exit(outcome.exit_code)


def _query_command(opened: OpenCompany) -> str:
    """The command as it was called (make calls .venv/bin/openspm), and the company where it is not the default."""
    called = Path(sys.argv[0])
    program = str(called) if called.name == "openspm" and not called.is_absolute() else "openspm"
    folder = opened.company.folder
    return f"{program} query" + ("" if folder == DEMO else f" --company {shlex.quote(str(folder))}")


def _without_list(message: str) -> str:
    """An error without the lines between what and where, which the summary has listed."""
    lines = message.splitlines()
    return "\n".join([lines[0], *(f"  {line}" for line in lines[1:] if line.startswith(("where: ", "next: ")))])


def _run(opened: OpenCompany, as_of: datetime | None, is_dry: bool, hear: Callable[[StepProgress], None]) -> RunOutcome:
    from orchestration.run import run_nightly

    return run_nightly(opened.settings, opened.company, as_of=as_of, dry_run=is_dry, progress=hear)


def _listener(progress: Progress | None) -> Callable[[StepProgress], None]:
    """Moves the bar with each step; hears everything and draws nothing without a terminal."""
    if progress is None:
        return lambda _: None
    task = progress.add_task("starting", total=None)

    def hear(event: StepProgress) -> None:
        done = f", {event.done_count} done" if event.done_count else ""
        progress.update(
            task,
            total=event.step_count,
            completed=event.position - (event.seconds is None),
            description=f"{STEP_WORDS.get(event.step, event.step)}{done}",
        )

    return hear
