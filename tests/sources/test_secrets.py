"""No secret of a vendor is found in what a night prints and keeps: landing, raw archive, Dagster's events, dbt's files.

What lands is looked at in `make test`, a whole night in `make test-faults`.

Without these whoever may read a log, a report or a backup can read a whole CRM.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from openspm.company import Company
from openspm.fakes import build_fake
from openspm.fakes.salesforce import as_vendor_has_them
from openspm.fakes.salesforce_company import TABLE_PREFIXES
from openspm.fakes.server import FakeRequest, FakeServer
from openspm.secrets import secret_variable
from tests.compiled import COMPILED
from tests.sources.same_marts import company_with, simulated_tables, stage, write_files

CANARY = "canary-7d1/f@ä"


def openspm(folder: Path, words: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
    """The command, as a person runs it."""
    return subprocess.run(
        [sys.executable, "-m", "openspm.cli.main", *words, "--company", str(folder)],
        env={**os.environ, **COMPILED, "OPENSPM_EXTRACTION_RETRIES": "0", **environment},
        capture_output=True, check=False,
    )  # fmt: skip


def leaks(secrets: list[bytes], printed: bytes, home: Path) -> list[str]:
    """Where a secret stands."""
    kept = [path for path in home.rglob("*") if path.is_file()]
    found = [str(path) for path in kept if any(secret in path.read_bytes() for secret in secrets)]
    return found + ["what was printed"] * any(secret in printed for secret in secrets)


def leaks_of(night: Callable[[Company, dict[str, str]], bytes], folder: Path) -> list[str]:
    """Where the secret or a token of Salesforce stands after a night of a company that reads it."""
    tables = as_vendor_has_them(simulated_tables())
    write_files(folder / "rest", {name: rows for name, rows in tables.items() if name not in TABLE_PREFIXES})
    vendor = build_fake("salesforce", tables)
    sent: set[bytes] = set()
    answer = vendor.answer

    def listen(request: FakeRequest) -> object:
        sent.add(request.headers.get("authorization", "").removeprefix("Bearer ").encode())
        return answer(request)

    vendor.answer = listen  # type: ignore[method-assign, assignment]
    with FakeServer(vendor) as server:
        lines = "".join(f", {name}: {value}" for name, value in vendor.settings(server.url).items())
        company = company_with(
            folder / "company",
            f"{{name: crm, kind: salesforce{lines}}}",
            "{name: others, kind: files, path: ../rest}",
        )
        printed = night(company, {secret_variable("crm", "client_secret"): secret(vendor)})
    assert len(sent) > 1, "no token was sent"
    return leaks([secret(vendor).encode(), *sent - {b""}], printed, folder / "home")


def test_what_lands_keeps_no_secret_and_no_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def land_and_stage(company: Company, environment: dict[str, str]) -> bytes:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        stage(company, tmp_path)
        printed = capfd.readouterr()
        return (printed.out + printed.err).encode()

    assert leaks_of(land_and_stage, tmp_path) == []


@pytest.mark.faults
def test_a_whole_night_keeps_no_secret_and_no_token(tmp_path: Path) -> None:
    def run(company: Company, environment: dict[str, str]) -> bytes:
        done = openspm(company.folder, ["run", "--debug"], {"OPENSPM_HOME": str(tmp_path / "home"), **environment})
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout + done.stderr

    found = leaks_of(run, tmp_path)
    assert any("dagster" in path.parts for path in (tmp_path / "home").rglob("*"))
    assert found == []


def secret(vendor: object) -> str:
    """The client's secret of the organisation."""
    return vendor.secrets()["client_secret"]  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize(
    ("kind", "field"), [("salesforce", "client_secret"), ("hubspot", "token"), ("stripe", "token")]
)
def test_a_refused_secret_is_named_by_its_variable_and_never_shown(tmp_path: Path, kind: str, field: str) -> None:
    vendor = build_fake(kind, simulated_tables())
    secrets = [CANARY.encode(), b"canary-7d1", b"7d1%2Ff"]
    environment = {"OPENSPM_HOME": str(tmp_path / "home"), secret_variable("crm", field): CANARY}
    with FakeServer(vendor) as server:
        lines = "".join(f", {name}: {value}" for name, value in vendor.settings(server.url).items())
        company = company_with(tmp_path / "company", f"{{name: crm, kind: {kind}{lines}}}")
        # What Dagster keeps of a night that fails is looked at in sql/test_night.py.
        done = openspm(company.folder, ["check"], environment)
    printed = done.stdout + done.stderr
    assert done.returncode == 1, printed.decode()
    assert b"secret" in printed
    assert leaks(secrets, printed, tmp_path / "home") == []
