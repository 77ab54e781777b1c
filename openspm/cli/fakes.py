"""`openspm fake`: a vendor that has the records of a company, on this machine, to try a source out."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from openspm.cli.options import CompanyOption, JsonOption, open_company
from openspm.cli.terminal import Screen
from openspm.errors import UsageError

if TYPE_CHECKING:
    from openspm.fakes.faults import Fault


def fake(
    kind: Annotated[str, typer.Argument(help="The vendor: salesforce, hubspot, stripe, quickbooks.")],
    company: CompanyOption = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 for any that is free.")] = 0,
    latency_ms: Annotated[int, typer.Option("--latency-ms", min=0, help="Least time of an answer.")] = 0,
    faults: Annotated[
        list[str] | None,
        typer.Option("--fault", metavar="KIND[:SKIP[:TIMES]]", help="What goes wrong, and for how many requests."),
    ] = None,
    only_path: Annotated[str, typer.Option("--fault-path", help="Regular expression of requests that fail.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Serve a simulated company through a vendor's protocol until interrupted; prints what company.yml needs for it."""
    from openspm.fakes import build_fake
    from openspm.fakes.faults import FaultSchedule
    from openspm.fakes.server import FakeServer
    from openspm.secrets import secret_variable
    from openspm.sources.simulated import SimulationSettings, generate

    screen = Screen(as_json)
    opened = open_company(company)
    simulated = next((source for source in opened.company.sources if source.kind == "simulated"), None)
    if simulated is None:
        raise UsageError(
            "The company has no simulated source, so there is nothing to serve",
            str(opened.company.folder),
            "Name a folder such as examples/micro.",
        )
    settings = SimulationSettings(**simulated.model_dump(exclude={"name", "kind"}))
    tables = generate(settings, opened.company.id, opened.company.calendar.id).tables
    vendor = build_fake(kind, tables)
    schedule = FaultSchedule(tuple(_fault(text, only_path) for text in faults or ()))
    with FakeServer(vendor, port=port, latency_seconds=latency_ms / 1000, faults=schedule) as server:
        secrets = {secret_variable(kind, field): value for field, value in vendor.secrets().items()}
        block = {"name": kind, "kind": kind, **vendor.settings(server.url)}
        screen.answer({"url": server.url, "settings": block, "environment": secrets})
        screen.say(f"{kind} answers at {server.url}; stop it with Ctrl-C.")
        screen.say()
        screen.say("In company.yml, under sources:")
        screen.say("  - {" + ", ".join(f"{name}: {_as_yaml(value)}" for name, value in block.items()) + "}")
        screen.say()
        screen.say("In the environment; these let nobody in anywhere else:")
        for name, value in secrets.items():
            screen.say(f"  export {name}={shlex.quote(value)}")
        try:
            while True:
                server.pause(3600)
        except KeyboardInterrupt:
            screen.say(f"{len(server.requests)} requests were answered.")


def _as_yaml(value: str) -> str:
    """A value of a block: blocks within it stand as they are, texts in quotes."""
    return value if value.startswith(("{", "[")) else f'"{value}"'


def _fault(text: str, path: str) -> Fault:
    """A fault as the command line names it.

    Raises:
        UsageError: no such fault, or numbers that are none.
    """
    from openspm.fakes.faults import PAGE_FAULTS, TRANSPORT_FAULTS, Fault

    kind, *numbers = text.split(":")
    if kind not in (*TRANSPORT_FAULTS, *PAGE_FAULTS) or not all(number.isdigit() for number in numbers[:2]):
        raise UsageError(
            f"There is no fault {text!r}",
            "--fault",
            f"Write KIND, KIND:SKIP or KIND:SKIP:TIMES with one of: {', '.join((*TRANSPORT_FAULTS, *PAGE_FAULTS))}.",
        )
    return Fault(kind, path, *(int(number) for number in numbers[:2]))


COMMANDS: tuple[Callable[..., None], ...] = (fake,)
