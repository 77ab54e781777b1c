"""Saved models. A model file is code in disguise: one that may name any class runs whatever its writer wants, at night,
with the rights of the warehouse. And a damaged one must cost a training, not a night.
"""

from __future__ import annotations

import json
import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LinearRegression
from sklearn.mixture import GaussianMixture

from ml.store import CARD_FILE, MODEL_FILE, RECORD_FILE, Trained, UntrustedModel, data_hash, fingerprint, load, save


def saved(folder: Path, wanted: str = "w") -> Trained:
    model = LinearRegression().fit(np.arange(6.0).reshape(-1, 1), np.arange(6.0))
    trained = Trained("lead", (model,), {"base_rate": 0.3}, (), "# Card\n")
    save(folder, trained, wanted, "data", 1)
    return trained


def test_a_model_is_reused_only_by_its_fingerprint(tmp_path: Path) -> None:
    saved(tmp_path)
    again = load(tmp_path, "lead", "w")
    assert again is not None
    assert again.is_reused
    assert again.facts == {"base_rate": 0.3}
    assert again.estimators[0].predict([[7.0]]) == pytest.approx([7.0])
    assert load(tmp_path, "lead", "another") is None


def test_the_fingerprint_follows_data_seed_and_settings() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    changed = [
        data_hash(frame),
        data_hash(frame.assign(a=[1.0, 3.0])),
        data_hash(frame[::-1]),
        data_hash(frame.add_prefix("b")),
    ]
    assert len(set(changed)) == 4
    prints = {fingerprint("lead", "d", 1, {}), fingerprint("lead", "d", 2, {}), fingerprint("lead", "d", 1, {"x": 1})}
    assert len(prints) == 3


def test_a_model_of_unknown_classes_is_refused_and_the_classes_are_named(tmp_path: Path) -> None:
    saved(tmp_path)
    path = tmp_path / "lead" / MODEL_FILE

    class Stranger(GaussianMixture):
        pass

    skops.io.dump([Stranger()], path)
    record = json.loads((tmp_path / "lead" / RECORD_FILE).read_text(encoding="utf-8"))
    import hashlib

    record["model_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (tmp_path / "lead" / RECORD_FILE).write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(UntrustedModel, match="Stranger"):
        load(tmp_path, "lead", "w")


@pytest.mark.parametrize("name", [MODEL_FILE, RECORD_FILE, CARD_FILE])
@pytest.mark.parametrize("content", [b"", b"garbage", None])
def test_damaged_or_missing_files_are_trained_anew(tmp_path: Path, name: str, content: bytes | None) -> None:
    saved(tmp_path)
    path = tmp_path / "lead" / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    if name == CARD_FILE and content is not None:
        assert load(tmp_path, "lead", "w") is not None
    else:
        assert load(tmp_path, "lead", "w") is None


def test_files_are_closed_to_others(tmp_path: Path) -> None:
    saved(tmp_path)
    for path in (tmp_path / "lead").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
