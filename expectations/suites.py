"""The rules of the gates as data: what a suite file may hold, and how it is read.

A file lists suites; a suite judges one table. An expectation is either one of Great Expectations' own classes by name
(`expect`, `arguments`) or a SQL rule (`rule`): a query that returns the rows that break it, as `sample_key` (text: an
id, never a figure) and, where it helps, `seen` (text: counts, dates, shares; never a pay figure). In a rule `{batch}`
is the suite's table and `$name` a limit of `openspm.gate_settings.GateSettings`.

`needs` names what the company must have for the expectation to make sense: `invoices` (a canonical table),
`invoices.opportunity_id` (a column), `previous.fct_payouts` (a mart of the last publication); `unless` names what makes
it needless. `only_if` is a SQL condition on the candidate. What is not to be judged is skipped, and the result says so.
Nothing here imports Great Expectations.
"""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from expectations.results import GateCode, SeverityCode
from openspm.errors import OpenspmError

SUITES_FOLDER = Path(__file__).parent / "suites"


class Rule(BaseModel):
    """One expectation as a suite file declares it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_]+$")
    severity: SeverityCode
    reason: str = Field(min_length=20)
    protects: tuple[str, ...] = Field(min_length=1)
    expect: str | None = Field(None, pattern=r"^Expect[A-Za-z]+$")
    column: str | None = None
    arguments: dict[str, Any] = {}
    rule: str | None = None
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    only_if: str | None = None

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        """Refuse a rule that is both kinds or none, and a query that ignores its table or gives no keys."""
        if (self.expect is None) == (self.rule is None):
            raise ValueError(f"{self.id}: give either `expect` or `rule`")
        if self.rule is not None:
            if self.arguments:
                raise ValueError(f"{self.id}: a `rule` takes no `arguments`")
            for part in ("{batch}", "sample_key"):
                if part not in self.rule:
                    raise ValueError(f"{self.id}: the rule must contain {part}")
            # Great Expectations names the table itself, except in a query with a join.
            if "{batch} as " in self.rule and "join" not in self.rule:
                raise ValueError(f"{self.id}: a rule without a join must not rename {{batch}}")
        return self


class Suite(BaseModel):
    """The expectations on one table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    suite: str = Field(pattern=r"^[a-z][a-z0-9_]+$")
    table: str = Field(pattern=r"^[a-z]+\.[a-z0-9_]+$")
    key: tuple[str, ...] = Field(min_length=1)
    needs: tuple[str, ...] = ()
    expectations: tuple[Rule, ...] = Field(min_length=1)


def load_suites(gate: GateCode, folder: Path = SUITES_FOLDER) -> list[Suite]:
    """Read the suites of a gate, ordered by file and position.

    Raises:
        OpenspmError: a file does not hold what is said above; the message names the file.
    """
    suites: list[Suite] = []
    for path in sorted((folder / gate).glob("*.yml")):
        try:
            entries = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
            suites += [Suite.model_validate(entry) for entry in entries]
        except (yaml.YAMLError, ValidationError, TypeError) as error:
            raise OpenspmError(
                f"a suite of the gate {gate!r} cannot be read: {error}",
                where=str(path.relative_to(folder)),
                next_step="correct the file; the module docstring of expectations/suites.py says what it may hold",
            ) from error
    for name, count in Counter(rule.id for suite in suites for rule in suite.expectations).items():
        if count > 1:
            raise OpenspmError(
                f"two expectations have the id {name!r}", where=f"suites/{gate}", next_step="rename one of them"
            )
    return suites


def fill_limits(text: str, limits: Mapping[str, object]) -> str:
    """Replace `$name` in a query by the limit of that name.

    Raises:
        OpenspmError: the query names a limit that does not exist.
    """
    try:
        return Template(text).substitute({name: str(value) for name, value in limits.items()})
    except (KeyError, ValueError) as error:
        raise OpenspmError(
            f"a suite uses a limit that does not exist: {error}",
            where="expectations/suites",
            next_step="name a field of openspm.gate_settings.GateSettings after the $",
        ) from error


def fill_arguments(arguments: Mapping[str, Any], limits: Mapping[str, object]) -> dict[str, Any]:
    """Replace arguments of the form `$name` by the limit as a number, and `1 - $name` by its complement."""
    filled: dict[str, Any] = {}
    for name, value in arguments.items():
        match = re.fullmatch(r"(1 - )?(\$\w+)", value) if isinstance(value, str) else None
        if match is None:
            filled[name] = value
        else:
            number = float(fill_limits(match[2], limits))
            filled[name] = 1 - number if match[1] else number
    return filled
