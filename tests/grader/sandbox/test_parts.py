"""The parts that need no sandbox: the filter's program, and what a submission can import."""

from __future__ import annotations

import ast
import struct
from pathlib import Path

import numpy as np
import pytest

from grader.sandbox import kernel, seccomp, view

X86, ARM = 0xC000003E, 0xC00000B7


def decide(program: bytes, arch: int, number: int, *arguments: int) -> int:
    """What the kernel would answer: the few BPF instructions that the filter uses, one after another."""
    given = struct.pack("<IIQ6Q", number, arch, 0, *arguments, *[0] * (6 - len(arguments)))
    steps = list(struct.iter_unpack("HBBI", program))
    at, held = 0, 0
    while True:
        code, yes, no, value = steps[at]
        at += 1
        if code == seccomp.LOAD:
            held = struct.unpack_from("<I", given, value)[0]
        elif code == seccomp.RETURN:
            return int(value)
        else:
            true = {
                seccomp.EQUAL: held == value,
                seccomp.AT_LEAST: held >= value,
                seccomp.ANY_BIT: bool(held & value),
            }[code]
            at += yes if true else no


REFUSED, ALLOWED = seccomp.ERRNO | seccomp.EPERM, seccomp.ALLOW


@pytest.mark.parametrize(("machine", "at", "arch"), [("x86_64", 0, X86), ("aarch64", 1, ARM)])
@pytest.mark.parametrize("strict", [False, True])
def test_each_call_of_the_filter(machine: str, at: int, arch: int, strict: bool) -> None:
    program = seccomp.program(strict, pid=77, machine=machine)

    def answer(number: int, *arguments: int) -> int:
        return decide(program, arch, number, *arguments)

    for name, numbers in seccomp.CALLS.items():
        assert numbers[at] < 0 or answer(numbers[at]) == REFUSED, name
    for name, numbers in seccomp.STRICT.items():
        assert numbers[at] < 0 or answer(numbers[at]) == (REFUSED if strict else ALLOWED), name
    for number in (
        (0, 1, 9, 35, 202, 318) if at == 0 else (63, 64, 222, 101, 98, 278)
    ):  # read, write, mmap, ...
        assert answer(number) == ALLOWED
    assert answer(seccomp.CLONE3[at]) == seccomp.ERRNO | seccomp.ENOSYS
    assert answer(seccomp.CLONE[at], 0x3D0F00) == ALLOWED  # a thread
    assert answer(seccomp.CLONE[at], 17) == ALLOWED  # a fork
    for flag in (kernel.NEWNS, kernel.NEWUSER, kernel.NEWPID, kernel.NEWNET, kernel.NEWIPC, kernel.NEWUTS):
        assert answer(seccomp.CLONE[at], flag | 17) == REFUSED
    assert answer(seccomp.SOCKETPAIR[at], 1) == ALLOWED
    assert answer(seccomp.SOCKETPAIR[at], 2) == REFUSED
    assert answer(seccomp.PRCTL[at], kernel.PR_SET_DUMPABLE, 1) == REFUSED
    assert answer(seccomp.PRCTL[at], 15) == ALLOWED  # a thread's name
    for call in (seccomp.KILL, seccomp.TGKILL):
        assert answer(call[at], 77, 9) == ALLOWED
        for other in (1, 0, 78, (1 << 32) - 1, (1 << 32) - 77):
            assert answer(call[at], other, 9) == (REFUSED if strict else ALLOWED)
    for pid, expected in ((0, ALLOWED), (77, ALLOWED), (1, REFUSED if strict else ALLOWED)):
        assert answer(seccomp.PRLIMIT[at], pid) == expected
    for call, bad, good in (
        (seccomp.FCNTL, seccomp.SET_OWNER, 1),
        (seccomp.IOCTL, seccomp.SET_OWNER_IOCTL, 0x5401),
    ):
        assert [answer(call[at], 5, value) for value in bad] == [REFUSED] * len(bad)
        assert answer(call[at], 5, good) == ALLOWED
    hidden = seccomp.ERRNO | seccomp.EOPNOTSUPP if strict else ALLOWED
    assert (
        answer(seccomp.OPENAT[at], 3, 0, 0x410002) == hidden
        and answer(seccomp.OPENAT[at], 3, 0, 0x42) == ALLOWED
    )
    if at == 0:
        assert (
            answer(seccomp.OPEN[at], 0, 0x410002) == hidden and answer(seccomp.OPEN[at], 0, 0x42) == ALLOWED
        )
    assert answer(seccomp.OPENAT2[at]) == (seccomp.ERRNO | seccomp.ENOSYS if strict else ALLOWED)
    assert decide(program, 0x40000003, 11) == seccomp.KILL_PROCESS  # the numbers of 32-bit programs
    if at == 0:
        assert answer(0x40000000 | 101) == seccomp.KILL_PROCESS  # and those of x32


def test_a_machine_without_a_filter_is_refused() -> None:
    with pytest.raises(OSError, match="riscv64"):
        seccomp.program(True, 1, machine="riscv64")


def test_the_reduced_library_is_whole(tmp_path: Path) -> None:
    """Every import of its own that stands at the top of a file finds its file."""
    library = tmp_path / "library"
    view.build(library)
    files = [f for f in library.rglob("*.py") if f.is_relative_to(library / "bplib")]
    assert len(files) > 20
    names = {".".join(f.relative_to(library).with_suffix("").parts).removesuffix(".__init__") for f in files}
    for file in files:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bplib"):
                assert node.module in names, f"{file.name} needs {node.module}"
    for name in ("bplib.ops", "bplib.tape", "bplib.nn", "bplib.check.tasks", "bplib.check.judge"):
        assert name not in names
    assert {p.name for p in library.iterdir() if p.is_symlink()} >= {"numpy", "matplotlib"}
    assert not {"torch", "scipy", "sklearn", "IPython", "nbgrader"} & {p.name for p in library.iterdir()}


def test_an_init_is_trimmed() -> None:
    text = "from bplib.a.x import f\nfrom bplib.a.y import g, h\nimport os\n__all__ = ['f', 'g', 'h', 'os']\n"
    trimmed = view.trimmed(text, {"a/x.py"})
    assert trimmed == "from bplib.a.x import f\nimport os\n__all__ = ['f', 'os']\n"
    assert view.trimmed(text, {"a/x.py", "a/y.py"}).count("from") == 2


def test_places_without_the_hidden_ones(tmp_path: Path) -> None:
    for name in ("lib/python/site-packages/secret", "lib/python/json", "lib/other"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "lib/python/os.py").touch()
    whole, opened = view.without([str(tmp_path / "lib")], [str(tmp_path / "lib/python/site-packages")])
    assert [Path(w).name for w in whole] == ["other", "json", "os.py"]
    assert [Path(o).name for o in opened] == ["lib", "python"]
    assert view.without([str(tmp_path / "lib/other")], [str(tmp_path / "lib/python")])[1] == []


def test_packages_bring_what_they_need() -> None:
    names = {place.name for place in view.packages(("matplotlib",))}
    assert {"matplotlib", "numpy", "PIL", "dateutil", "pyparsing"} <= names
    assert Path(np.__file__).parent in view.packages(("numpy",))
    with pytest.raises(OSError, match="NumPy"):
        view.packages(("no-such-distribution",))
