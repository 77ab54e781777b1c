"""The documented defects: what is wrong on purpose in a simulated company, with the ids of the records.

All are planted in the first chunk, after its tables were made, so a clean company of the same seed differs in these
records only. Deals that lose a date or an amount are lost or open ones: their faults stay their own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.random import Generator

from openspm.sources.simulated.settings import SimulationSettings
from openspm.sources.simulated.texts import Ints

Tables = dict[str, pa.Table]


@dataclasses.dataclass(frozen=True)
class Defect:
    """A kind of defect in a table and the records that have it."""

    kind: str
    table: str
    record_ids: tuple[str, ...]
    description: str


def plant(settings: SimulationSettings, tables: Tables) -> tuple[Tables, list[Defect]]:
    """Plant every documented defect in the tables of the first chunk."""
    planter = _Planter(settings, tables)
    for step in (
        planter.remove_invoices, planter.change_invoices, planter.delay_invoices, planter.swap_currencies,
        planter.add_invoices, planter.copy_leads, planter.age_close_dates, planter.blank_fields, planter.cut_splits,
        planter.confuse_currencies, planter.garble_dates, planter.garble_amounts,
    ):  # fmt: skip
        step()
    return planter.tables, planter.found


class _Planter:
    """Plants one kind after another; a record gets at most one defect."""

    def __init__(self, settings: SimulationSettings, tables: Tables) -> None:
        self.tables = dict(tables)
        self.found: list[Defect] = []
        self.stream: Generator = settings.stream("defects")
        self.end = settings.ends_on
        self.used: set[str] = set()
        self.size = min(1.0, settings.opportunity_count / 3000)

    def remove_invoices(self) -> None:
        """Won deals that nobody invoiced."""
        deals = self._won_and_invoiced(8)
        invoices = self.tables["invoices"]
        gone = invoices.filter(pc.is_in(invoices["opportunity_id"], pa.array(deals, pa.string())))["invoice_id"]
        for table in ("invoices", "invoice_lines", "payments", "credit_notes"):
            held = self.tables[table]
            self.tables[table] = held.filter(pc.invert(pc.is_in(held["invoice_id"], gone.combine_chunks())))
        self._note("closed_deal_without_invoice", "opportunities", deals, "Won more than 60 days ago, never invoiced.")

    def change_invoices(self) -> None:
        """Invoices that differ from their deal."""
        rows = self._invoices_of(self._won_and_invoiced(8))
        for number, row in enumerate(rows):
            factor = (112, 85, 130, 60)[number % 4]
            self._edit("invoices", row, "net_amount", lambda text, f=factor: _scaled(text, f))  # type: ignore[misc]
        self._note_rows("invoice_unequal_to_deal", "invoices", rows, "Charges more or less than the deal is worth.")

    def delay_invoices(self) -> None:
        """Invoices long after the close."""
        rows = self._invoices_of(self._won_and_invoiced(3, days=150))
        for row in rows:
            for column in ("invoice_date", "due_date"):
                self._edit("invoices", row, column, lambda text: _moved(text, 100))
        self._note_rows("invoice_long_after_close", "invoices", rows, "Dated 100 days later than it should be.")

    def swap_currencies(self) -> None:
        """Invoices in another currency than their deal."""
        rows = self._invoices_of(self._won_and_invoiced(2))
        for row in rows:
            self._edit("invoices", row, "currency_code", lambda text: "USD" if text == "EUR" else "EUR")
        self._note_rows("invoice_in_other_currency", "invoices", rows, "The deal's amount in another currency.")

    def add_invoices(self) -> None:
        """Invoices that belong to no deal."""
        source = self.tables["invoices"]
        rows = self.stream.permutation(source.num_rows)[: self._count(5)]
        ids = [f"INV9{number:08d}" for number in range(1, len(rows) + 1)]
        extra = source.take(pa.array(np.sort(rows)))
        for column, values in (
            ("invoice_id", ids), ("opportunity_id", [None] * len(ids)), ("contract_id", [None] * len(ids)),
        ):  # fmt: skip
            place = extra.schema.get_field_index(column)
            extra = extra.set_column(place, column, pa.array(values, pa.string()))
        self.tables["invoices"] = pa.concat_tables([source, extra]).combine_chunks()
        self._note("invoice_for_no_deal", "invoices", ids, "An invoice whose deal nobody knows.")

    def copy_leads(self) -> None:
        """Leads entered twice."""
        source = self.tables["leads"]
        plain = np.flatnonzero(np.array(source["is_converted"].to_pylist()) == "false")
        extra = source.take(pa.array(np.sort(self.stream.permutation(plain)[: self._count(12)])))
        ids = [f"LED9{number:08d}" for number in range(1, extra.num_rows + 1)]
        extra = extra.set_column(extra.schema.get_field_index("lead_id"), "lead_id", pa.array(ids, pa.string()))
        place = extra.schema.get_field_index("full_name")
        extra = extra.set_column(place, "full_name", pc.utf8_upper(extra["full_name"]))
        self.tables["leads"] = pa.concat_tables([source, extra]).combine_chunks()
        self._note("duplicate_lead", "leads", ids, "The same person entered again, the name in capitals.")

    def age_close_dates(self) -> None:
        """Open deals whose close date is long past."""
        rows = self._opportunities(15, lambda stage: not stage.startswith("Closed"))
        for number, row in enumerate(rows):
            self._edit("opportunities", row, "close_date", lambda _, n=number: _moved(str(self.end), -65 - 9 * n))  # type: ignore[misc]
        self._note_rows("stale_close_date", "opportunities", rows, "Open, expected to close two to seven months ago.")

    def blank_fields(self) -> None:
        """Fields that should be filled and are not."""
        for table, column, count in (
            ("opportunities", "owner_user_id", 4), ("opportunities", "deal_amount", 4),
            ("accounts", "industry_name", 5), ("leads", "email", 5), ("contacts", "email", 5),
        ):  # fmt: skip
            if table == "opportunities":
                rows = self._opportunities(count, lambda stage: stage in ("Closed Lost", "Discovery"))
            else:
                rows = self._rows(table, np.arange(self.tables[table].num_rows), count)
            for row in rows:
                self._edit(table, row, column, lambda _: None)
            self._note_rows("missing_field", table, rows, f"No {column}.")

    def cut_splits(self) -> None:
        """Revenue splits that add up to 99 %."""
        splits = self.tables["opportunity_splits"]
        revenue = np.flatnonzero(np.array(splits["split_kind_code"].to_pylist()) == "revenue")
        rows = self._rows("opportunity_splits", revenue, 2)
        deals = []
        for row in rows:
            deals.append(splits["opportunity_id"][row].as_py())
            self._edit("opportunity_splits", row, "split_ratio", lambda text: f"{float(text) - 0.01:.2f}")
        self._note("split_at_99_percent", "opportunities", deals, "The revenue shares add up to 0.99.")

    def confuse_currencies(self) -> None:
        """A currency that nobody trades: two open deals and a lost one."""
        rows = self._opportunities(3, lambda stage: stage != "Closed Won")
        for row in rows:
            self._edit("opportunities", row, "currency_code", lambda _: "XQZ")
        self._note_rows("unknown_currency", "opportunities", rows, "Currency XQZ, which has no rate.")

    def garble_dates(self) -> None:
        """Dates and timestamps that cannot be read, or not without guessing."""
        texts = ("03/04/2026", "2026-02-30", "next week", "1772323200")
        for table, column, count in (
            ("opportunities", "close_date", 3), ("activities", "occurred_at", 3), ("payments", "payment_date", 2),
        ):  # fmt: skip
            self._garble("unparsable_date", table, column, count, texts)

    def garble_amounts(self) -> None:
        """Amounts that cannot be read, or not without guessing."""
        texts = ("1.234,56", "n/a", "12k", "(500.00)")
        for table, column, count in (
            ("opportunities", "deal_amount", 3), ("opportunity_lines", "unit_price_amount", 2),
            ("payments", "payment_amount", 2),
        ):  # fmt: skip
            self._garble("unparsable_amount", table, column, count, texts)

    def _garble(self, kind: str, table: str, column: str, count: int, texts: tuple[str, ...]) -> None:
        if table == "opportunities":
            rows = self._opportunities(count, lambda stage: stage == "Closed Lost")
        else:
            rows = self._rows(table, np.arange(self.tables[table].num_rows), count)
        for number, row in enumerate(rows):
            self._edit(table, row, column, lambda _, n=number: texts[n % len(texts)])  # type: ignore[misc]
        self._note_rows(kind, table, rows, f"{column} cannot be read.")

    def _count(self, usual: int) -> int:
        return max(1, round(usual * self.size))

    def _rows(self, table: str, rows: Ints, count: int) -> list[int]:
        """Up to so many of the rows that have no defect yet, in the order of the table."""
        key = self.tables[table].column(0)
        picked: list[int] = []
        for row in self.stream.permutation(rows).tolist():
            name = f"{table} {key[row].as_py()}"
            if name not in self.used:
                picked.append(row)
                self.used.add(name)
            if len(picked) == self._count(count):
                break
        return sorted(picked)

    def _opportunities(self, count: int, fits: Callable[[str], bool]) -> list[int]:
        stages = self.tables["opportunities"]["stage_name"].to_pylist()
        return self._rows("opportunities", np.array([row for row, stage in enumerate(stages) if fits(stage)]), count)

    def _won_and_invoiced(self, count: int, days: int = 60) -> list[str]:
        """Won deals with one invoice, no credit note and a close at least so many days before the end."""
        deals, invoices = self.tables["opportunities"], self.tables["invoices"]
        credited = pc.is_in(invoices["invoice_id"], self.tables["credit_notes"]["invoice_id"].combine_chunks())
        per_deal: Mapping[str, int] = {}
        tally = invoices.filter(pc.invert(credited))["opportunity_id"].value_counts().to_pylist()
        per_deal = {entry["values"]: entry["counts"] for entry in tally}
        all_tally = {e["values"]: e["counts"] for e in invoices["opportunity_id"].value_counts().to_pylist()}
        latest = _moved(str(self.end), -days)
        fit = [
            row
            for row, (deal, close) in enumerate(
                zip(deals["opportunity_id"].to_pylist(), deals["close_date"].to_pylist(), strict=True)
            )
            if per_deal.get(deal) == 1 and all_tally[deal] == 1 and close is not None and close <= latest
        ]
        keys = deals["opportunity_id"]
        return [keys[row].as_py() for row in self._rows("opportunities", np.array(fit, np.int64), count)]

    def _invoices_of(self, deals: list[str]) -> list[int]:
        wanted = set(deals)
        of = self.tables["invoices"]["opportunity_id"].to_pylist()
        return [row for row, deal in enumerate(of) if deal in wanted]

    def _edit(self, table: str, row: int, column: str, change: Callable[[str], str | None]) -> None:
        held = self.tables[table]
        place = held.schema.get_field_index(column)
        values = held.column(place).to_pylist()
        values[row] = change(values[row])
        self.tables[table] = held.set_column(place, column, pa.array(values, pa.string()))

    def _note(self, kind: str, table: str, ids: list[str], description: str) -> None:
        if ids:
            self.found.append(Defect(kind, table, tuple(ids), description))

    def _note_rows(self, kind: str, table: str, rows: list[int], description: str) -> None:
        key = self.tables[table].column(0)
        self._note(kind, table, [key[row].as_py() for row in rows], description)


def _scaled(text: str, percent: int) -> str:
    minor = int(text.replace(".", "")) * percent // 100
    return f"{minor // 100}.{minor % 100:02d}"


def _moved(text: str, days: int) -> str:
    return str(np.datetime64(text, "D") + days)
