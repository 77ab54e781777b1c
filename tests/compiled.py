"""The compiled models that tests share, those of the checkout's own state: what `make setup` compiled, where it did."""

import os
import shutil
from pathlib import Path

from openspm.compiled_models import MANIFEST, PACKED_MANIFEST, compiled_folder

VARIABLE = "OPENSPM_COMPILED_DIR"
COMPILED_DIR = Path(os.environ.get(VARIABLE) or Path(__file__).parents[1] / "var" / ".compiled")
# For settings that are read from an environment of their own.
COMPILED = {VARIABLE: str(COMPILED_DIR)}


def copy_what_was_parsed(compiled_dir: Path) -> None:
    """Give a test compiled models of its own, parsed and with nothing recorded; nothing where none are."""
    source = compiled_folder(COMPILED_DIR)
    if (source / MANIFEST).exists():
        target = compiled_dir / source.name
        target.mkdir(parents=True)
        for file in (MANIFEST, PACKED_MANIFEST):
            shutil.copy(source / file, target)
