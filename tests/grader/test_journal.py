"""The journal loses nothing that was written: cut at every byte, damaged anywhere, written by several at once."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.journal import Journal, line_of
from tests.grader.classes import ROOT, environment

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.text(max_size=8)
    | st.sampled_from(["\n", "\r\n", "{}\n"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
VERDICTS = st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=3), min_size=1, max_size=4)


def key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def contents(path: Path) -> dict[str, Any]:
    with Journal(path) as journal:
        return {k: journal[k] for k in journal}


def cut(path: Path, verdicts: list[Any], at: int) -> None:
    """A journal of which only so many bytes are left has all whole lines, and takes more."""
    lines = [line_of(key(n), v) for n, v in enumerate(verdicts)]
    ends = [sum(map(len, lines[: n + 1])) for n in range(len(lines))]
    path.write_bytes(b"".join(lines)[:at])
    right = {key(n): verdicts[n] for n in range(sum(end <= at for end in ends))}
    with Journal(path) as journal:
        assert {k: journal[k] for k in journal} == right
        assert (journal.torn > 0) == (at not in [0, *ends]) and journal.damaged == 0
        journal.append(key(99), {"after": "the crash"})
    assert contents(path) == right | {key(99): {"after": "the crash"}}


def test_a_journal_cut_at_any_byte_keeps_every_whole_line(tmp_path: Path) -> None:
    verdicts: list[Any] = [{"score": 1}, {"text": "two\nlines {}\n"}]
    for at in range(sum(len(line_of(key(n), v)) for n, v in enumerate(verdicts)) + 1):
        cut(tmp_path / "j.jsonl", verdicts, at)


@settings(max_examples=40, deadline=None)
@given(verdicts=VERDICTS, data=st.data())
def test_a_journal_of_any_verdicts_cut_anywhere_keeps_every_whole_line(
    tmp_path_factory: Any, verdicts: list[Any], data: st.DataObject
) -> None:
    size = sum(len(line_of(key(n), v)) for n, v in enumerate(verdicts))
    cut(tmp_path_factory.mktemp("cut") / "j.jsonl", verdicts, data.draw(st.integers(0, size)))


@settings(max_examples=30, deadline=None)
@given(verdicts=VERDICTS, data=st.data())
def test_a_damaged_byte_costs_its_own_line_and_never_gives_a_wrong_verdict(
    tmp_path_factory: Any, verdicts: list[Any], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damage") / "j.jsonl"
    lines = [line_of(key(n), v) for n, v in enumerate(verdicts)]
    whole = bytearray(b"".join(lines))
    at = data.draw(st.integers(0, len(whole) - 1))
    old = whole[at]
    whole[at] = data.draw(st.integers(0, 255).filter(lambda b: b != old))
    path.write_bytes(bytes(whole))
    found = contents(path)
    right = {key(n): v for n, v in enumerate(verdicts)}
    assert all(right[k] == v for k, v in found.items())
    spoilt = 2 if old == 10 or whole[at] == 10 else 1  # a line break that is gone joins two lines
    assert len(found) >= len(right) - spoilt


def test_the_last_verdict_of_a_key_counts(tmp_path: Path) -> None:
    with Journal(tmp_path / "deep" / "j.jsonl") as journal:
        journal.append(key(1), {"score": 1})
        journal.append(key(1), {"score": 2})
        assert journal[key(1)] == {"score": 2} and len(journal) == 1
        assert journal.get(key(2)) is None and key(2) not in journal
    assert contents(tmp_path / "deep" / "j.jsonl") == {key(1): {"score": 2}}


def test_a_key_that_is_none_is_refused(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.jsonl") as journal, pytest.raises(ValueError, match="64 hexadecimal digits"):
        journal.append("04", {})
    assert (tmp_path / "j.jsonl").read_bytes() == b""


def test_a_verdict_changed_under_our_eyes_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with Journal(path) as journal:
        journal.append(key(1), {"score": 1})
        path.write_bytes(path.read_bytes().replace(b'"score":1', b'"score":9'))
        with pytest.raises(OSError, match="has changed"):
            journal[key(1)]


def run(code: str, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *words]
    return subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True)


WRITER = """
import hashlib, sys
from pathlib import Path
from grader.journal import Journal
with Journal(Path(sys.argv[1])) as journal:
    for n in range(int(sys.argv[2]), int(sys.argv[3])):
        journal.append(hashlib.sha256(str(n).encode()).hexdigest(), {"n": n, "text": "x" * 5000})
        print(n, flush=True)
"""


def test_what_a_killed_writer_had_announced_is_there(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    writer = run(WRITER, str(path), "0", "1000000")
    assert writer.stdout is not None
    announced = [int(writer.stdout.readline()) for _ in range(20)]
    time.sleep(0.02)
    writer.send_signal(signal.SIGKILL)
    announced += [int(line) for line in writer.stdout.read().splitlines() if line]
    writer.wait()
    writer.stdout.close()
    found = contents(path)
    assert announced == list(range(len(announced))) and len(announced) >= 20
    assert all(found[key(n)]["n"] == n for n in announced)


def test_two_writers_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    writers = [run(WRITER, str(path), "0", "150"), run(WRITER, str(path), "150", "300")]
    for writer in writers:
        assert writer.stdout is not None
        assert len(writer.stdout.read().split()) == 150
        assert writer.wait() == 0
        writer.stdout.close()
    assert {v["n"] for v in contents(path).values()} == set(range(300))


FULL = """
import hashlib, resource, sys
from pathlib import Path
from grader.journal import Journal
key = lambda n: hashlib.sha256(str(n).encode()).hexdigest()
resource.setrlimit(resource.RLIMIT_FSIZE, (12000, 12000))
with Journal(Path(sys.argv[1])) as journal:
    journal.append(key(0), {"text": "x" * 5000})
    try:
        journal.append(key(1), {"text": "y" * 9000})
    except OSError as error:
        print(error.errno)
    journal.append(key(2), {"text": "z" * 2000})
"""


def test_a_verdict_that_does_not_fit_on_the_disk_leaves_no_trace(tmp_path: Path) -> None:
    writer = run(FULL, str(tmp_path / "j.jsonl"))
    said, _ = writer.communicate(timeout=60)
    assert writer.returncode == 0 and int(said) > 0
    with Journal(tmp_path / "j.jsonl") as journal:
        assert set(journal) == {key(0), key(2)} and (journal.torn, journal.damaged) == (0, 0)
