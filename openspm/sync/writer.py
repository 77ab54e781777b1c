"""What a CRM has to be able to do to be written to."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from openspm.followups.actions import DueAction
from openspm.journal import Outcome

# What an error of a CRM's session says of what was done before it.
WHAT_STAYS = "what was written before is on record, and is not written again"

# What a field can be given; None empties it.
Value = Decimal | int | bool | str | datetime.date | None


@dataclass(frozen=True)
class Change:
    """A record whose fields get other values.

    Attributes:
        key: our key of the record.
        values: for each field its new value.
        shown: for each field what the CRM shows now.
    """

    key: str
    values: Mapping[str, Value]
    shown: Mapping[str, str | None]


@dataclass(frozen=True)
class WriteResult:
    """What became of one record or task.

    Attributes:
        key: our key.
        outcome: sent; failed: surely not written; intended: it may have been.
        reason: why it was not.
        reference: the CRM's id of it.
    """

    key: str
    outcome: Outcome
    reason: str = ""
    reference: str = ""


class CrmWriter(Protocol):
    """A CRM that can be written to.

    Attributes:
        batch_size: most records of one write.
    """

    batch_size: int

    def read(
        self, object_name: str, external_id: str | None, keys: Sequence[str], fields: Collection[str]
    ) -> Mapping[str, Mapping[str, str | None]]:
        """What records show: for each key that is there the text of each field, None for an empty one.

        Raises:
            SourceRefused, SourceUnreachable: as for every request.
        """
        ...

    def write(self, object_name: str, external_id: str | None, changes: Sequence[Change]) -> list[WriteResult]:
        """Change at most `batch_size` records; a record that is refused stops no other.

        Raises:
            SourceRefused, SourceUnreachable: as for every request; whether the records were changed is not known.
        """
        ...

    def create_tasks(self, actions: Sequence[DueAction]) -> list[WriteResult]:
        """Make a task of each action, at most `batch_size`, never twice in one call.

        Raises:
            SourceRefused: nothing was made.
        """
        ...

    def close(self) -> None:
        """Give the connections back."""
        ...


def task_subject(action: DueAction) -> str:
    """The line by which a task is seen in a list."""
    verb = {"call": "Call", "email": "Write to", "meeting": "Meet", "update": "Correct"}[action.action_kind_code]
    return f"{verb}: {action.record_name}"[:255]


def task_text(action: DueAction) -> str:
    """The text of a task: why, when best, and by what openspm knows it."""
    lines = [action.reason_text]
    if action.suggested_hour_number is not None:
        lines.append(f"Best time: {action.suggested_time_text}")
    return "\n".join([*lines, f"openspm {action.action_id}"])
