"""Landing: what came in, kept as it came, and shown to a candidate as of a point in time.

    archive       raw files by their hash
    manifest      one record a batch: what it holds, where from, when it landed
    batches       `land`: extracts become immutable batches of text, all tables of one landing at once or none
    batch_file    the file of one batch: text in Parquet, hashed as it is written
    registration  `register`: relations `landing.<table>` in a candidate, from the manifests as of a time
    nightly       `land_all`: every source of a company, one after the other
    planning      the company's own tables: compiled from company.yml and plans, and planning/*.csv
    reland        archived raw files through the mapping of today

docs/landing.md says what is accepted, what is quarantined and how rows are counted.
"""

from openspm.landing.batches import land
from openspm.landing.manifest import Manifest, read_manifests
from openspm.landing.nightly import land_all, land_source, source_names
from openspm.landing.registration import RunIdentity, register

__all__ = ["Manifest", "RunIdentity", "land", "land_all", "land_source", "read_manifests", "register", "source_names"]
