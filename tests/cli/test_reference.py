"""Protects docs/command_line.md: without it the page describes options that are gone."""

from __future__ import annotations

from pathlib import Path

from openspm.cli.reference import command_line_page


def test_the_page_is_current(checkout: Path) -> None:
    page = (checkout / "docs" / "command_line.md").read_text(encoding="utf-8")
    assert page == command_line_page(), "run `make docs`"


def test_every_command_and_every_option_is_explained() -> None:
    page = command_line_page()
    for command in ("demo", "init", "doctor", "check", "run", "dev", "simulate", "query", "reland", "sources"):
        assert f"## openspm {command}\n" in page
    for command in ("plan lint", "plan test", "plan explain", "warehouse generations", "warehouse rollback"):
        assert f"## openspm {command}\n" in page
    assert "|  |" not in page, "an option has no explanation"
