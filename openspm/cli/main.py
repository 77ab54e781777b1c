"""The entry of the command `openspm`: its groups of commands, and how an error ends it.

Exit codes: 0 done, 1 error, 2 wrong usage, 3 blocked by a gate, 4 locked by another run, 5 source unreachable.
"""

from __future__ import annotations

import atexit
import errno
import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from openspm import __version__
from openspm.cli import (
    compilation,
    doctor_checks,
    fakes,
    folders,
    follow_ups,
    generations,
    landings,
    plans,
    queries,
    runs,
    simulation,
    sync,
)
from openspm.cli.options import JSON_FLAG
from openspm.errors import OpenspmError
from openspm.garbage import collect_rarely

DEBUG_FLAG = "--debug"
# Files and folders that a command makes are closed to others; the published ones get the mode of the settings.
PRIVATE_UMASK = 0o077
# Nothing that runs inside or below this process reports home.
TELEMETRY_OFF = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}
DEFECT_ADVICE = "This is a defect of openspm: run the command again with --debug and report what it prints."
DISK_ADVICE = "Free space on the disk that holds the state (`openspm doctor` names it), then run again."

app = typer.Typer(
    name="openspm",
    help="Sales Performance Management: CRM and finance data to validated, published, explained numbers.",
    epilog="Exit codes: 0 done, 1 error, 2 wrong usage, 3 blocked by a gate, 4 locked, 5 source unreachable.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: importing rich alone takes longer than everything else
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (runs, folders, doctor_checks, landings, queries, simulation, fakes, sync):
    for command in module.COMMANDS:
        app.command()(command)
app.command("compile")(compilation.compile_models)
app.add_typer(plans.app, name="plan")
app.add_typer(generations.app, name="warehouse")
app.add_typer(follow_ups.app, name="followups")


def _show_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"openspm {__version__}")
        raise typer.Exit


@app.callback()
def openspm(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end.")
    ] = False,
    debug: Annotated[bool, typer.Option(DEBUG_FLAG, help="Show the traceback of an error; works anywhere.")] = False,
) -> None:
    """Sales Performance Management: CRM and finance data to validated, published, explained numbers."""
    del version, debug


def run_process() -> None:
    """Run the command as a process of its own.

    Python would take a second to take apart what a night has made before it gives it back to the machine all the same.
    What was registered to happen at the end does happen: what is registered first is done last.
    """
    exit_code = 1

    def leave() -> None:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(exit_code)

    atexit.register(leave)
    try:
        main()
        exit_code = 0
    except SystemExit as ended:
        exit_code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        raise


def main(arguments: list[str] | None = None) -> None:
    """Run the command and raise SystemExit with its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    is_debug, is_json = DEBUG_FLAG in words, JSON_FLAG in words
    words = [word for word in words if word != DEBUG_FLAG]
    collect_rarely()
    os.umask(PRIVATE_UMASK)
    os.environ.update(TELEMETRY_OFF)
    # dbt and dagster are started by name; the ones beside this Python are meant, active environment or not.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    try:
        app(args=words, prog_name="openspm")
    except OpenspmError as error:
        if is_debug:
            raise
        _show_error(error, is_json)
        sys.exit(error.exit_code)
    except OSError as error:
        if is_debug:
            raise
        advice = DISK_ADVICE if error.errno in (errno.ENOSPC, errno.EDQUOT) else DEFECT_ADVICE
        if isinstance(error, PermissionError):
            advice = "Give the user of this command the right to it, or set OPENSPM_HOME to a folder that it may use."
        _show_error(OpenspmError(error.strerror or str(error), error.filename, advice), is_json)
        sys.exit(1)
    except Exception as error:
        if is_debug:
            raise
        _show_error(OpenspmError(f"{type(error).__name__}: {error}", next_step=DEFECT_ADVICE), is_json)
        sys.exit(1)


def _show_error(error: OpenspmError, is_json: bool) -> None:
    """What, where and what next: on standard error, and for a program that asked for JSON on standard output."""
    if is_json:
        fields = {"message": error.message, "where": error.where, "next_step": error.next_step}
        typer.echo(json.dumps({"error": fields, "exit_code": error.exit_code}, indent=1))
        return
    typer.secho(f"Error: {error.message}", err=True, fg=None if "NO_COLOR" in os.environ else "red")
    if error.where:
        typer.echo(f"  where: {error.where}", err=True)
    if error.next_step:
        typer.echo(f"  next:  {error.next_step}", err=True)


if __name__ == "__main__":
    run_process()
