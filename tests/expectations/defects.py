"""Seeded defects: what can go wrong with a night's numbers, as SQL changes to a candidate that was built right.

Each is applied to a copy of one clean candidate, which is then gated again. They stand in `defects_seeded/<gate>.yml`;
`caught_by` names an expectation that must fail for it, and docs/gates.md shows the table.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import get_args

import duckdb
import yaml

from expectations.results import GateCode

FOLDER = Path(__file__).parent / "defects_seeded"

# The same rows in every copy: the dearest event line that is paid at a rate, the payout that it is in, the deal with
# the dearest own credit.
A_LINE = """(
    select line_id from marts.fct_payout_lines where line_kind_code = 'event' and earned_amount > 0
    and plan_id in (select plan_id from staging.stg_planning__tiers where rate_ratio is not null)
    order by earned_amount desc, line_id limit 1
)"""
FRAGMENTS = {
    "a_line": A_LINE,
    "its_payout": f"""exists (
        select 1 from marts.fct_payout_lines as lines
        where lines.line_id = {A_LINE} and lines.payee_id = payouts.payee_id and lines.plan_id = payouts.plan_id
        and lines.period_id = payouts.period_id
    )""",
    "a_booking": """(
        select opportunity_id from marts.fct_credits
        where event_kind_code = 'booking' and pay_credit_amount > 0 and credit_kind_code = 'owner'
        order by pay_credit_amount desc, opportunity_id limit 1
    )""",
}


@dataclass(frozen=True)
class Defect:
    """One thing that goes wrong.

    Attributes:
        gate: the gate that must notice.
        name: id of the defect.
        moves_money: whether pay, bookings or revenue would be published wrong; such a defect must block.
        story: what happened, in words.
        caught_by: an expectation that fails because of it.
        is_first_run: whether there is no publication before it to compare with.
        statements: SQL that makes it, run one after the other on the candidate.
    """

    gate: GateCode
    name: str
    moves_money: bool
    story: str
    caught_by: str
    statements: tuple[str, ...]
    is_first_run: bool = False

    def apply(self, candidate: Path) -> None:
        """Change a candidate so that it has this defect, in spite of the constraints that its tables may have."""
        with duckdb.connect(str(candidate)) as connection:
            for statement in self.statements:
                target = re.match(r"(?:insert into|update|delete from)\s+(\S+)", statement)
                if target is not None:
                    connection.execute(f"create or replace table {target[1]} as select * from {target[1]}")
                connection.execute(Template(statement).substitute(FRAGMENTS))


def load_defects() -> list[Defect]:
    """All defects, in the order of their files."""
    defects: list[Defect] = []
    for gate in get_args(GateCode):
        for entry in yaml.safe_load((FOLDER / f"{gate}.yml").read_text(encoding="utf-8")):
            statements = tuple(entry.pop("statements"))
            defects.append(Defect(gate=gate, statements=statements, **entry))
    return defects
