"""A real ERP pays its agents, and openspm pays them the same, to the cent, from the ERP's own database.

Without it the mapping of examples/tryton could lose a credit note or pay an agent before his customer has paid.

It makes a Tryton database through Tryton itself, which takes two minutes or more.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from openspm.company import load_company
from openspm.contract import load_contract
from openspm.landing import RunIdentity, land_all, register
from openspm.plans.case_runs import build_pay
from openspm.settings import load_settings
from tests.compiled import COMPILED
from tests.sources.sql.conftest import NOON
from tests.sources.sql.servers import PostgresqlServer

pytestmark = pytest.mark.faults
# By hand: 10 % of (100.06 + 8641.92), of the credited 8641.92 and of 1020.01; 5 % of 101.40 and of 5000; 12 % of 500.50
# when its payment came, and of 4000.75 when its second one came; nothing of what is unpaid or has no plan.
OWED = {
    "Ada": {"2024-01": "874.20", "2024-03": "-864.19", "2024-04": "102.00"},
    "Ben": {"2024-02": "5.07", "2024-03": "250.00"},
    "Cleo": {"2024-02": "60.06", "2024-05": "480.09"},
}
Commissions = dict[str, dict[str, str]]


def made_by_tryton(server: PostgresqlServer, checkout: Path) -> tuple[str, Commissions]:
    """A Tryton database, and what Tryton owes its agents."""
    uri = server.server.get_uri().replace(":@", "@").replace("/postgres?", "/?")
    done = subprocess.run(
        [sys.executable, "-m", "tests.sources.sql.tryton_company", uri, "tryton"],
        cwd=checkout, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return uri.replace("/?", "/tryton?"), json.loads(done.stdout.splitlines()[-1])


def paid_by_openspm(folder: Path, home: Path) -> Commissions:
    """What the company folder pays, from the database that it names."""
    company = load_company(folder)
    settings = load_settings(folder, {"OPENSPM_HOME": str(home), **COMPILED})
    state = settings.state(company.id)
    state.claim()
    contract = company.extend(load_contract())
    land_all(settings, state, company, contract, NOON)
    candidate = home / "warehouse.duckdb"
    register(candidate, state, contract, company, NOON, RunIdentity("run", "test"))
    build_pay(settings, state, candidate)
    with duckdb.connect(str(candidate), read_only=True) as connection:
        paid: Commissions = {}
        for name, period, amount in connection.execute("""
            select employees.full_name, payouts.period_id, sum(payouts.payable_amount)
            from marts.fct_payouts as payouts
            inner join landing.employees as employees on payouts.payee_id = employees.employee_id
            group by all having sum(payouts.payable_amount) <> 0 order by all""").fetchall():
            paid.setdefault(name, {})[period] = f"{amount:.2f}"
    return paid


def test_openspm_pays_what_tryton_owes(checkout: Path, tmp_path: Path, postgresql: PostgresqlServer) -> None:
    url, owed = made_by_tryton(postgresql, checkout)
    assert owed == OWED
    folder = tmp_path / "tryton"
    folder.mkdir()
    for path in (checkout / "examples" / "tryton").iterdir():
        (folder / path.name).symlink_to(path)
    (folder / "company.yml").unlink()
    text = (checkout / "examples" / "tryton" / "company.yml").read_text(encoding="utf-8")
    (folder / "company.yml").write_text(text.replace("postgresql://openspm@localhost/tryton", url), encoding="utf-8")
    assert paid_by_openspm(folder, tmp_path) == owed
