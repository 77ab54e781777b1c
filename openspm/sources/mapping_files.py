"""The mappings that a company keeps for a source: `sources/<source>/<table>.sql`, one SELECT a canonical table."""

from __future__ import annotations

from pathlib import Path

from openspm.contract import Contract
from openspm.errors import OpenspmError


def mapping_files(company_folder: Path, source_name: str, contract: Contract) -> dict[str, Path]:
    """The mapping file of each canonical table that has one, in the order of their names.

    Raises:
        OpenspmError: a file that is named by no canonical table.
    """
    files = {}
    for path in sorted((company_folder / "sources" / source_name).glob("*.sql")):
        if path.stem not in contract:
            raise OpenspmError(
                f"There is no canonical table {path.stem!r}",
                where=str(path),
                next_step="Name the file by a canonical table; docs/landing.md says where they are declared.",
            )
        files[path.stem] = path
    return files
