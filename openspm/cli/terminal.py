"""Texts, tables and progress for a person at a terminal. Pipes get plain text, programs get JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

GAP = "  "


class Screen:
    """Where a command shows what it has to say: `is_json` and `is_quiet` silence everything but the answer."""

    def __init__(self, is_json: bool = False, is_quiet: bool = False) -> None:
        self.is_json = is_json
        self.is_quiet = is_quiet

    def say(self, text: str = "") -> None:
        """A line for a person."""
        if not self.is_json and not self.is_quiet:
            typer.echo(text)

    def heading(self, text: str) -> None:
        """A line that begins a part."""
        if not self.is_json and not self.is_quiet:
            typer.secho(text, bold=shows_colour())

    def mark(self, is_good: bool, text: str, is_warning: bool = False) -> None:
        """A line that begins with ok, warn or fail."""
        word, colour = ("ok", "green") if is_good else ("warn", "yellow") if is_warning else ("fail", "red")
        if not self.is_json and not self.is_quiet:
            typer.echo(typer.style(f"{word:>4}", fg=colour if shows_colour() else None) + f"  {text}")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """A table in columns as wide as their texts; numbers stand right."""
        if self.is_json or self.is_quiet:
            return
        texts = [["" if value is None else str(value) for value in row] for row in rows]
        widths = [max(len(name), *(len(row[i]) for row in texts), 0) for i, name in enumerate(columns)]
        is_number = [any(_is_number(row[i]) for row in rows) for i in range(len(columns))]

        def line(cells: Sequence[str]) -> str:
            padded = (
                cell.rjust(width) if right else cell.ljust(width)
                for cell, width, right in zip(cells, widths, is_number, strict=True)
            )
            return GAP.join(padded).rstrip()

        typer.secho(line(columns), dim=shows_colour())
        for row in texts:
            typer.echo(line(row))

    def answer(self, value: Any) -> None:
        """What a program asked for with --json."""
        if self.is_json:
            typer.echo(json.dumps(value, indent=1, default=as_json, ensure_ascii=False))

    @contextmanager
    def progress(self) -> Iterator[Progress | None]:
        """A progress bar; None where there is no terminal to draw it on or nobody wants it."""
        if self.is_json or self.is_quiet or not sys.stderr.isatty():
            yield None
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            yield progress


def _is_number(value: Any) -> bool:
    """A number, or one that was written with its thousands separated."""
    if isinstance(value, str):
        return value.replace(",", "").replace(".", "").removeprefix("-").isdigit() and "," in value
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def shows_colour() -> bool:
    """Colour is for a terminal whose user has not set NO_COLOR."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def as_json(value: Any) -> Any:
    """Values that JSON has no type for: exact decimals, dates and paths become texts."""
    if isinstance(value, Decimal | Path):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if isinstance(value, bytes):
        return value.hex()
    return str(value)
