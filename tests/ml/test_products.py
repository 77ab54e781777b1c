"""The hand-over to dbt. If the declared columns and the written ones drift apart, a night fails in its last step, or a
mart shows one column under the name of another.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import yaml

from ml.products import TABLES, exact

ROOT = Path(__file__).resolve().parents[2]
FORECAST = ROOT / "models" / "marts" / "forecast"


def test_the_sources_declare_exactly_the_written_columns() -> None:
    document = yaml.safe_load((FORECAST / "_forecast__sources.yml").read_text(encoding="utf-8"))
    declared = {
        table["name"]: [column["name"] for column in table["columns"]] for table in document["sources"][0]["tables"]
    }
    assert declared == {name: schema.names for name, schema in TABLES.items()}


def test_amounts_leave_as_exact_decimals() -> None:
    assert exact(0.1 + 0.2, 4) == Decimal("0.3000")
    assert str(exact(12345678.00005, 4)) == "12345678.0000"
    assert exact(None, 4) is None


def test_pay_never_depends_on_forecasts() -> None:
    """A forecast that reaches pay would pay people by a guess, and change their pay when the model is trained anew."""
    reads: dict[str, set[str]] = {}
    for path in sorted((ROOT / "models").rglob("*.sql")):
        text = path.read_text(encoding="utf-8")
        refs = set(re.findall(r"ref\(\s*['\"](\w+)['\"]\s*\)", text))
        sources = {f"source:{name}" for name in re.findall(r"source\(\s*['\"](\w+)['\"]", text)}
        reads[path.stem] = refs | sources
    for path in sorted((ROOT / "dbt_project" / "macros").rglob("*.sql")):
        assert not re.search(r"source\(\s*['\"]ml['\"]", path.read_text(encoding="utf-8")), path

    def upstream(model: str, seen: set[str]) -> set[str]:
        for name in reads.get(model, set()) - seen:
            seen.add(name)
            upstream(name, seen)
        return seen

    pay = [
        path.stem
        for folder in ("marts/payout", "marts/attainment", "intermediate/pay")
        for path in sorted((ROOT / "models" / folder).glob("*.sql"))
    ]
    assert {"fct_payouts", "fct_attainment", "fct_payout_lines"} <= set(pay)
    for model in pay:
        assert "source:ml" not in upstream(model, set()), f"{model} depends on forecasts"
    assert "source:ml" in upstream("fct_attainment_forecasts", set()), "the walk itself finds nothing"
