"""Attempts to reach what lies outside: each promise of a level is tried by a student's own code."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from pathlib import Path

import pytest

import bplib
import grader
from grader.sandbox.channel import Sandbox
from tests.grader.sandbox.student import Student

ROOT = Path(grader.__file__).parents[1]


# ------------------------------------------------------------------------------------------------ the network


def test_no_connection_on_this_machine(student: Student) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        found = student.result(f"result = attempt(socket.create_connection, ('127.0.0.1', {port}), 1)")
        assert found[0] == "refused"
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(
    "family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG"]
)
def test_no_socket_of_any_family(student: Student, family: str) -> None:
    kind = "SOCK_STREAM" if family not in ("AF_NETLINK", "AF_PACKET", "AF_ALG") else "SOCK_RAW"
    kind = "SOCK_SEQPACKET" if family == "AF_ALG" else kind
    found = student.result(f"result = attempt(socket.socket, socket.{family}, socket.{kind})")
    assert found[0] == "refused" and "not permitted" in found[1]


def test_a_pair_of_sockets_for_itself_is_allowed(student: Student) -> None:
    assert student.result("a, b = socket.socketpair(); a.send(b'x'); result = b.recv(1) == b'x'") is True
    assert student.result("result = attempt(socket.socketpair, socket.AF_INET)")[0] == "refused"


def test_the_namespace_has_no_way_out_even_without_the_filter(bubblewrap: Sandbox) -> None:
    """The zygote has no filter: what it sees of the network is the namespace alone."""
    ours = os.readlink("/proc/self/ns/net")
    assert bubblewrap._process is not None
    inner = (
        Path(f"/proc/{bubblewrap._process.pid}/task/{bubblewrap._process.pid}/children").read_text().split()
    )
    if os.geteuid() == 0:
        assert os.readlink(f"/proc/{inner[0]}/ns/net") != ours
    routes = Path(f"/proc/{inner[0]}/net/route").read_text().splitlines() if os.geteuid() == 0 else [""]
    assert len(routes) <= 1


# -------------------------------------------------------------------------------------------------- the files


def test_the_course_cannot_be_read_or_changed(student: Student, course: Path) -> None:
    for name in ("gradebook.db", "hidden_tests.py", "other_submission.ipynb"):
        path = str(course / name)
        for what in (f"open({path!r}).read", f"open({path!r}, 'w').write", f"open({path!r}, 'a').write"):
            assert student.result(f"result = attempt(lambda: {what})")[0] == "refused"
        for what in (
            "unlink",
            "truncate",
            "chmod",
            "chown",
            "utime",
            "rename",
            "link",
            "symlink",
            "listxattr",
        ):
            more = {"truncate": "0", "chmod": "0", "chown": "1, 1", "utime": "(1, 1)"}.get(what, "")
            more = {"rename": "'mine'", "link": "'mine'"}.get(what, more)
            call = f"os.symlink('x', {path!r})" if what == "symlink" else f"os.{what}({path!r}, {more})"
            if what != "listxattr":
                assert student.result(f"result = attempt(lambda: {call})")[0] == "refused", what
        assert (course / name).read_text() == "secret"
        assert (course / name).stat().st_mode & 0o777 == 0o666
    assert student.result(f"result = attempt(os.listdir, {str(course)!r})")[0] == "refused"
    assert student.result(f"result = attempt(os.mkdir, {str(course / 'new')!r})")[0] == "refused"
    assert sorted(p.name for p in course.iterdir()) == [
        "gradebook.db",
        "hidden_tests.py",
        "other_submission.ipynb",
    ]


def test_answers_tests_home_and_system_files_cannot_be_read(student: Student) -> None:
    ours = Path(bplib.__file__).parent
    paths = [
        *sorted((ROOT / "solutions").rglob("*.ipynb"))[:2],
        ours / "check/tasks/a04/relu.py",
        ours / "ops/activations.py",
        ours / "tape.py",
        ROOT / "grader/grade.py",
        *("/etc/passwd", "/etc/shadow", "/etc/hostname", "/proc/1/environ", "/proc/1/mem", "/proc/self/mem"),
        *("/proc/1/root/etc/passwd", "/proc/self/root/etc/passwd", "/proc/kcore", "/sys/kernel/notes"),
        *(
            Path.home() / ".bashrc",
            Path(__file__),
            "/dev/mem",
            "/dev/sda",
            "/dev/vda",
            "/dev/kmsg",
            "/dev/tty",
        ),
    ]
    tried = 0
    for path in paths:
        found = student.result(f"result = attempt(lambda: open({str(path)!r}, 'rb').read(1))")
        assert found[0] == "refused", path
        tried += os.path.exists(path)
    assert tried > 8, "the paths that were tried are not those of this machine"


def test_nothing_but_the_private_folder_can_be_written(student: Student) -> None:
    places = [
        "/",
        "/usr",
        "/lib",
        "/etc",
        "/dev",
        "/dev/shm",
        "/var/tmp",
        "/library",
        "/root",
        "/home",
        sys.base_prefix,
    ]
    places += [str(Path.home()), str(ROOT), tempfile.gettempdir() + "/..", os.path.dirname(os.__file__)]
    import numpy

    places.append(os.path.dirname(numpy.__file__))
    for place in places:
        found = student.result(f"result = attempt(lambda: open({place + '/attack'!r}, 'w').write('x'))")
        assert found[0] == "refused", place
        assert not os.path.exists(place + "/attack")
    assert student.result("result = attempt(lambda: open('mine', 'w').write('x'))")[0] == "done"


def test_the_root_holds_nothing_of_the_machine(bubblewrap: Sandbox) -> None:
    with Student(bubblewrap) as student:
        assert set(student.result("result = os.listdir('/')")) <= {
            *("tmp", "proc", "dev", "library", "packages", "usr", "lib", "lib64", "etc"),
            Path(sys.base_prefix).parts[1],
        }
        assert student.result("result = sorted(os.listdir('/dev'))") == ["null", "random", "urandom", "zero"]
        assert student.result("result = os.listdir('/proc') + os.listdir('/tmp')") == []
        assert student.result("result = os.uname().nodename") == "sandbox"


def test_submissions_do_not_see_each_other(sandbox: Sandbox) -> None:
    with Student(sandbox) as one, Student(sandbox) as two:
        place = one.result("open('mine', 'w').write('x'); result = os.getcwd()")
        assert two.result(f"result = attempt(lambda: open({place + '/mine'!r}).read())")[0] == "refused"
        assert two.result(f"result = attempt(os.listdir, {place + '/..'!r})") != ["done", "['mine']"]
        pid = one.channel.pid
        assert two.result(f"result = attempt(os.kill, {pid}, 9)")[0] == "refused"
        for target in ("-1", "0", "os.getppid()"):  # 0 is the own process group
            two.run(f"attempt(os.kill, {target}, 9)")
            assert one.result("result = 5") == 5
            assert two.channel.ended() == "running"
