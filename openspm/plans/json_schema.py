"""The JSON Schemas of plan and case files, and the reference in docs/plans.md, generated from the models.

`python -m openspm.plans.json_schema` writes them; a test fails while what is in the repository differs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from openspm.plans.case_schema import CaseFile
from openspm.plans.schema import Plan
from openspm.plans.switches import SWITCHES

CHECKOUT = Path(__file__).resolve().parent.parent.parent
FOLDER = Path(__file__).resolve().parent
PLAN_SCHEMA = FOLDER / "plan.schema.json"
CASES_SCHEMA = FOLDER / "cases.schema.json"
REFERENCE_PAGE = CHECKOUT / "docs" / "plans.md"
BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"
Schema = dict[str, Any]


def plan_schema() -> Schema:
    """The JSON Schema of a plan file, with the table of switches."""
    schema = Plan.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "openspm compensation plan"
    schema["x-switches"] = [
        {
            "name": switch.name,
            "question": switch.question,
            "choices": dict(switch.choices),
            "matters": switch.matters_when,
            "not_in_this_version": dict(switch.refused),
        }
        for switch in SWITCHES
    ]
    return schema


def cases_schema() -> Schema:
    """The JSON Schema of a file of cases."""
    schema = CaseFile.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "openspm plan cases"
    return schema


def as_text(schema: Schema) -> str:
    """A schema as it is written to its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def reference() -> str:
    """The reference of keys and switches in Markdown."""
    schema = plan_schema()
    parts = [_block("Plan", schema)]
    parts += [_block(name, block) for name, block in schema["$defs"].items() if name != "Conventions"]
    parts.append("### Switches\n\n| switch | choices | matters |\n|---|---|---|")
    for switch in SWITCHES:
        choices = (
            "<br>".join(f"`{name}`: {meaning}" for name, meaning in switch.choices.items()) or "a ratio, such as `0`"
        )
        parts.append(f"| `{switch.name}`: {switch.question} | {choices} | {switch.matters_when} |")
    return "\n".join(parts) + "\n"


def _block(name: str, block: Schema) -> str:
    """One block as a table of keys."""
    required = set(block.get("required", ()))
    rows = [
        f"| `{key}` | {_type(value)} | {'yes' if key in required else ''} | {value.get('description', '')} |"
        for key, value in block["properties"].items()
    ]
    head = f"### {name}\n\n{block.get('description', '')}\n\n| key | value | required | meaning |\n|---|---|---|---|"
    return "\n".join([head, *rows, ""])


def _type(value: Schema) -> str:
    """The type of a key for people."""
    if "$ref" in value:
        return str(value["$ref"]).rsplit("/", 1)[-1]
    if "enum" in value:
        return ", ".join(f"`{choice}`" for choice in value["enum"])
    if any("%" in str(choice.get("pattern")) for choice in value.get("anyOf", ())):
        return "ratio, such as 5 % or 0.05"
    if "anyOf" in value:
        kinds = [_type(choice) for choice in value["anyOf"] if choice.get("type") != "null"]
        return "number" if kinds == ["number", "text"] else " or ".join(dict.fromkeys(kinds))
    if value.get("type") == "array":
        return f"list of {_type(value.get('items', {}))}"
    return {"string": "text", "integer": "whole number"}.get(str(value.get("type")), str(value.get("type", "any")))


def page_with_reference(page: str) -> str:
    """A page whose generated part is up to date."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{reference()}\n{END}{after}"


def write_all() -> None:
    """Write both schemas and the reference."""
    PLAN_SCHEMA.write_text(as_text(plan_schema()), encoding="utf-8")
    CASES_SCHEMA.write_text(as_text(cases_schema()), encoding="utf-8")
    REFERENCE_PAGE.write_text(page_with_reference(REFERENCE_PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write_all()
