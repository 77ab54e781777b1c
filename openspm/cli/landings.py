"""`openspm sources` and `openspm reland`: what came in last, and archived files through the mappings of today."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from openspm.cli.options import CompanyOption, JsonOption, QuietOption, open_company
from openspm.cli.terminal import Screen
from openspm.errors import UsageError

if TYPE_CHECKING:
    from openspm.landing import Manifest


def sources(
    company: CompanyOption = None,
    is_kinds: Annotated[bool, typer.Option("--kinds", help="List the kinds of source that there are instead.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List every source with the newest batch of each table: rows, kind and when it landed."""
    if is_kinds:
        _list_kinds(Screen(as_json))
        return
    from openspm.landing import read_manifests, source_names
    from openspm.landing.manifest import newest_by_table

    screen = Screen(as_json)
    opened = open_company(company)
    kinds = {source.name: source.kind for source in opened.company.sources}
    manifests = read_manifests(opened.state)
    names = source_names(opened.company)
    newest = {name: newest_by_table(manifests, name) for name in names}
    screen.answer(
        [
            {
                "source": name,
                "kind": kinds.get(name, "company folder"),
                "tables": {table: _facts(batch) for table, batch in sorted(newest[name].items())},
            }
            for name in names
        ]
    )
    rows: list[list[object]] = []
    for name in names:
        kind = kinds.get(name, "company folder")
        if not newest[name]:
            rows.append([name, kind, "nothing landed yet", None, "", ""])
        for table, batch in sorted(newest[name].items()):
            rows.append([name, kind, table, batch.row_count, batch.kind, f"{batch.landed_at:%Y-%m-%d %H:%M} UTC"])
    screen.table(["source", "kind", "table", "rows", "batch", "landed"], rows)


def reland(
    source: Annotated[
        str | None, typer.Argument(help="A source of company.yml; all whose raw records are archived if not given.")
    ] = None,
    company: CompanyOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Put archived raw files through the mappings of today: new batches, beside the old ones, which never change."""
    from openspm.landing.reland import reland as replay
    from openspm.sources import RelandableSource, open_source
    from openspm.warehouse.lock import hold_lock

    screen = Screen(as_json, quiet)
    opened = open_company(company)
    names = [entry.name for entry in opened.company.sources if isinstance(open_source(entry), RelandableSource)]
    if source is not None and source not in names:
        raise UsageError(
            f"No source {source!r} whose raw records are archived",
            "company.yml",
            f"Name one of: {', '.join(names) or 'there is none'}.",
        )
    landed: list[Manifest] = []
    with hold_lock(opened.state, "reland", opened.settings.lock_wait_seconds):
        for name in names if source is None else [source]:
            landed += replay(opened.settings, opened.state, opened.company, name)
    screen.answer([{"source": batch.source, "table": batch.table, **_facts(batch)} for batch in landed])
    screen.table(
        ["source", "table", "rows", ""],
        [
            [batch.source, batch.table, batch.row_count, "as before" if batch.same_as_batch_id else "new batch"]
            for batch in landed
        ],
    )
    if not landed:
        screen.say("Nothing is archived yet.")
    elif all(batch.same_as_batch_id for batch in landed):
        screen.say("Nothing changed.")
    else:
        screen.say("Publish what changed: openspm run")


def _list_kinds(screen: Screen) -> None:
    """Every kind that company.yml may name, what it is, and the page that says what it needs."""
    from openspm.settings import CHECKOUT
    from openspm.sources import REGISTRY, readme_path

    rows = []
    for kind in REGISTRY:
        readme = readme_path(kind)
        about = readme.read_text(encoding="utf-8").split("\n\n")[1].replace("\n", " ")
        rows.append([kind, about, str(readme.relative_to(CHECKOUT))])
    screen.answer([dict(zip(("kind", "about", "readme"), row, strict=True)) for row in rows])
    screen.table(["kind", "", "page"], rows)


COMMANDS: tuple[Callable[..., None], ...] = (sources, reland)


def _facts(batch: Manifest) -> dict[str, object]:
    return {
        "batch_id": batch.batch_id,
        "row_count": batch.row_count,
        "kind": batch.kind,
        "landed_at": batch.landed_at,
        "is_new": batch.same_as_batch_id is None,
    }
