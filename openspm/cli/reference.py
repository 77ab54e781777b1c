"""The page docs/command_line.md, made from the commands themselves; a test holds it to be current."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from openspm.cli.main import app

HEAD = """# Command line

Generated from the commands: do not edit, run `make docs`.

Every command that works for a company takes `--company DIR`; without it the current folder is taken if it holds a
`company.yml`, else `examples/demo`. `--json` prints JSON for programs and nothing else, also for an error; exact
amounts are texts in it. `--quiet` prints nothing but errors, `NO_COLOR` turns colour off, and progress is drawn on a
terminal only. An error says what, where and what to do next; `--debug`, anywhere on the line, shows its traceback.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | error |
| 2 | wrong usage |
| 3 | blocked by a gate: nothing was published, readers keep the last publication |
| 4 | locked: another run of the company is going on |
| 5 | a source cannot be reached |
"""


def command_line_page() -> str:
    """The whole page as Markdown."""
    root: Any = typer.main.get_command(app)
    context = root.context_class(root, info_name="openspm")
    parts = [HEAD]
    for command, command_context in _commands(root, context):
        parts.append(_section(command, command_context))
    return "\n".join(parts)


def _commands(group: Any, context: Any) -> Iterator[tuple[Any, Any]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = command.context_class(command, info_name=name, parent=context)
        if hasattr(command, "list_commands"):
            yield from _commands(command, inner)
        else:
            yield command, inner


def _section(command: Any, context: Any) -> str:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    lines = [f"## {context.command_path}", "", command.help.strip(), "", "```", usage, "```", ""]
    records = [parameter.get_help_record(context) for parameter in command.params]
    rows = [f"| `{_cell(names)}` | {_cell(meaning)} |" for names, meaning in filter(None, records)]
    if rows:
        lines += ["| option | meaning |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """A text that a Markdown table can hold."""
    return " ".join(text.replace("|", "\\|").split())
