"""Between a rule and Great Expectations: builds the expectation of a rule, and reads its outcome.

Importing this module imports Great Expectations, which takes seconds.
"""

from collections.abc import Mapping
from typing import Any

import great_expectations.expectations as gxe
import sqlalchemy
from great_expectations.core import ExpectationValidationResult
from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from expectations.results import ExpectationResult, GateCode, StatusCode
from expectations.suites import Rule, Suite, fill_arguments, fill_limits
from openspm.errors import OpenspmError

SAMPLE_SIZE = 5
# Aggregates are judged, not listed: a few rows are enough to find the cause, and no column is copied into a report.
RESULT_FORMAT = "SUMMARY"


def build_expectation(rule: Rule, limits: Mapping[str, object]) -> Expectation:
    """Return the rule as an expectation of Great Expectations, described by its reason in the report.

    Raises:
        OpenspmError: the rule names no expectation that exists, or arguments that it does not take.
    """
    # A description replaces Great Expectations' own wording in the report: what the rule is, then why it is there.
    described = f"{rule.id}: {rule.reason} Protects {', '.join(rule.protects)}.".replace("$", "$$")
    common: dict[str, Any] = {"meta": {"id": rule.id}, "description": described}
    severity = FailureSeverity.CRITICAL if rule.severity == "block" else FailureSeverity.WARNING
    if rule.rule is not None:
        return UnexpectedRowsExpectation(
            unexpected_rows_query=fill_limits(rule.rule, limits), severity=severity, **common
        )
    arguments = fill_arguments(rule.arguments, limits)
    if rule.column is not None:
        arguments["column"] = rule.column
    try:
        expectation: Expectation = getattr(gxe, str(rule.expect))(**arguments, severity=severity, **common)
    except (AttributeError, TypeError, ValueError) as error:
        raise OpenspmError(
            f"{rule.id} does not name an expectation of Great Expectations with its arguments: {error}",
            where="expectations/suites",
            next_step="look up the expectation's name and arguments in great_expectations.expectations",
        ) from error
    return expectation


def read_outcome(
    gate: GateCode,
    suite: Suite,
    rule: Rule,
    outcome: ExpectationValidationResult,
    connection: sqlalchemy.Connection,
    limits: Mapping[str, object],
) -> ExpectationResult:
    """Return the result of one evaluated expectation, with the keys of a few rows that break it."""
    fields: dict[str, Any] = outcome.result or {}
    if _raised(outcome):
        return make_result(gate, suite, rule, "errored", observed=f"could not be evaluated: {_first_message(outcome)}")
    status: StatusCode = "passed" if outcome.success else "failed"
    if rule.rule is not None:
        count = int(fields["observed_value"])
        seen, keys = _look_at_rows(suite, rule, connection, limits) if count else (None, "")
        observed = f"{count} rows" + (f", such as {seen}" if seen else "")
        return make_result(gate, suite, rule, status, observed=observed, unexpected_count=count, sample_keys=keys)
    if "unexpected_count" in fields:
        count = int(fields["unexpected_count"] or 0)  # None for a table without rows
        observed = f"{count} of {fields['element_count']} rows"
        keys = _sample_keys(suite, fields.get("partial_unexpected_index_list") or [])
        return make_result(gate, suite, rule, status, observed=observed, unexpected_count=count, sample_keys=keys)
    return make_result(gate, suite, rule, status, observed=_plain(fields.get("observed_value")))


def make_result(
    gate: GateCode,
    suite: Suite,
    rule: Rule,
    status: StatusCode,
    *,
    observed: str | None,
    unexpected_count: int | None = None,
    sample_keys: str = "",
) -> ExpectationResult:
    """Return a result with everything that the rule itself says."""
    return ExpectationResult(
        gate_code=gate,
        suite_name=suite.suite,
        expectation_id=rule.id,
        table_name=suite.table,
        column_name=rule.column,
        severity_code=rule.severity,
        status_code=status,
        is_success=status in {"passed", "skipped"},
        observed_value=observed,
        unexpected_count=unexpected_count,
        sample_keys=sample_keys,
        reason_text=rule.reason,
        protected_marts=",".join(rule.protects),
    )


def _look_at_rows(
    suite: Suite, rule: Rule, connection: sqlalchemy.Connection, limits: Mapping[str, object]
) -> tuple[str | None, str]:
    """Return what the first row that breaks a SQL rule says, and the keys of the first few, in a fixed order."""
    query = fill_limits(str(rule.rule), limits).replace("{batch}", suite.table)
    rows = connection.execute(
        sqlalchemy.text(f"select * from ({query}) as broken order by sample_key limit {SAMPLE_SIZE}")
    ).mappings()
    found = list(rows)
    seen = found[0].get("seen") if found else None
    return (None if seen is None else str(seen)), ",".join(str(row["sample_key"]) for row in found)


def _sample_keys(suite: Suite, index_list: list[dict[str, Any]]) -> str:
    """Return the keys of unexpected rows; the judged values beside them are left out."""
    keys = ["/".join(str(row[column]) for column in suite.key) for row in index_list[:SAMPLE_SIZE]]
    return ",".join(keys)


def _raised(outcome: ExpectationValidationResult) -> bool:
    """Whether Great Expectations could not evaluate it: one error of its own, or one for each metric."""
    information = outcome.exception_info or {}
    if "raised_exception" in information:
        return bool(information["raised_exception"])
    return bool(information)


def _first_message(outcome: ExpectationValidationResult) -> str:
    """Return the first line of what went wrong."""
    information = outcome.exception_info or {}
    entry = information if "exception_message" in information else next(iter(information.values()), {})
    lines = str(entry.get("exception_message") or "no message").strip().splitlines()
    return lines[0] if lines else "no message"


def _plain(value: object) -> str | None:
    """Return an observed value as short text."""
    return None if value is None else str(value)[:200]
