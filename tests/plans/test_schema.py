"""The shipped JSON Schemas and the reference page say what the reader of plans really accepts.

Without this an editor would complete keys that are refused, and the documentation would promise them.
"""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from openspm.plans import json_schema
from openspm.plans.load import plan_files
from openspm.plans.switches import SWITCHES

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PLANS = [path for company in ("demo", "micro") for path in plan_files(EXAMPLES / company / "plans")]
REFRESH = "run: python -m openspm.plans.json_schema"


def test_the_schemas_are_current() -> None:
    """What is in the repository is what the models give."""
    assert json_schema.PLAN_SCHEMA.read_text() == json_schema.as_text(json_schema.plan_schema()), REFRESH
    assert json_schema.CASES_SCHEMA.read_text() == json_schema.as_text(json_schema.cases_schema()), REFRESH


def test_the_reference_is_current() -> None:
    """docs/plans.md lists every key and switch."""
    page = json_schema.REFERENCE_PAGE.read_text()
    assert page == json_schema.page_with_reference(page), REFRESH


@pytest.mark.parametrize("path", PLANS, ids=[f"{path.parents[1].name}-{path.stem}" for path in PLANS])
def test_shipped_plans_satisfy_the_schema(path: Path) -> None:
    """An editor marks nothing in a plan that we ship."""
    content = json.loads(json.dumps(yaml.safe_load(path.read_text()), default=str))
    jsonschema.Draft202012Validator(json_schema.plan_schema()).validate(content)


def test_the_schema_refuses_an_unknown_key() -> None:
    """A misspelt key is marked while it is written."""
    content = json.loads(json.dumps(yaml.safe_load(PLANS[0].read_text()), default=str))
    content["components"][0]["windw"] = "quarter"
    with pytest.raises(jsonschema.ValidationError, match="windw"):
        jsonschema.Draft202012Validator(json_schema.plan_schema()).validate(content)


def test_every_switch_says_when_it_matters() -> None:
    """One table has every switch, with a sentence for each choice."""
    for switch in SWITCHES:
        assert switch.question.endswith(".")
        assert switch.matters_when
        assert all(meaning.endswith(".") for meaning in switch.choices.values())
