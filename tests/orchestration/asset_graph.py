"""The asset graph as short sorted text: one line an asset, `group asset <- what it is built from`.

`python -m tests.orchestration.asset_graph` writes it anew after the graph was changed on purpose.
"""

import tempfile
from pathlib import Path

from orchestration.build import build_defs
from orchestration.dbt_parts import DbtGraph
from tests.faults.micro_runs import micro_settings

SNAPSHOT = Path(__file__).parent / "asset_graph.txt"


def graph_lines(home: Path) -> list[str]:
    """The lines of the graph for the micro company."""
    from openspm.transform import fresh_manifest

    settings = micro_settings(home)
    state = settings.state("micro")
    state.claim()
    graph = build_defs(settings, DbtGraph.load(fresh_manifest(settings, state))).resolve_asset_graph()
    lines = []
    for node in graph.asset_nodes:
        parents = sorted(key.to_user_string() for key in node.parent_keys)
        shown = " ".join(parents) if len(parents) <= 12 else f"{len(parents)} assets"
        lines.append(f"{node.group_name} {node.key.to_user_string()} <- {shown}".rstrip(" <-"))
    return sorted(lines)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        SNAPSHOT.write_text("\n".join(graph_lines(Path(folder))) + "\n", encoding="utf-8")
