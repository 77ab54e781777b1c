"""The newest refresh token is never lost: it is kept before it is used, and not exchanged when it could not be kept.

Without these QuickBooks lets the company in no more after a night that crashed, until somebody authorises it again.
"""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from openspm.errors import OpenspmError, SourceRefused
from openspm.fakes.faults import Fault, FaultSchedule
from openspm.landing import read_manifests
from openspm.sources.quickbooks.tokens import KeptToken
from tests.sources.quickbooks.conftest import books_of
from tests.sources.vendor_company import VendorCompany


def kept(company: VendorCompany) -> Path:
    """Where the token is kept."""
    return company.state.secrets / "billing.refresh_token.json"


def test_each_night_and_each_check_goes_on_from_the_newest_token(quickbooks: VendorCompany) -> None:
    quickbooks.night(only=["invoices"])
    assert quickbooks.check().is_authorised
    quickbooks.night(days=1, only=["invoices"])
    books = books_of(quickbooks)
    assert books.exchanges == 3
    assert json.loads(kept(quickbooks).read_text())["refresh_token"] == books.refresh_token
    assert stat.S_IMODE(kept(quickbooks).stat().st_mode) == 0o600
    assert stat.S_IMODE(kept(quickbooks).parent.stat().st_mode) == 0o700
    assert not any(books.refresh_token in manifest.model_dump_json() for manifest in read_manifests(quickbooks.state))


def test_a_crash_right_after_the_exchange_loses_no_token(quickbooks: VendorCompany) -> None:
    quickbooks.server.faults = FaultSchedule((Fault("status_500", "query", times=99),))
    with pytest.raises(OpenspmError):
        quickbooks.night(most_tries=1, only=["invoices"])
    quickbooks.server.faults = FaultSchedule()
    assert "invoices" in quickbooks.night(only=["invoices"])


def test_a_token_that_cannot_be_kept_is_not_exchanged(
    quickbooks: VendorCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OpenspmError, match="No space left on device"):
            quickbooks.night(only=["invoices"])
    assert books_of(quickbooks).exchanges == 0
    quickbooks.night(only=["invoices"])


def test_a_token_that_expires_within_a_page_is_exchanged_once_more(quickbooks: VendorCompany) -> None:
    quickbooks.server.faults = FaultSchedule((Fault("expired_token", "from%20Invoice.*startposition%203"),))
    assert quickbooks.night(only=["invoices"])["invoices"].row_count == 5
    assert books_of(quickbooks).exchanges == 2


def test_a_lost_token_says_what_to_do_and_a_new_authorisation_counts(
    quickbooks: VendorCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    quickbooks.night(only=["invoices"])
    before = read_manifests(quickbooks.state)
    kept(quickbooks).unlink()
    with pytest.raises(SourceRefused, match="does not exchange the refresh token") as caught:
        quickbooks.night(days=1, only=["invoices"])
    assert "Authorise again" in str(caught.value)
    assert "refresh-" not in str(caught.value)
    assert read_manifests(quickbooks.state) == before
    books_of(quickbooks).refresh_token = "brand-new"
    monkeypatch.setenv("OPENSPM_SOURCE_BILLING_REFRESH_TOKEN", "brand-new")
    quickbooks.night(days=1, only=["invoices"])
    quickbooks.night(days=2, only=["invoices"])


def test_a_damaged_file_is_not_taken_for_none(quickbooks: VendorCompany) -> None:
    quickbooks.night(only=["invoices"])
    kept(quickbooks).write_text("{")
    with pytest.raises(OpenspmError, match="cannot be read"):
        quickbooks.night(days=1, only=["invoices"])
    assert books_of(quickbooks).exchanges == 1


@pytest.mark.parametrize("field", ["client_id", "client_secret", "refresh_token"])
def test_a_secret_that_is_missing_is_named(
    quickbooks: VendorCompany, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    monkeypatch.delenv(f"OPENSPM_SOURCE_BILLING_{field.upper()}")
    check = quickbooks.check()
    assert (check.is_reachable, check.is_authorised) == (True, False)
    assert f"OPENSPM_SOURCE_BILLING_{field.upper()}" in check.findings[0].message


def test_a_wrong_client_secret_is_refused(quickbooks: VendorCompany, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSPM_SOURCE_BILLING_CLIENT_SECRET", "wrong-secret")
    check = quickbooks.check()
    assert check.is_authorised is False
    assert "wrong-secret" not in str(check.findings)


def test_two_that_ask_at_once_exchange_one_after_the_other(quickbooks: VendorCompany) -> None:
    used: list[str] = []

    def ask(token: str) -> tuple[str, str]:
        assert token not in used
        used.append(token)
        return "access", f"{token}+"

    def exchange() -> None:
        KeptToken(quickbooks.state, "billing", "first").exchange(ask)

    threads = [threading.Thread(target=exchange) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert KeptToken(quickbooks.state, "billing", "first").newest() == "first" + 8 * "+"
