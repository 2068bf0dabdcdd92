"""A PostgreSQL server for tests: a real one, started here, that listens on a socket file only."""

from __future__ import annotations

import datetime
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sql

from tests.grader import classes


def program(name: str) -> str:
    """One of PostgreSQL's own programs; Debian keeps most of them off the path."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = str(places[0]) if places else shutil.which(name)
    assert found, f"{name} is not here; this test needs a PostgreSQL server: apt install postgresql"
    return found


def as_server(command: list[str], folder: Path, must: bool = True) -> None:
    """Run a program as a user who may run a server: not root."""
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        command = ["runuser", "-u", user, "--", *command]
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120
    )
    assert done.returncode == 0 or not must, done.stdout


class Server:
    """A server, its files in a folder."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.data = folder, str(folder / "data")
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        make = [program("initdb"), "-D", self.data, "-U", "teacher", "-A", "trust", "-E", "UTF8", "--no-sync"]
        as_server([*make, *options], folder)

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off"
        log = str(self.folder / "log")
        as_server([program("pg_ctl"), "-D", self.data, "-l", log, "-o", options, "-w", "start"], self.folder)

    def stop(self, must: bool = True) -> None:
        """Stop at once, as a power cut would."""
        as_server([program("pg_ctl"), "-D", self.data, "-m", "immediate", "-w", "stop"], self.folder, must)

    def restart(self) -> None:
        """Start again, also one that has ended itself."""
        self.stop(must=False)
        self.start()

    def url(self, name: str) -> str:
        """The address of a database."""
        return f"postgresql+psycopg://teacher@/{name}?host={self.folder}"

    def database(self, name: str) -> str:
        """Make a database; gives its address."""
        engine = sql.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as db:
            db.execute(sql.text(f"create database {name}"))
        engine.dispose()
        return self.url(name)


@contextmanager
def running() -> Iterator[Server]:
    """A running server."""
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as name:
        server = Server(Path(name))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def rows(url: str) -> dict[str, Any]:
    """Every field of every mark and comment in a gradebook on any database, in a form that is the same on all."""
    engine = sql.create_engine(url)
    found: dict[str, Any] = {}
    with engine.connect() as db:
        for table, columns in (("grade", classes.GRADE), ("comment", classes.COMMENT)):
            text = classes.ROWS.format(table=table, columns=columns)
            found[table] = sorted(tuple(map(bare, row)) for row in db.execute(sql.text(text)))
        for table in ("student", "submitted_assignment", "submitted_notebook", "grade", "comment"):
            count = db.execute(sql.text(f"select count(*) from {table}")).scalar()
            found[f"number of {table}"] = count
        attempts = "select verdict, status from graded_attempt order by 1"
        found["attempts"] = [tuple(row) for row in db.execute(sql.text(attempts))]
    engine.dispose()
    return found


def bare(value: Any) -> str:
    """A value as text, the same from SQLite and PostgreSQL."""
    if isinstance(value, bool):
        value = int(value)
    if isinstance(value, datetime.datetime):
        value = value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return repr(value)
