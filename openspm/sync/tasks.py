"""Which due actions become tasks of a CRM now."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openspm.followups.actions import DueAction
from openspm.journal import Entry
from openspm.sync.settings import TaskSettings


@dataclass
class TaskChoice:
    """What is made, and what is not.

    Attributes:
        actions: those that become tasks, the most urgent first.
        skipped: why others do not, and how many.
        uncertain: those of which nobody knows whether they did.
    """

    actions: list[DueAction] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    uncertain: list[Entry] = field(default_factory=list)


def choose_tasks(
    actions: Sequence[DueAction], settings: TaskSettings, entries: Mapping[str, Entry], today: datetime.date
) -> TaskChoice:
    """Choose among the due actions, the most urgent first."""
    choice = TaskChoice(uncertain=[entry for entry in entries.values() if entry.outcome == "intended"])
    made_today = Counter(
        entry.recipient for entry in entries.values() if entry.outcome != "failed" and entry.recorded_date == today
    )
    for action in actions:
        entry = entries.get(action.action_id)
        if settings.rule_codes is not None and action.rule_code not in settings.rule_codes:
            choice.skipped["of a rule that makes no tasks"] += 1
        elif entry and entry.outcome != "failed":
            choice.skipped["made before" if entry.outcome == "sent" else "uncertain"] += 1
        elif action.user_id is None:
            choice.skipped["nobody owns the record in the CRM"] += 1
        elif made_today[action.user_id] >= settings.most_tasks_a_day:
            choice.skipped["over the cap of a day"] += 1
        elif len(choice.actions) >= settings.most_tasks_a_run:
            choice.skipped["over the cap of a run"] += 1
        else:
            made_today[action.user_id] += 1
            choice.actions.append(action)
    return choice
