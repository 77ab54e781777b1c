"""What a run is told by its surroundings: one frozen object; with openspm.secrets the only reader of the environment.

Lives here: settings of the machine and of the operator, and where a company's state lies. Not here: what a company
decides about its numbers (openspm.company). Settings are read when a command starts, never at import.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from openspm.errors import OpenspmError

CHECKOUT = Path(__file__).resolve().parent.parent
PREFIX = "OPENSPM_"
PRIVATE_UMASK = 0o077
COMPANY_ID_FILE = "company_id"


class StatePaths(BaseModel):
    """Where the state of one company lies, folder by folder.

    Attributes:
        company_id: the company whose state it is; it is written into the root, and another company is refused.
        root: the folder that holds all others.
        compiled: the models as dbt compiled them, shared by all companies.
    """

    model_config = ConfigDict(frozen=True)

    company_id: str
    root: Path
    compiled: Path

    @property
    def raw(self) -> Path:
        """Raw files as they came, named by their hash."""
        return self.root / "raw"

    @property
    def landing(self) -> Path:
        """Batches and their manifests."""
        return self.root / "landing"

    @property
    def builds(self) -> Path:
        """The candidate and what is built beside it; nothing here is kept."""
        return self.root / "builds"

    @property
    def candidate(self) -> Path:
        """The DuckDB file that a run builds; its stem is the catalog name in compiled SQL and never changes."""
        return self.builds / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """Generations and the link to the current one."""
        return self.root / "published"

    @property
    def reports(self) -> Path:
        """Reports for people."""
        return self.root / "reports"

    @property
    def exports(self) -> Path:
        """Files for other systems."""
        return self.root / "exports"

    @property
    def models(self) -> Path:
        """Trained models and their cards."""
        return self.root / "models"

    @property
    def charts(self) -> Path:
        """The script of the reports' charts, which is the same for all companies; may be deleted at any time."""
        return self.compiled / "charts"

    @property
    def runs(self) -> Path:
        """One record a run, failed ones too."""
        return self.root / "runs"

    @property
    def ledger(self) -> Path:
        """The append-only ledger."""
        return self.root / "ledger.sqlite"

    @property
    def secrets(self) -> Path:
        """Secrets that a vendor gave in exchange for older ones; without them it lets us in no more."""
        return self.root / "secrets"

    @property
    def dagster(self) -> Path:
        """Dagster's instance."""
        return self.root / "dagster"

    @property
    def dbt(self) -> Path:
        """What dbt writes for this company: logs, and the SQL of its last commands."""
        return self.root / "dbt"

    def claim(self) -> None:
        """Make the root, closed to others, and write the company's id into it.

        Raises:
            OpenspmError: the root holds the state of another company.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        marker = self.root / COMPANY_ID_FILE
        if marker.exists():
            owner = marker.read_text(encoding="utf-8").strip()
            if owner != self.company_id:
                raise OpenspmError(
                    f"This folder holds the state of the company {owner!r}, not of {self.company_id!r}",
                    where=str(self.root),
                    next_step="Set OPENSPM_HOME to another folder, or name the company that it belongs to.",
                )
            return
        marker.write_text(self.company_id + "\n", encoding="utf-8")
        marker.chmod(0o600)


class Settings(BaseModel):
    """Settings of one command. Environment variables are OPENSPM_ and the field's name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    company_dir: Path = Field(description="The company folder that the command works for.")
    home: Path = Field(description="Folder with one folder of state a company.")
    compiled_dir: Path = Field(
        default_factory=lambda values: values["home"] / ".compiled",
        description="Folder of the models as dbt compiled them, shared by all companies; may be deleted at any time.",
    )
    threads: int = Field(
        default_factory=lambda: max(1, len(os.sched_getaffinity(0))), ge=1, description="Threads of DuckDB and of dbt."
    )
    memory_limit: str = Field("4GB", pattern=r"^\d+(\.\d+)?(MB|GB|MiB|GiB)$", description="Most memory of one DuckDB.")
    keep_generations: int = Field(7, ge=1, description="Publications that are kept for a rollback.")
    keep_runs: int = Field(400, ge=1, description="Run records and event logs that are kept.")
    file_mode: int = Field(0o600, description="Mode of published files, octal; 0640 with a group for a BI service.")
    file_group: str | None = Field(None, description="Group of published files.")
    lock_wait_seconds: int = Field(0, ge=0, description="How long a run waits for the company's lock.")
    extraction_retries: int = Field(2, ge=0, description="How often a source that cannot be reached is asked again.")
    full_compare: bool = Field(
        False, description="Whether sources give all records and not only changes, so that deleted ones are found."
    )
    extraction_retry_seconds: int = Field(10, ge=0, description="Wait before the first such try; doubles each time.")
    failure_webhook: str | None = Field(None, description="URL that gets a JSON message when a run fails.")
    failure_email_to: str | None = Field(None, description="Address that gets a mail when a run fails.")
    failure_email_from: str = Field("openspm@localhost", description="Sender of such a mail.")
    smtp_host: str = Field("localhost", description="Mail server for such a mail.")
    smtp_port: int = Field(25, ge=1, le=65535, description="Its port.")
    fault_at: str | None = Field(None, description="Only for tests: where a run breaks; see openspm.faults.")

    @field_validator("file_mode", mode="before")
    @classmethod
    def _octal(cls, value: object) -> object:
        """Modes are written in octal, as chmod takes them."""
        return int(value, 8) if isinstance(value, str) else value

    @field_validator("file_mode")
    @classmethod
    def _closed_to_others(cls, value: int) -> int:
        if value & 0o007 or not value & 0o600 == 0o600:
            raise ValueError("must let the owner read and write, and others nothing, such as 0600 or 0640")
        return value

    @property
    def folder_mode(self) -> int:
        """Mode of published folders: whoever may read the files may enter."""
        return self.file_mode | ((self.file_mode & 0o440) >> 2) | 0o100

    def state(self, company_id: str) -> StatePaths:
        """Where the state of a company lies."""
        return StatePaths(company_id=company_id, root=self.home / company_id, compiled=self.compiled_dir)


def load_settings(company_dir: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings for a company folder from the environment.

    Args:
        company_dir: the company folder; need not exist yet.
        environ: the environment; a test hands in its own.

    Raises:
        OpenspmError: a variable has a value that it cannot have.
    """
    values: dict[str, object] = {"company_dir": company_dir.absolute()}
    for name in Settings.model_fields:
        variable = PREFIX + name.upper()
        if name != "company_dir" and environ.get(variable):
            values[name] = environ[variable]
    home = Path(str(values["home"])).expanduser() if "home" in values else CHECKOUT / "var"
    values["home"] = home.absolute()
    if "compiled_dir" in values:
        values["compiled_dir"] = Path(str(values["compiled_dir"])).expanduser().absolute()
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        variable = PREFIX + str(first["loc"][0]).upper()
        raise OpenspmError(
            f"{variable} cannot be {environ.get(variable)!r}: {first['msg']}",
            where=f"environment variable {variable}",
            next_step="Correct or unset it; .env.example lists every variable.",
        ) from None


def named_company_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The company folder that the environment names, for programs that take no argument; the demo's without one."""
    return Path(environ.get(PREFIX + "COMPANY_DIR") or CHECKOUT / "examples" / "demo").absolute()
