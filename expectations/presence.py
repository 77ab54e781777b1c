"""What there is to judge: relations of the candidate, landed tables and columns, marts of the last publication.

`landing.columns` says what the company landed; a table is present when one of its columns is. A column that a source
lacks is absent, which is another thing than empty: an expectation about it is skipped, not failed.
"""

from dataclasses import dataclass
from typing import Self

import sqlalchemy

from expectations.dialect import PREVIOUS_CATALOG


@dataclass(frozen=True)
class Presence:
    """What there is to judge.

    Attributes:
        landed: canonical tables (`invoices`) and columns (`invoices.due_date`) that the company landed.
        previous: marts of the last publication, empty on the first run.
        relations: tables and views of the candidate, with their schema (`marts.fct_payouts`).
    """

    landed: frozenset[str]
    previous: frozenset[str]
    relations: frozenset[str]

    @classmethod
    def read(cls, connection: sqlalchemy.Connection) -> Self:
        """Read it from a candidate, with the last publication attached where there is one."""
        columns = connection.execute(
            sqlalchemy.text("select table_name, column_name from landing.columns where is_present")
        ).all()
        landed = {f"{table}.{column}" for table, column in columns} | {table for table, _ in columns}
        marts = connection.execute(
            sqlalchemy.text("select table_name from duckdb_tables() where database_name = :catalog"),
            {"catalog": PREVIOUS_CATALOG},
        ).all()
        relations = connection.execute(
            sqlalchemy.text(
                "select schema_name, table_name from duckdb_tables() where database_name = current_database() "
                "union all "
                "select schema_name, view_name from duckdb_views() where database_name = current_database()"
            )
        ).all()
        return cls(
            frozenset(landed),
            frozenset(f"{PREVIOUS_CATALOG}.{name}" for (name,) in marts),
            frozenset(f"{schema}.{name}" for schema, name in relations),
        )

    def missing(self, needs: tuple[str, ...]) -> list[str]:
        """Return those of `needs` that are not there, in their order."""
        return [need for need in needs if need not in self.landed and need not in self.previous]

    def present(self, names: tuple[str, ...]) -> list[str]:
        """Return those of `names` that are there, in their order."""
        return [name for name in names if name in self.landed or name in self.previous]
