"""Plans are read safely and exactly: no code, no surprise, no binary fractions, and each fault with its line.

Without this a tag could run code, a key that stands twice would silently win, and 0.1 would not be a tenth.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from openspm.plans.numbers import parse_amount, parse_ratio, written
from openspm.plans.reading import MOST_BYTES, PlanRefused, read_document

FILE = Path("plan.yml")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: 1\nb: !!python/object/apply:os.system ['true']\n", "plan.yml:2: the tag"),
        ("a: &x [1]\nb: *x\n", "plan.yml:1: anchors and aliases"),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "plan.yml:4: the key 'c' stands twice"),
        ("a: [1\n", "plan.yml:2: is no YAML"),
        ("", "plan.yml:1: the file is empty"),
        ("[" * 40 + "]" * 40, "nested deeper"),
    ],
)
def test_unsafe_yaml_is_refused(text: str, fault: str) -> None:
    """With file and line."""
    with pytest.raises(PlanRefused, match="fault") as refused:
        read_document(FILE, text)
    assert fault in str(refused.value)


def test_a_file_that_is_too_large_or_no_utf8_is_refused(tmp_path: Path) -> None:
    """Before it is parsed."""
    large = tmp_path / "large.yml"
    large.write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(PlanRefused, match="larger than"):
        read_document(large)
    latin = tmp_path / "latin.yml"
    latin.write_bytes("name: Verkäufer".encode("latin-1"))
    with pytest.raises(PlanRefused, match="not UTF-8"):
        read_document(latin)


def test_values_stay_as_they_are_written() -> None:
    """Numbers, dates and yes are text until the schema says what they are."""
    content = read_document(FILE, "a: 0.1\nb: 2026-01-31\nc: yes\nd: 010\ne:\n").content
    assert content == {"a": "0.1", "b": "2026-01-31", "c": "yes", "d": "010", "e": None}


@pytest.mark.parametrize(("text", "value"), [("8 %", "0.08"), ("0.08", "0.08"), ("12.3456 %", "0.123456"), ("1", "1")])
def test_ratios(text: str, value: str) -> None:
    """A percentage and a ratio are the same number."""
    assert written(parse_ratio(text)) == value


@pytest.mark.parametrize("text", ["1e3", "1_000", "NaN", "inf", "1,000.00", "0.12345", "123456789012345", ""])
def test_amounts_that_are_not_plain_are_refused(text: str) -> None:
    """No exponent, no separators, no more decimals than are kept."""
    with pytest.raises(ValueError, match=r"number|decimals|digits"):
        parse_amount(text)
