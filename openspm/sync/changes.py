"""What differs between what we know and what a CRM shows. Comparing is what keeps a second run from writing again."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from openspm.sync.settings import FieldSettings, RecordSettings
from openspm.sync.writer import Change, Value


@dataclass
class Comparison:
    """What a run would change of one kind of records.

    Attributes:
        settings: which rows go where.
        changes: records that would get other values.
        same_count: records that show them already.
        absent_keys: our keys that the CRM does not show; records are never made.
        cleared_keys: those of `changes` whose row is gone, so that their fields are emptied.
    """

    settings: RecordSettings
    changes: list[Change] = field(default_factory=list)
    same_count: int = 0
    absent_keys: list[str] = field(default_factory=list)
    cleared_keys: frozenset[str] = frozenset()

    @property
    def shown_count(self) -> int:
        """Records that the CRM shows."""
        return len(self.changes) + self.same_count


def wanted_values(
    rows: Mapping[str, Mapping[str, Value]], gone: Iterable[str], fields: Mapping[str, FieldSettings]
) -> dict[str, dict[str, Value]]:
    """For each key what each field is to show; nothing for those whose row is gone."""
    wanted = {key: {to.field: _fitted(row[column], to) for column, to in fields.items()} for key, row in rows.items()}
    empty: dict[str, Value] = {to.field: None for to in fields.values()}
    return {**wanted, **{key: empty for key in gone if key not in rows}}


def compare(
    settings: RecordSettings,
    wanted: Mapping[str, Mapping[str, Value]],
    shown: Mapping[str, Mapping[str, str | None]],
    gone: frozenset[str],
) -> Comparison:
    """Compare, key by key, in the order of the keys."""
    comparison = Comparison(settings)
    for key, values in sorted(wanted.items()):
        if key not in shown:
            comparison.absent_keys.append(key)
            continue
        other = {name: value for name, value in values.items() if not is_same(value, shown[key].get(name))}
        if other:
            comparison.changes.append(Change(key, other, {name: shown[key].get(name) for name in other}))
        else:
            comparison.same_count += 1
    comparison.cleared_keys = frozenset(change.key for change in comparison.changes) & gone
    return comparison


def is_same(value: Value, shown: str | None) -> bool:
    """Whether a field shows a value: numbers by their size, days by the day, an empty text like none."""
    if value is None or shown is None or shown == "":
        return (value is None or value == "") and not shown
    if isinstance(value, bool):
        return shown.lower() == str(value).lower()
    if isinstance(value, Decimal | int):
        try:
            return Decimal(shown) == value
        except InvalidOperation:
            return False
    if isinstance(value, datetime.date):
        return shown[:10] == value.isoformat()
    return shown.strip() == value.strip()


def _fitted(value: Value, to: FieldSettings) -> Value:
    """A value as the field keeps it."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        return value
    step = Decimal(1).scaleb(-to.digits)
    return (Decimal(value) * to.factor).quantize(step, ROUND_HALF_UP)
