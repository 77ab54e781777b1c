"""Quotas of a case that no window reads: of another period, calendar or subject than those of the component.

Pay is the same with and without them, so that a case could say a quota and hold by accident. Of landed quotas the
expectation `quotas_are_read` says the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from openspm.plans.case_landing import World
from openspm.plans.compile import Row

LONGER = ("quarter", "half", "year")
NEVER = "9999-12-31"


def unread_quotas(world: World) -> Iterator[tuple[str, str]]:
    """What each such quota is, and what the component does read, of a world that is landed."""
    for subject, table in (("payee", "quotas"), ("team", "team_quotas")):
        subjects = {row["employee_id" if subject == "payee" else "team_id"] for row in world.rows["assignments"]}
        for quota in world.rows.get(table, ()):
            readers = _readers(world, quota["plan_id"], quota["component_id"])
            of = f"the quota of {quota[f'{subject}_id']} for {quota['period_id']} in {quota['component_id']}"
            if quota[f"{subject}_id"] not in subjects:
                yield (
                    of.replace(world.prefix, ""),
                    f"nobody in the case {'is this payee' if subject == 'payee' else 'is in this team'}",
                )
            elif not any(_is_read(quota, subject, reader, world.rows["calendars"]) for reader in readers):
                yield of.replace(world.prefix, ""), _advice(readers)


def _readers(world: World, plan_id: str | None, component_id: str | None) -> list[Row]:
    """The component in each version of its plan, with the days for which it reads quotas.

    Before the first version and after the last one nothing is paid, so no quota is missed.
    """
    spans = sorted(
        (row for row in world.rows["plans"] if row["plan_id"] == plan_id), key=lambda row: row["valid_from_date"] or ""
    )
    parts = [
        {row["plan_version"]: row for row in world.rows.get(table, ()) if _is_of(row, plan_id, component_id)}
        for table in ("components", "component_terms")
    ]
    versions = [span for span in spans if span["plan_version"] in parts[0]]
    return [
        parts[0][span["plan_version"]]
        | {
            "calendar_id": span["calendar_id"],
            "reads_from_date": span["valid_from_date"] if number else "",
            "reads_before_date": following["valid_from_date"] if following else NEVER,
            "quota_period_kind_code": terms.get("quota_period_kind_code"),
            "quota_subject_code": terms.get("quota_subject_code") or "payee",
        }
        for number, (span, following) in enumerate(zip_longest(versions, versions[1:]))
        for terms in (parts[1].get(span["plan_version"], {}),)
    ]


def _is_of(row: Row, plan_id: str | None, component_id: str | None) -> bool:
    return (row["plan_id"], row["component_id"]) == (plan_id, component_id)


def _is_read(quota: Row, subject: str, reader: Row, calendars: list[Row]) -> bool:
    """Whether a window of the version reads the quota: its own, or one of the longer period that quotas are of."""
    longer = reader["quota_period_kind_code"]
    names = ["period_id", *([f"{longer}_period_id"] if longer in LONGER else [])]
    ends = [row["end_date"] or "" for row in calendars if row["period_id"] == quota["period_id"]]
    return (
        reader["quota_subject_code"] == subject
        and (quota["valid_from_date"] or "") <= max(ends, default="")
        and any(
            row["calendar_id"] == quota["calendar_id"] == reader["calendar_id"]
            and row["period_kind_code"] == reader["window_code"]
            and (row["start_date"] or "") < (reader["reads_before_date"] or NEVER)
            and (row["end_date"] or "") >= (reader["reads_from_date"] or "")
            and any(row[name] == quota["period_id"] for name in names)
            for row in calendars
        )
    )


def _advice(readers: list[Row]) -> str:
    """What the component does read."""
    if not readers:
        return "the plan has no such component"
    kinds = {
        f"{reader['quota_subject_code']}s by {kind}"
        for reader in readers
        for kind in (reader["window_code"], reader["quota_period_kind_code"])
        if kind
    }
    return f"no window of its days reads it: the component reads quotas of {', '.join(sorted(kinds))}"
