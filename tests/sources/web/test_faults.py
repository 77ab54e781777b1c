"""Through every fault of the transport the same records land, or none and the night ends with 5.

Without these a page that came cut is paid as if it were whole, a night hangs until the morning, and a secret stands in
a log.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

from openspm.errors import SourceRefused, SourceUnreachable
from openspm.fakes.faults import PASSING_FAULTS, Fault, FaultSchedule
from openspm.fakes.server import FakeServer
from openspm.landing import read_manifests
from tests.followups.mail_server import write_certificate
from tests.sources.web.conftest import ShopCompany, shop_records
from tests.sources.web.shop.source import Shop, ShopSettings


def landed(company: ShopCompany, **options: Any) -> dict[str, list[dict[str, object]]]:
    """The rows of a night with options of the source's block, by table."""
    return {table: company.rows(manifest) for table, manifest in company.night(**options).items()}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, object]]]:
    """What a night without a fault lands."""
    with FakeServer(Shop(shop_records())) as server:
        return landed(ShopCompany(tmp_path_factory.mktemp("clean"), server))


@pytest.mark.parametrize("kind", PASSING_FAULTS)
def test_a_fault_that_passes_changes_nothing(
    company: ShopCompany, clean: dict[str, list[dict[str, object]]], kind: str
) -> None:
    company.server.faults = FaultSchedule((Fault(kind, "lists/Deal", skip=1),))
    assert landed(company) == clean
    if kind.startswith("too_many_requests"):
        assert company.source.waits
        assert 0 <= company.source.waits[0] <= 1.1
    elif kind != "expired_token":
        assert 0.25 <= company.source.waits[0] <= 0.5


@pytest.mark.parametrize("kind", [kind for kind in PASSING_FAULTS if kind != "expired_token"])
def test_a_fault_that_lasts_ends_the_night_and_lands_nothing(company: ShopCompany, kind: str) -> None:
    company.server.faults = FaultSchedule((Fault(kind, "lists/Firm", times=99),))
    with pytest.raises(SourceUnreachable, match="given up after 3 tries") as caught:
        company.night(most_tries=3)
    assert "s3cret" not in str(caught.value)
    assert "token" not in str(caught.value)
    assert read_manifests(company.state) == []
    waits = company.source.waits
    assert len(waits) == 2
    if not kind.startswith("too_many"):
        assert waits[0] < waits[1] <= 1


@pytest.mark.parametrize("kind", ["slow", "drip"])
def test_an_answer_that_takes_too_long_is_given_up(company: ShopCompany, kind: str) -> None:
    company.server.faults = FaultSchedule((Fault(kind, "lists/Deal", times=9),))
    with pytest.raises(SourceUnreachable, match="did not answer within 1 s"):
        company.night(answer_seconds=1, most_tries=1)


def test_a_wait_that_ends_after_the_deadline_is_not_begun(company: ShopCompany) -> None:
    company.server.faults = FaultSchedule((Fault("too_many_requests_seconds", "fields", times=9),))
    with pytest.raises(SourceUnreachable, match="given up after 1 try"):
        company.night(deadline_seconds=1)
    assert company.source.waits == []


def test_a_token_that_is_never_accepted_is_asked_for_once_more_and_then_refused(company: ShopCompany) -> None:
    company.server.faults = FaultSchedule((Fault("expired_token", "lists/Deal", times=9),))
    with pytest.raises(SourceRefused, match="does not accept our secret") as caught:
        company.night()
    assert company.shop.tokens == 2
    assert "token expired" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://127.0.0.1:{port}", "cannot prove that it is the system that we mean|cannot be reached"),
        ("https://no-such-host.invalid", "cannot be reached"),
    ],
)
def test_a_host_that_is_not_there_or_not_ours_ends_the_night(company: ShopCompany, url: str, text: str) -> None:
    port = company.server.url.rpartition(":")[2]
    source = company.open()
    source.settings = ShopSettings(name="shop", url=url.format(port=port), most_tries=1)
    with pytest.raises(SourceUnreachable, match=text):
        list(source.extract(company.contract, company.state, company.request()))


def test_a_certificate_that_nobody_vouches_for_is_refused_and_gets_no_secret(
    company: ShopCompany, tmp_path: Path
) -> None:
    """Somebody who stands between us and the vendor could serve any records, and would be told the secret."""
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(write_certificate(tmp_path / "server.pem"))
    server = FakeServer(Shop(shop_records()))
    server._http.socket = trust.wrap_socket(server._http.socket, server_side=True)
    with server:
        source = company.open()
        source.settings = ShopSettings(name="shop", url=server.url.replace("http:", "https:"))
        with pytest.raises(SourceRefused, match="cannot prove that it is the system that we mean") as caught:
            list(source.extract(company.contract, company.state, company.request()))
    assert caught.value.exit_code == 5
    assert (server.requests, source.waits) == ([], [])


def test_a_link_to_another_host_gets_no_secret(company: ShopCompany) -> None:
    client = company.open().connect(company.request(), company.state)
    with pytest.raises(SourceRefused, match="another host"):
        client.session.get("http://127.0.0.1:1/steal")  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_faults_come_the_same_records_land(
    company: ShopCompany, clean: dict[str, list[dict[str, object]]], seed: int
) -> None:
    company.server.faults = FaultSchedule.drawn(seed, fault_count=4, among=9)
    assert landed(company) == clean


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(100, 300))
def test_whatever_faults_come_the_same_records_land_in_many_schedules(
    company: ShopCompany, clean: dict[str, list[dict[str, object]]], seed: int
) -> None:
    fault_count = 1 + seed % 6
    company.server.faults = FaultSchedule.drawn(seed, fault_count, among=9)
    # All may befall one request.
    assert landed(company, most_tries=fault_count + 1) == clean
