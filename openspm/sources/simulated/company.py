"""A simulated company, chunk by chunk or whole: every table of the contract's groups crm, finance and people, and the
planning tables quotas, goals, stage_map and payee_modifiers."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator

import pyarrow as pa

from openspm.sources.simulated import activity_tables, crm_tables, finance_tables
from openspm.sources.simulated.crm_tables import Chunk
from openspm.sources.simulated.defects import Defect, plant
from openspm.sources.simulated.headquarters import no_modifiers, with_headquarters
from openspm.sources.simulated.market import build_market
from openspm.sources.simulated.people import Roster, build_roster
from openspm.sources.simulated.planning_tables import Production, planning_tables
from openspm.sources.simulated.settings import SimulationSettings
from openspm.sources.simulated.truths import Truth, truths_of

CHUNK_TABLES = (
    "accounts", "contacts", "leads", "opportunities", "opportunity_stages", "opportunity_splits", "opportunity_lines",
    "activities", "cases", "customers", "contracts", "invoices", "invoice_lines", "payments", "credit_notes",
)  # fmt: skip
"""Tables that grow with the number of deals and are made chunk by chunk."""
COMPANY_TABLES = (
    "users", "employees", "assignments", "leaves", "trainings", "check_ins", "surveys", "products", "campaigns",
    "fx_rates", "quotas", "goals", "stage_map", "payee_modifiers",
)  # fmt: skip
"""Tables that the company has once; the planning tables among them need every chunk."""
FINANCE_TABLES = ("customers", "contracts", "invoices", "invoice_lines", "payments", "credit_notes")


@dataclasses.dataclass(frozen=True)
class SimulatedCompany:
    """A company in memory: tables of text by canonical name, what is true in it and what is wrong in it."""

    tables: dict[str, pa.Table]
    truths: list[Truth]
    defects: list[Defect]


class Simulation:
    """A company that is made piece by piece. Iterate `pieces` once; `defects` are known afterwards."""

    def __init__(self, settings: SimulationSettings, company_id: str = "demo", calendar_id: str = "company") -> None:
        self.settings, self.company_id, self.calendar_id = settings, company_id, calendar_id
        self.defects: list[Defect] = []
        self.roster: Roster
        self.roster, self._people = build_roster(settings)
        self.truths = truths_of(self.roster)

    def pieces(self, wanted: Collection[str] | None = None) -> Iterator[dict[str, pa.Table]]:
        """The tables of each chunk, then the tables that the company has once.

        Args:
            wanted: names of the tables to make; all where absent. Defects and quotas need all of them.
        """
        production = Production.nothing(self.roster)
        for number, count in enumerate(self.settings.chunk_sizes):
            chunk = Chunk(number, self.settings, self.roster, build_market(self.settings, self.roster, number, count))
            tables = _chunk_tables(chunk, production, wanted)
            if number == 0 and self.settings.defects and wanted is None:
                tables, self.defects = plant(self.settings, tables)
            yield tables
        once = {
            **self._people, **crm_tables.company_tables(self.settings),
            "fx_rates": finance_tables.exchange_rates(self.settings),
            **planning_tables(self.settings, self.roster, production, self.company_id, self.calendar_id),
            "payee_modifiers": no_modifiers(),
        }  # fmt: skip
        once = with_headquarters(self.settings, self.roster, production, once, self.calendar_id)
        yield {name: table for name, table in once.items() if wanted is None or name in wanted}


def _chunk_tables(chunk: Chunk, production: Production, wanted: Collection[str] | None) -> dict[str, pa.Table]:
    names = set(CHUNK_TABLES) if wanted is None else set(wanted)
    tables: dict[str, pa.Table] = {}
    meetings = None
    if names & {"accounts", "contacts"}:
        tables |= crm_tables.account_tables(chunk)
    for name, make in (
        ("leads", crm_tables.lead_table), ("opportunities", crm_tables.opportunity_table),
        ("opportunity_stages", crm_tables.stage_table), ("opportunity_splits", crm_tables.split_table),
        ("opportunity_lines", crm_tables.line_table), ("cases", activity_tables.case_table),
    ):  # fmt: skip
        if name in names:
            tables[name] = make(chunk)
    if names & {"activities", "quotas"}:
        tables["activities"], meetings = activity_tables.activity_table(chunk)
    if names & set(FINANCE_TABLES):
        tables |= finance_tables.finance_tables(chunk)
    production.add(chunk, meetings)
    return {name: table for name, table in tables.items() if name in names}


def generate(settings: SimulationSettings, company_id: str = "demo", calendar_id: str = "company") -> SimulatedCompany:
    """Make a company in memory; use `writing.write` for one that may not fit there."""
    simulation = Simulation(settings, company_id, calendar_id)
    parts: dict[str, list[pa.Table]] = {}
    for piece in simulation.pieces():
        for name, table in piece.items():
            parts.setdefault(name, []).append(table)
    tables = {name: pa.concat_tables(part).combine_chunks() for name, part in parts.items()}
    return SimulatedCompany(tables, simulation.truths, simulation.defects)
