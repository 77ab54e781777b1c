"""Vega, Vega-Lite and Vega-Embed as one script, about 0.9 MB, for the pages that hold charts.

Bundling takes seconds, so the script is kept beside the compiled models for all companies, under a name that says which
package made it and what it holds. A file that does not hold what its name says is made anew.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from openspm.durable_files import write_durably


def chart_libraries(kept_in: Path | None) -> str:
    """The script, ready to stand in a script element.

    Args:
        kept_in: a folder that keeps it from one night to the next; None to make it for this process.
    """
    if kept_in is None:
        return _bundle()
    prefix = f"charts-{version('vl-convert-python')}-"
    for path in kept_in.glob(f"{prefix}*.js"):
        kept = path.read_bytes()
        if path.name == f"{prefix}{hashlib.sha256(kept).hexdigest()}.js":
            return kept.decode()
    script = _bundle()
    kept_in.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in kept_in.glob("charts-*.js"):
        path.unlink(missing_ok=True)
    write_durably(kept_in / f"{prefix}{hashlib.sha256(script.encode()).hexdigest()}.js", script)
    return script


@cache
def _bundle() -> str:
    """Make the script, once a process."""
    import vl_convert

    source: str = vl_convert.javascript_bundle(None)  # type: ignore[arg-type]  # its stub forgets the default
    return source.replace("</script", "<\\/script").replace("<!--", "<\\!--")
