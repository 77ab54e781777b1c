"""What a gate answers: one result an expectation, and the rows of fct_validation_results made of them.

Nothing here imports Great Expectations. A result carries counts, ids and names; it never carries a pay figure.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

GateCode = Literal["sources", "published"]
SeverityCode = Literal["block", "warn"]
# passed and failed speak for themselves; skipped: the company lacks what the expectation is about;
# errored: it could not be evaluated, which counts as failed.
StatusCode = Literal["passed", "failed", "skipped", "errored"]

RESULTS_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("gate_code", pa.string()),
        ("suite_name", pa.string()),
        ("expectation_id", pa.string()),
        ("table_name", pa.string()),
        ("column_name", pa.string()),
        ("severity_code", pa.string()),
        ("status_code", pa.string()),
        ("is_success", pa.bool_()),
        ("observed_value", pa.string()),
        ("unexpected_count", pa.int64()),
        ("sample_keys", pa.string()),
        ("reason_text", pa.string()),
        ("protected_marts", pa.string()),
        ("evaluated_at", pa.timestamp("us")),
    ]
)


@dataclass(frozen=True)
class ExpectationResult:
    """The outcome of one expectation.

    Attributes:
        gate_code: the gate that evaluated it.
        suite_name: its suite, named for the mart or the tables that it judges.
        expectation_id: its id, unique over both gates.
        table_name: the table judged, with its schema.
        column_name: the column judged; None where the whole table or several tables are.
        severity_code: block stops the publication, warn is shown.
        status_code: passed, failed, skipped or errored.
        is_success: false when failed or errored.
        observed_value: what was seen, in words; None where nothing was looked at.
        unexpected_count: rows that break it; None where it judges one aggregate, or was skipped.
        sample_keys: up to five keys of such rows, joined by commas; empty when there are none.
        reason_text: what breaks without it.
        protected_marts: the marts that it protects, joined by commas.
    """

    gate_code: GateCode
    suite_name: str
    expectation_id: str
    table_name: str
    column_name: str | None
    severity_code: SeverityCode
    status_code: StatusCode
    is_success: bool
    observed_value: str | None
    unexpected_count: int | None
    sample_keys: str
    reason_text: str
    protected_marts: str

    @property
    def is_blocking(self) -> bool:
        """Whether this result stops the publication."""
        return self.severity_code == "block" and not self.is_success

    def describe(self) -> str:
        """Say in one line which rule it is, what was seen and which rows to look at."""
        parts = [f"{self.expectation_id} on {self.table_name}: {self.reason_text}"]
        if self.observed_value:
            parts.append(f"seen: {self.observed_value}")
        if self.sample_keys:
            parts.append(f"keys: {self.sample_keys}")
        return "; ".join(parts)


@dataclass(frozen=True)
class GateResult:
    """All outcomes of one gate on one candidate.

    Attributes:
        gate_code: which gate.
        results: one entry an expectation, skipped ones included, ordered by suite and id.
        seconds: wall time of the gate, import of Great Expectations left out.
        data_docs: the first page of the report for auditors, where it was written.
    """

    gate_code: GateCode
    results: tuple[ExpectationResult, ...]
    seconds: float
    data_docs: Path | None = None

    @property
    def is_blocked(self) -> bool:
        """Whether the candidate must not be published."""
        return any(result.is_blocking for result in self.results)

    @property
    def failures(self) -> tuple[ExpectationResult, ...]:
        """What failed or errored, blocking results first."""
        failed = [result for result in self.results if not result.is_success]
        return tuple(sorted(failed, key=lambda result: result.severity_code != "block"))

    def to_json(self) -> str:
        """Return the result as one line of JSON."""
        fields = asdict(self)
        fields["data_docs"] = str(self.data_docs) if self.data_docs else None
        return json.dumps(fields)

    @classmethod
    def from_json(cls, text: str) -> "GateResult":
        """Read what `to_json` wrote."""
        return cls.from_mapping(json.loads(text))

    @classmethod
    def from_mapping(cls, fields: Mapping[str, Any]) -> "GateResult":
        """Build a result from the decoded JSON of `to_json`."""
        return cls(
            gate_code=fields["gate_code"],
            results=tuple(ExpectationResult(**result) for result in fields["results"]),
            seconds=float(fields["seconds"]),
            data_docs=Path(fields["data_docs"]) if fields["data_docs"] else None,
        )


def to_table(gates: list[GateResult], run_id: str, evaluated_at: datetime) -> pa.Table:
    """Return the rows of fct_validation_results for the gates of one run.

    Args:
        gates: results of the gates of the run, in the order in which they ran.
        run_id: id of the run.
        evaluated_at: moment of the gate, with a time zone; stored as UTC.
    """
    if evaluated_at.tzinfo is None:
        raise ValueError("evaluated_at has no time zone: give it one, so that it can be stored as UTC")
    moment = evaluated_at.astimezone(UTC).replace(tzinfo=None)
    rows = [{**asdict(result), "run_id": run_id, "evaluated_at": moment} for gate in gates for result in gate.results]
    return pa.Table.from_pylist(rows, schema=RESULTS_SCHEMA)
