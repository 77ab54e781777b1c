"""Writes the generated part of docs/gates.md: every expectation and every seeded defect, from where they are declared.

Run `python -m tests.expectations.gates_page` after a change to a suite, a limit or a defect.
"""

from pathlib import Path
from typing import get_args

from expectations.results import GateCode
from expectations.suites import load_suites
from openspm.gate_settings import GateSettings
from tests.expectations.defects import load_defects

PAGE = Path(__file__).resolve().parents[2] / "docs" / "gates.md"
MARKER = "<!-- Generated from here on: python -m tests.expectations.gates_page -->\n"


def render() -> str:
    """The generated part: limits, expectations by gate and suite, defects."""
    lines = [
        "",
        "## Limits",
        "",
        "In the block `gates` of company.yml.",
        "",
        "| limit | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in GateSettings.model_fields.items():
        lines.append(f"| `{name}` | {field.default} | {field.description} |")
    for gate in get_args(GateCode):
        suites = load_suites(gate)
        count = sum(len(suite.expectations) for suite in suites)
        lines += ["", f'## Gate "{gate}": {count} expectations', ""]
        lines += ["| table | expectation | severity | reason | protects |", "|---|---|---|---|---|"]
        for suite in suites:
            for rule in suite.expectations:
                cells = (suite.table, f"`{rule.id}`", rule.severity, rule.reason, ", ".join(rule.protects))
                lines.append("| " + " | ".join(cells) + " |")
    defects = load_defects()
    money = sum(defect.moves_money for defect in defects)
    lines += ["", f"## Seeded defects: {len(defects)}, of which {money} move money", ""]
    lines += [
        "Each is made in a copy of a clean candidate, which is gated again; a test demands that its expectation fails."
    ]
    lines += ["", "| defect | gate | moves money | what happened | caught by |", "|---|---|---|---|---|"]
    for defect in defects:
        moves = "yes" if defect.moves_money else "no"
        lines.append(f"| `{defect.name}` | {defect.gate} | {moves} | {defect.story} | `{defect.caught_by}` |")
    return "\n".join(lines) + "\n"


def page_text() -> str:
    """The whole page as it should be: what people wrote, then what is generated."""
    written = PAGE.read_text(encoding="utf-8").split(MARKER)[0]
    return written + MARKER + render()


if __name__ == "__main__":
    PAGE.write_text(page_text(), encoding="utf-8")
