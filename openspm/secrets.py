"""Secrets of sources: from the environment or from files that it names, never from YAML or a command line.

The password of the source `erp` is OPENSPM_SOURCE_ERP_PASSWORD, or stands in the file that
OPENSPM_SOURCE_ERP_PASSWORD_FILE names. Read when a source is opened, never at import; nothing here keeps one.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

from openspm.errors import OpenspmError

PREFIX = "OPENSPM_SOURCE_"
FILE_SUFFIX = "_FILE"
HIDDEN = "***"
OTHERS = stat.S_IRWXO


def secret_variable(source_name: str, field: str) -> str:
    """The environment variable that holds a secret of a source."""
    return f"{PREFIX}{source_name.upper()}_{field.upper()}"


def read_secret(source_name: str, field: str, environ: Mapping[str, str] | None = None) -> str | None:
    """A secret of a source; None where the environment has none.

    Args:
        source_name: the source's name in company.yml.
        field: what it is, such as `password`.
        environ: the environment; a test hands in its own.

    Raises:
        OpenspmError: it is given twice, or its file cannot be read or may be read by anyone. No message holds it.
    """
    return read_secret_variable(secret_variable(source_name, field), environ)


def read_secret_variable(variable: str, environ: Mapping[str, str] | None = None) -> str | None:
    """The secret of an environment variable, or of the file that the variable with `_FILE` behind it names.

    Raises:
        OpenspmError: it is given twice, or its file cannot be read or may be read by anyone. No message holds it.
    """
    values = os.environ if environ is None else environ
    value, file = values.get(variable), values.get(variable + FILE_SUFFIX)
    if value and file:
        raise OpenspmError(
            f"{variable} and {variable}{FILE_SUFFIX} are both set",
            where=f"environment variable {variable}",
            next_step="Unset one of them.",
        )
    return _read_file(Path(file), variable + FILE_SUFFIX) if file else value or None


def _read_file(path: Path, variable: str) -> str:
    """The secret that a file holds, without the end of its line."""
    where = f"{path}, which environment variable {variable} names"
    try:
        mode = path.stat().st_mode
        if mode & OTHERS:
            raise OpenspmError(
                "Anyone on this machine can get at the file of a secret, so it is not used",
                where=where,
                next_step=f"chmod o= {path}, and give the secret a new value if others may have read it.",
            )
        text = path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise OpenspmError(
            f"The file of a secret cannot be read: {reason}",
            where=where,
            next_step="Correct the variable, or give the user of the run the right to read the file.",
        ) from None
    if not text:
        raise OpenspmError("The file of a secret is empty", where=where, next_step="Write the secret into it.")
    return text


def without_secrets(text: str, secrets: Iterable[str | None]) -> str:
    """A text in which no secret stands any more, neither as it is nor as a URL writes it."""
    for secret in secrets:
        for form in {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)} if secret else ():
            text = text.replace(form, HIDDEN)
    return text
