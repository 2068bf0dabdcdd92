"""The gradebook on PostgreSQL: a real server, started here, with the same rows as SQLite."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from grader.batch import Run, verdicts
from grader.course import Course, CourseError
from grader.gradebook import Book
from tests.grader import classes
from tests.grader.classes import NAME

pytestmark = pytest.mark.slow


def program(name: str) -> str:
    """One of PostgreSQL's own programs; Debian keeps most of them off the path."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = shutil.which(name) or (str(places[0]) if places else None)
    assert found, f"{name} is not here; this test needs a PostgreSQL server: apt install postgresql"
    return found


def as_server(command: list[str], folder: Path) -> None:
    """Run a program as a user who may run a server: not root."""
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        command = ["runuser", "-u", user, "--", *command]
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a running server, without the database's name at its end. It listens on a socket file only."""
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        data, log = str(folder / "data"), str(folder / "log")
        as_server(
            [program("initdb"), "-D", data, "-U", "teacher", "-A", "trust", "-E", "UTF8", "--no-sync"], folder
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        as_server([program("pg_ctl"), "-D", data, "-l", log, "-o", options, "-w", "start"], folder)
        try:
            yield f"postgresql+psycopg://teacher@/{{name}}?host={folder}"
        finally:
            as_server([program("pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop"], folder)


def database(server: str, name: str) -> str:
    engine = sql.create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        db.execute(sql.text(f"create database {name}"))
    engine.dispose()
    return server.format(name=name)


def rows(url: str) -> dict[str, Any]:
    """As ``classes.rows``: with the types that SQLite gives, and in its order."""
    engine = sql.create_engine(url)
    found = {}
    with engine.connect() as db:
        for table, columns in (("grade", classes.GRADE), ("comment", classes.COMMENT)):
            text = classes.ROWS.format(table=table, columns=columns)
            found[table] = sorted(tuple(map(bare, row)) for row in db.execute(sql.text(text)))
    engine.dispose()
    return found


def bare(value: Any) -> str:
    import datetime

    if isinstance(value, bool):
        value = int(value)
    if isinstance(value, datetime.datetime):
        value = value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return repr(value)


def test_a_course_on_postgresql_has_the_rows_of_one_on_sqlite(
    server: str, course: Course, tmp_path: Path
) -> None:
    url = database(server, "class")
    root = tmp_path / "there"
    classes.grader("init", str(root), "--assignments", "04", "--db", url, "--name", "course")
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + classes.STANDIN, encoding="utf-8")
    classes.grader("release", "--course", str(root))
    there = Course.open(root)
    assert there.db_url == url and not (root / "gradebook.db").exists()
    for one in (course, there):
        classes.honest(one)
        classes.hand_in(one, "eve", b"{not json")
        classes.hand_in(one, "flo", b"").unlink()
        Run(one, NAME, driver="processes", workers=2)()
    here = classes.rows(course.root / "gradebook.db")
    for table, found in rows(url).items():
        assert found == sorted(tuple(map(bare, row)) for row in here[table])
    again = Run(there, NAME)()
    assert (again.kept, again.written) == (5, 0)
    classes.nbgrader(there, "db", "upgrade")
    classes.nbgrader(there, "autograde", NAME, "--force", "--student", "ada")
    for table, found in rows(url).items():
        assert found == sorted(tuple(map(bare, row)) for row in here[table])


def test_names_that_the_server_refuses_and_a_server_that_hangs_up(server: str, course: Course) -> None:
    url = database(server, "other")
    with Book(url, "c") as book:
        book.book.add_assignment(NAME)
        book.book.db.remove()
    config = course.root / "nbgrader_config.py"
    config.write_text(
        config.read_text(encoding="utf-8") + f"c.CourseDirectory.db_url = {url!r}\n", encoding="utf-8"
    )
    classes.grader("release", "--course", str(course.root))
    there = Course.open(course.root)
    answers = classes.notebook(there, {"relu": classes.solutions()["relu"]})
    for student in ("ada", "b" * 140, "cleo"):
        classes.hand_in(there, student, answers)
    summary = Run(there, NAME, driver="serial")()
    (one,) = summary.quarantined
    assert summary.graded == 2 and one["student"] == "b" * 140 and "too long" in one["reason"]
    engine = sql.create_engine(url)
    with engine.begin() as db:
        assert db.execute(sql.text("select count(*) from student")).scalar() == 2
    engine.dispose()
    verdict = next(v for _, v in verdicts(there, NAME) if v)
    with Book(url, "c") as book:
        assert book.apply("dan", NAME, NAME, verdict, "0" * 64)
        with engine.begin() as db:  # the server hangs up
            db.execute(
                sql.text(
                    "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
                )
            )
        assert book.apply("emmy", NAME, NAME, verdict, "0" * 64)
    engine.dispose()
    with pytest.raises(CourseError, match="cannot be opened"):
        Book(url.replace(str(tempfile.gettempdir()), "/nowhere"), "c")
