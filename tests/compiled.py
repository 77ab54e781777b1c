"""The compiled models that tests share, those of the checkout's own state: what `make setup` compiled, where it did."""

import os
from pathlib import Path

VARIABLE = "OPENSPM_COMPILED_DIR"
COMPILED_DIR = Path(os.environ.get(VARIABLE) or Path(__file__).parents[1] / "var" / ".compiled")
# For settings that are read from an environment of their own.
COMPILED = {VARIABLE: str(COMPILED_DIR)}
