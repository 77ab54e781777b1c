"""Trained models on disk: skops files that hold nothing but the classes listed here, and the record beside each.

A model is reused when the data that it learned from, the seed, the code of this package and the versions of the
libraries are all unchanged: together they are its fingerprint. No pickle anywhere; a file that asks for another class
than the listed ones is refused, whoever wrote it.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from ml.evaluation import AccuracyRow
from openspm.errors import OpenspmError

LIBRARIES = ("scikit-learn", "skops", "numpy", "pandas")
MODEL_FILE = "model.skops"
RECORD_FILE = "record.json"
CARD_FILE = "card.md"

# What skops does not know by itself and our pipelines are made of.
ALLOWED_TYPES = (
    "functools.partial",
    "numpy.dtype",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.model_selection._split.PredefinedSplit",
    "sklearn.utils.validation.check_array",
)


class UntrustedModel(OpenspmError):  # noqa: N818 - the name says what happened
    """A model file asks for classes that none of our models is made of."""


@dataclass(frozen=True)
class Trained:
    """One target's model, and all that was found out about it.

    Attributes:
        target_code: revenue, opportunity, lead or attainment.
        estimators: fitted pipelines; none where the baseline is all that there is.
        facts: plain values that scoring needs beside the pipelines, such as base rates and error quantiles.
        accuracy: rows of fct_forecast_accuracy.
        card: the model card, markdown.
        is_reused: whether it was read from disk and not trained.
    """

    target_code: str
    estimators: tuple[Any, ...]
    facts: dict[str, Any]
    accuracy: tuple[AccuracyRow, ...]
    card: str
    is_reused: bool = field(default=False, compare=False)


@cache
def code_version() -> str:
    """Hash of this package's source and of the versions of the libraries that it fits with."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)};".encode())
    return digest.hexdigest()[:16]


def data_hash(*frames: pd.DataFrame) -> str:
    """Hash of the frames' column names, values and order of rows."""
    digest = hashlib.sha256()
    for frame in frames:
        digest.update(json.dumps([str(name) for name in frame.columns]).encode())
        digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:32]


def fingerprint(target_code: str, data: str, seed: int, settings: dict[str, Any]) -> str:
    """What a model is a function of, as one hash."""
    parts = json.dumps([target_code, data, seed, code_version(), settings], sort_keys=True, default=str)
    return hashlib.sha256(parts.encode()).hexdigest()


def load(models_dir: Path, target_code: str, wanted: str) -> Trained | None:
    """The saved model with the wanted fingerprint; None where there is none, or its files are damaged.

    Raises:
        UntrustedModel: the file asks for classes outside the allow-list.
    """
    folder = models_dir / target_code
    try:
        record = json.loads((folder / RECORD_FILE).read_text(encoding="utf-8"))
        if record["fingerprint"] != wanted or record["model_sha256"] != _sha256(folder / MODEL_FILE):
            return None
        estimators = _read_estimators(folder / MODEL_FILE)
        card = (folder / CARD_FILE).read_text(encoding="utf-8")
        accuracy = tuple(AccuracyRow.from_record(row) for row in record["accuracy"])
        return Trained(target_code, estimators, record["facts"], accuracy, card, is_reused=True)
    except (FileNotFoundError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None


def save(models_dir: Path, trained: Trained, wanted: str, data: str, seed: int) -> None:
    """Write model, record and card; the record last, so that a killed run leaves no half model that looks whole."""
    folder = models_dir / trained.target_code
    for made in (models_dir, folder):
        made.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / RECORD_FILE).unlink(missing_ok=True)
    _write_estimators(trained.estimators, folder / MODEL_FILE)
    (folder / CARD_FILE).write_text(trained.card, encoding="utf-8")
    record = {
        "target_code": trained.target_code,
        "fingerprint": wanted,
        "data_hash": data,
        "code_version": code_version(),
        "library_versions": {library: version(library) for library in LIBRARIES},
        "seed": seed,
        "model_sha256": _sha256(folder / MODEL_FILE),
        "facts": trained.facts,
        "accuracy": [row.as_record() for row in trained.accuracy],
    }
    draft = folder / f"{RECORD_FILE}.{os.getpid()}"
    draft.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    for path in (folder / MODEL_FILE, folder / CARD_FILE, draft):
        path.chmod(0o600)
    draft.replace(folder / RECORD_FILE)


def is_any_trained(models_dir: Path) -> bool:
    """Whether a folder of models holds one with estimators, so that the libraries behind them will be needed."""
    return any(path.stat().st_size > 0 for path in models_dir.glob(f"*/{MODEL_FILE}"))


def _write_estimators(estimators: tuple[Any, ...], path: Path) -> None:
    """Write a skops file; an empty file where the baseline is all that there is, for which nothing is imported."""
    if not estimators:
        path.write_bytes(b"")
        return
    import skops.io

    skops.io.dump(list(estimators), path)


def _read_estimators(path: Path) -> tuple[Any, ...]:
    """Load a file after its classes were checked.

    Raises:
        UntrustedModel: it asks for classes outside the allow-list.
    """
    if path.stat().st_size == 0:
        return ()
    import skops.io

    asked = skops.io.get_untrusted_types(file=path)
    strangers = sorted(set(asked) - set(ALLOWED_TYPES))
    if strangers:
        raise UntrustedModel(
            f"The saved model asks for classes that no model of ours has: {', '.join(strangers)}",
            where=str(path),
            next_step="Delete the folder of this model; the next run trains it anew. Find out who wrote the file.",
        )
    return tuple(skops.io.load(path, trusted=list(asked)))


def _sha256(path: Path) -> str:
    """Hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
