"""The models are compiled once for all companies, and found again.

What silently breaks without these: two first nights at once that spoil each other's manifest, a manifest of other
models, a folder that grows with every edit.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from openspm import compiled_models
from openspm.compiled_models import (
    KEPT_STATES,
    MANIFEST,
    PACKED_MANIFEST,
    compiled_folder,
    models_hash,
    parse_folder,
)


def parsed_state(folder: Path, models: str, monkeypatch: pytest.MonkeyPatch, age: int = 0) -> Path:
    """Parse some models, as dbt would."""
    monkeypatch.setattr(compiled_models, "models_hash", lambda: models)
    with parse_folder(folder) as target:
        for name in (MANIFEST, PACKED_MANIFEST):
            (target / name).write_text(models)
            os.utime(target / name, ns=(10**18 - age, 10**18 - age))
    return compiled_folder(folder)


def test_the_hash_follows_every_model_and_macro(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = set()
    for root in ("MODELS_DIR", "PROJECT_DIR"):
        (tmp_path / root).mkdir()
        monkeypatch.setattr(compiled_models, root, tmp_path / root)
    monkeypatch.setattr(compiled_models, "CHECKOUT", tmp_path)
    for path, text in (("MODELS_DIR/a.sql", "1"), ("MODELS_DIR/a.sql", "2"), ("PROJECT_DIR/b.yml", "1")):
        (tmp_path / path).write_text(text)
        models_hash.cache_clear()
        seen.add(models_hash())
    models_hash.cache_clear()
    assert len(seen) == 3


def test_of_two_that_parse_at_once_one_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = parsed_state(tmp_path, "abc1", monkeypatch)
    assert parsed_state(tmp_path, "abc1", monkeypatch) == folder
    assert (folder / MANIFEST).read_text() == "abc1"
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_parsing_begins_with_what_was_parsed_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for age, models in enumerate(("abc2", "abc1")):
        parsed_state(tmp_path, models, monkeypatch, age)
    with parse_folder(tmp_path) as target:
        assert (target / PACKED_MANIFEST).read_text() == "abc2"


def test_the_oldest_states_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = [f"abc{age}" for age in range(KEPT_STATES + 2)]
    for age, models in reversed(list(enumerate(states))):
        parsed_state(tmp_path, models, monkeypatch, age)
    assert sorted(path.name for path in tmp_path.iterdir()) == states[:KEPT_STATES]


def test_what_does_not_parse_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = parsed_state(tmp_path, "abc1", monkeypatch)
    monkeypatch.setattr(compiled_models, "models_hash", lambda: "abc2")

    def fail() -> None:
        with parse_folder(tmp_path) as target:
            (target / MANIFEST).write_text("half")
            raise ValueError("of dbt")

    with pytest.raises(ValueError, match="of dbt"):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
