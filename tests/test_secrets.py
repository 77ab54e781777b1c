"""Protects secrets: they are taken from where only the operator can put them, and a text loses them before it is shown.

Without it a password that everybody on the machine can read is in use for years, or one stands in a log.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from openspm.errors import OpenspmError
from openspm.secrets import read_secret, without_secrets

PASSWORD = "kanarienvogel/ä?@"


def kept(tmp_path: Path, mode: int, text: str = PASSWORD + "\n") -> dict[str, str]:
    """An environment that names a file of a secret."""
    path = tmp_path / "password"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return {"OPENSPM_SOURCE_ERP_PASSWORD_FILE": str(path)}


def test_a_secret_comes_from_the_environment_or_from_a_file(tmp_path: Path) -> None:
    assert read_secret("erp", "password", {}) is None
    assert read_secret("erp", "password", {"OPENSPM_SOURCE_ERP_PASSWORD": PASSWORD}) == PASSWORD
    for mode in (0o600, 0o640, 0o400):
        assert read_secret("erp", "password", kept(tmp_path, mode)) == PASSWORD
        (tmp_path / "password").unlink()


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o666])
def test_a_file_that_anyone_can_get_at_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(OpenspmError, match="Anyone on this machine") as caught:
        read_secret("erp", "password", kept(tmp_path, mode))
    assert "chmod o=" in str(caught.value.next_step)
    assert PASSWORD not in str(caught.value)


def test_a_secret_that_is_given_twice_empty_or_gone_is_named(tmp_path: Path) -> None:
    twice = {**kept(tmp_path, 0o600), "OPENSPM_SOURCE_ERP_PASSWORD": "x"}
    for environ, message in (
        (twice, "both set"),
        (kept(tmp_path, 0o600, "\n"), "is empty"),
        ({"OPENSPM_SOURCE_ERP_PASSWORD_FILE": str(tmp_path / "none")}, "cannot be read"),
    ):
        with pytest.raises(OpenspmError, match=message) as caught:
            read_secret("erp", "password", environ)
        assert "OPENSPM_SOURCE_ERP_PASSWORD" in f"{caught.value.message} {caught.value.where}"


def test_a_text_loses_secrets_in_every_form() -> None:
    text = f"no pg at postgresql://reader:kanarienvogel%2F%C3%A4%3F%40@db/erp ({PASSWORD})"
    assert without_secrets(text, [PASSWORD, None]) == "no pg at postgresql://reader:***@db/erp (***)"
