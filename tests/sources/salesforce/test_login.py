"""We log in by the app's secret or its key, go where the answer says, and what is refused is said and never shown.

Without these a night that may not read ends in riddles, a secret stands in a log, or a token goes to a host that is not
Salesforce's.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openspm.errors import OpenspmError, SourceRefused, SourceUnreachable
from openspm.fakes.salesforce import CLIENT_SECRET, USER
from openspm.fakes.server import FakeAnswer, FakeRequest
from openspm.landing import read_manifests
from openspm.sources.salesforce.settings import SalesforceSourceSettings
from tests.sources.salesforce.conftest import SalesforceCompany

VARIABLE = "OPENSPM_SOURCE_CRM_CLIENT_SECRET"
KEY_VARIABLE = "OPENSPM_SOURCE_CRM_PRIVATE_KEY"
BY_KEY = {"login": "jwt_bearer", "user": USER, "only": ["users"]}


def test_a_signed_token_lets_us_in_as_the_secret_does(
    company: SalesforceCompany, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    by_secret = company.night(only=["users"])["users"]
    monkeypatch.delenv(VARIABLE)
    key = tmp_path / "key.pem"
    key.write_text(company.org.secrets()["private_key"])
    key.chmod(0o600)
    monkeypatch.setenv(f"{KEY_VARIABLE}_FILE", str(key))
    by_key = company.night(1, full_compare=True, **BY_KEY)["users"]
    assert by_key.same_as_batch_id == by_secret.batch_id


@pytest.mark.parametrize(
    ("variable", "value", "options", "text"),
    [
        (VARIABLE, "wrong-s3cret", {}, "does not let us in, with status 400"),
        (VARIABLE, None, {}, "has no consumer secret"),
        (KEY_VARIABLE, None, BY_KEY, "has no private key"),
        (KEY_VARIABLE, "wrong-s3cret", BY_KEY, "is no RSA key in PEM form"),
        (VARIABLE, CLIENT_SECRET, {"client_id": "another"}, "invalid credentials"),
    ],
)
def test_a_wrong_or_absent_secret_is_refused_and_not_shown(
    company: SalesforceCompany, monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None,
    options: dict[str, object], text: str,
) -> None:  # fmt: skip
    monkeypatch.delenv(VARIABLE)
    if value is not None:
        monkeypatch.setenv(variable, value)
    with pytest.raises(SourceRefused, match=text) as caught:
        company.night(**options)  # type: ignore[arg-type]
    assert caught.value.exit_code == 5
    assert "s3cret" not in str(caught.value)
    check = company.check(**options)
    assert (check.is_reachable, check.is_authorised, check.tables) == (True, False, {})
    assert text in check.findings[0].message
    assert "s3cret" not in str(check)
    assert check.findings[0].next_step


def test_a_message_shows_no_secret_that_the_server_repeats(
    company: SalesforceCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        company.org, "answer", lambda request: FakeAnswer.of_json({"error": request.form()["client_secret"]}, 400)
    )
    with pytest.raises(SourceRefused) as caught:
        company.night()
    assert CLIENT_SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"instance_url": "http://example.org"}, "without a token or a safe instance_url"),
        ({"instance_url": "https://user@example.org/?x"}, "without a token or a safe instance_url"),
        ({"access_token": ""}, "without a token"),
        ({"scope": "openid chatter_api"}, r"may not use the API \(scopes: \['chatter_api', 'openid'\]\)"),
    ],
)
def test_an_answer_that_is_no_use_is_refused(
    company: SalesforceCompany, monkeypatch: pytest.MonkeyPatch, said: dict[str, str], text: str
) -> None:
    kept = company.org.answer

    def answer(request: FakeRequest) -> FakeAnswer:
        body = json.loads(kept(request).body)
        return FakeAnswer.of_json({**body, **said})

    monkeypatch.setattr(company.org, "answer", answer)
    with pytest.raises(SourceRefused, match=text):
        company.night()
    assert [request for request in company.server.requests if "oauth2" not in request] == []


def test_requests_go_where_the_log_in_says(company: SalesforceCompany, monkeypatch: pytest.MonkeyPatch) -> None:
    from openspm.fakes.server import FakeServer

    with FakeServer(company.org) as elsewhere:
        kept = company.org.answer

        def answer(request: FakeRequest) -> FakeAnswer:
            answered = kept(request)
            if "oauth2" not in request.path:
                return answered
            return FakeAnswer.of_json({**json.loads(answered.body), "instance_url": elsewhere.url})

        monkeypatch.setattr(company.org, "answer", answer)
        company.night(only=["users"])
        assert company.server.requests == ["POST /services/oauth2/token"]
        assert any("FROM+User" in request for request in elsewhere.requests)


def test_a_token_that_ends_in_the_middle_is_renewed(company: SalesforceCompany) -> None:
    company.org.page_size = 2
    clean = company.night(only=["opportunities"])["opportunities"]
    company.org.on_page = company.org.tokens.clear
    asked = len(company.server.requests)
    again = company.night(1, full_compare=True, only=["opportunities"])["opportunities"]
    assert again.same_as_batch_id == clean.batch_id
    assert sum("oauth2" in request for request in company.server.requests[asked:]) > 1


@pytest.mark.parametrize("allowed", [0, 1, 12, 20])
def test_a_used_up_limit_ends_the_night_and_says_so(company: SalesforceCompany, allowed: int) -> None:
    company.org.requests_left = allowed
    with pytest.raises(SourceUnreachable, match=r"limit of requests \(REQUEST_LIMIT_EXCEEDED\)") as caught:
        company.night()
    assert (caught.value.exit_code, isinstance(caught.value, SourceRefused)) == (5, False)
    assert read_manifests(company.state) == []


def test_a_right_that_is_missing_is_a_refusal(company: SalesforceCompany, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = company.org.answer

    def answer(request: FakeRequest) -> FakeAnswer:
        if "oauth2" in request.path:
            return kept(request)
        return FakeAnswer.of_json([{"errorCode": "API_DISABLED_FOR_ORG", "message": "API is not enabled"}], 403)

    monkeypatch.setattr(company.org, "answer", answer)
    check = company.check()
    assert (check.is_reachable, check.is_authorised) == (True, False)
    assert "API_DISABLED_FOR_ORG" in check.findings[0].message
    assert "API Enabled" in check.findings[0].next_step


def test_a_version_that_there_is_not_is_named(company: SalesforceCompany) -> None:
    with pytest.raises(OpenspmError, match="NOT_FOUND") as caught:
        company.night(api_version="99.0")
    assert "v99.0/sobjects" in (caught.value.where or "")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"url": None}, "url is needed for client_credentials"),
        ({"login": "jwt_bearer"}, "user is needed for jwt_bearer"),
        ({"user": "x"}, "user is needed for jwt_bearer, and for nothing else"),
        ({"api_version": "62"}, "pattern"),
        ({"url": "http://acme.my.salesforce.com"}, "without encryption"),
        ({"audience": "http://login.salesforce.com"}, "pattern"),
        ({"password": "x"}, "Extra inputs"),
    ],
)
def test_a_wrong_block_of_settings_is_refused(options: dict[str, object], text: str) -> None:
    block = {"name": "crm", "kind": "salesforce", "client_id": "x", "url": "https://acme.my.salesforce.com", **options}
    with pytest.raises(ValueError, match=text):
        SalesforceSourceSettings(**block)  # type: ignore[arg-type]
