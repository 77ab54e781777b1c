"""The report of a gate for auditors: Great Expectations' Data Docs as HTML in one folder.

Importing this module imports Great Expectations.
"""

from pathlib import Path

from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext

SITE_NAME = "gate"


def write_data_docs(context: EphemeralDataContext, folder: Path) -> Path:
    """Write the validations that a context has run as HTML, and return the first page.

    Args:
        context: the context that ran the gate.
        folder: where to write; made when missing, readable by its owner only.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    context.add_data_docs_site(
        site_name=SITE_NAME,
        site_config={
            "class_name": "SiteBuilder",
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder.resolve())},
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )
    context.build_data_docs(site_names=[SITE_NAME])
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return folder / "index.html"
