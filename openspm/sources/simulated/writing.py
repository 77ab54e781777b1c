"""Write a simulated company to files, chunk by chunk, so that a million deals need the memory of fifty thousand."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Collection
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from openspm.errors import OpenspmError
from openspm.sources.simulated.company import Simulation
from openspm.sources.simulated.settings import SimulationSettings

FileFormat = Literal["parquet", "csv"]


@dataclasses.dataclass(frozen=True)
class Written:
    """What was written: rows by table, and how long it took."""

    row_counts: dict[str, int]
    seconds: float


def write(
    settings: SimulationSettings, to: Path, file_format: FileFormat = "parquet", tables: Collection[str] | None = None
) -> Written:
    """Write `<table>.parquet` or `<table>.csv` for every table, and the truths and defects as simulation.json.

    Args:
        settings: size, dates and seed.
        to: an empty or absent folder.
        file_format: parquet or csv.
        tables: only these; without defects then.

    Raises:
        OpenspmError: the folder has something in it.
    """
    if to.exists() and any(to.iterdir()):
        raise OpenspmError(
            "the folder for the simulated company is not empty", where=str(to), next_step="name an empty or new folder"
        )
    to.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    simulation = Simulation(settings)
    writers: dict[str, pyarrow.parquet.ParquetWriter | pyarrow.csv.CSVWriter] = {}
    counts: dict[str, int] = {}
    try:
        for piece in simulation.pieces(tables):
            for name, table in piece.items():
                if name not in writers:
                    writers[name] = _writer(to / f"{name}.{file_format}", table.schema, file_format)
                writers[name].write_table(table)
                counts[name] = counts.get(name, 0) + table.num_rows
    finally:
        for writer in writers.values():
            writer.close()
    notes = {
        "settings": {key: str(value) for key, value in dataclasses.asdict(settings).items()},
        "truths": [dataclasses.asdict(truth) for truth in simulation.truths],
        "defects": [dataclasses.asdict(defect) for defect in simulation.defects],
    }
    (to / "simulation.json").write_text(json.dumps(notes, indent=1) + "\n", encoding="utf-8")
    return Written(counts, time.monotonic() - began)


def _writer(
    path: Path, schema: pa.Schema, file_format: FileFormat
) -> pyarrow.parquet.ParquetWriter | pyarrow.csv.CSVWriter:
    if file_format == "csv":
        return pyarrow.csv.CSVWriter(path, schema)
    return pyarrow.parquet.ParquetWriter(path, schema, compression="zstd", compression_level=1)
