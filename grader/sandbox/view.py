"""What a submission's process can import and read: a folder made for it, and a list of places.

The folder has links to the packages that a task's code may use, copies of the few files of the grader that the
student's side runs, and a reduced ``bplib``: figures, data sets, and a ``check`` that does nothing, so that
the setup cell of an assignment runs. The rest of ``bplib`` (ops, tape, tasks with right answers) is not there.
"""

from __future__ import annotations

import ast
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import bplib
import grader

PACKAGES = ("numpy", "matplotlib", "tqdm")
BPLIB = (
    *("check/student.py", "check/limit.py", "check/forbidden.py", "check/notebook.py", "check/task.py"),
    *("viz/*.py", "data/*.py"),
)
LEFT_OUT = {"viz/graph.py", "viz/tracing.py", "viz/book.py"}  # they draw what the tape has
GRADER = (
    *("__init__.py", "wire.py", "limits.py", "child.py"),
    *(f"sandbox/{name}.py" for name in ("kernel", "seccomp", "landlock", "confine", "guardian", "zygote")),
)
NO_CHECKS = '''"""The checks run in the grader, outside this process: here they do nothing."""


def check(*args, **options):
    """Nothing: the grader calls the checks itself."""


def score():
    """Nothing: the grader counts the points itself."""
'''
EMPTY = '"""The part of the library that a graded notebook may use."""\n'


def build(folder: Path, inside: str = "") -> list[str]:
    """Fill a new folder; gives the packages' own places, which must be readable too.

    ``inside``: the folder in which the sandbox shows the packages, if that is not their own place.
    """
    folder.mkdir(mode=0o755)
    ours = Path(bplib.__file__).parent
    files = {f.relative_to(ours).as_posix() for p in BPLIB for f in ours.glob(p)} - LEFT_OUT
    for name in sorted(files):
        _write(folder / "bplib" / name, (ours / name).read_text(encoding="utf-8"))
    _write(folder / "bplib/__init__.py", EMPTY)
    _write(folder / "bplib/check/__init__.py", NO_CHECKS)
    for part in ("viz", "data"):
        text = (ours / part / "__init__.py").read_text(encoding="utf-8")
        _write(folder / "bplib" / part / "__init__.py", trimmed(text, files))
    theirs = Path(grader.__file__).parent
    for name in GRADER:
        _write(folder / "grader" / name, (theirs / name).read_text(encoding="utf-8"))
    _write(folder / "grader/sandbox/__init__.py", EMPTY)
    places = packages(PACKAGES)
    for place in places:
        (folder / place.name).symlink_to(Path(inside) / place.name if inside else place)
    return [str(place) for place in places]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)


def trimmed(text: str, files: set[str]) -> str:
    """A package's ``__init__`` without what it takes from modules that are not among the files."""
    tree = ast.parse(text)
    gone: set[str] = set()
    kept: list[ast.stmt] = []
    for line in tree.body:
        if isinstance(line, ast.ImportFrom) and (line.module or "").startswith("bplib."):
            name = str(line.module).removeprefix("bplib.").replace(".", "/")
            if f"{name}.py" not in files and f"{name}/__init__.py" not in files:
                gone |= {a.asname or a.name for a in line.names}
                continue
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.List):
            line.value.elts = [
                e for e in line.value.elts if not (isinstance(e, ast.Constant) and e.value in gone)
            ]
        kept.append(line)
    return ast.unparse(ast.Module(kept, [])) + "\n"


@lru_cache
def packages(names: tuple[str, ...]) -> tuple[Path, ...]:
    """The folders and files of these distributions and of all that they need, where they are installed."""
    found: dict[str, Path] = {}
    seen: set[str] = set()
    queue = list(names)
    while queue:
        name = re.sub(r"[-_.]+", "-", queue.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            here = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # a requirement for another system, or one that is optional
        queue += [
            re.split(r"[^A-Za-z0-9._-]", r, maxsplit=1)[0]
            for r in here.requires or []
            if not re.search(r"\bextra\s*==", r)
        ]
        for top in _tops(here.read_text("RECORD") or ""):
            place = Path(str(here.locate_file(top)))
            if place.exists():
                found[top] = place.resolve()
    if "numpy" not in found:
        raise OSError("NumPy's own list of files (RECORD) is missing: install NumPy with pip")
    return tuple(found[top] for top in sorted(found))


def _tops(record: str) -> Iterator[str]:
    """The first parts of the paths that a distribution installs beside each other."""
    for top in {line.split(",", 1)[0].split("/", 1)[0].strip('"') for line in record.splitlines()}:
        if top not in ("", "..", "__pycache__", "bin") and not top.endswith(".pth"):
            yield top


def interpreter() -> Path:
    """The program to run: the one below a virtual environment."""
    return Path(sys.executable).resolve()


def system() -> tuple[list[str], list[str]]:
    """What the interpreter itself reads, and the folders inside it that must stay out of sight."""
    base = Path(sys.base_prefix).resolve()
    stdlib = Path(sysconfig.get_path("stdlib", vars={"installed_base": str(base)})).resolve()
    hidden = [p for p in (stdlib / "site-packages", stdlib / "dist-packages") if p.is_dir()]
    read = {interpreter()}
    if base in (Path("/usr"), Path("/")):
        read.add(stdlib)
    else:
        read.add(base / "lib")
    several = sysconfig.get_config_var("MULTIARCH") or ""
    libraries = [Path("/lib") / several, Path("/usr/lib") / several] if several else []
    if not all(p.is_dir() for p in libraries) or not libraries:
        libraries = [Path("/lib"), Path("/usr/lib"), Path("/usr/lib64")]
        hidden += [p for p in Path("/usr/lib").glob("python3*/*-packages") if p.is_dir()]
    read |= {p for p in (*libraries, Path("/lib64"), Path("/etc/ld.so.cache")) if p.exists()}
    return sorted(map(str, read)), sorted({str(p) for p in hidden})


def without(read: Iterable[str], hidden: Iterable[str]) -> tuple[list[str], list[str]]:
    """The same places, taken apart so that the hidden ones are left out; and the folders that were taken apart."""
    away = [Path(h).resolve() for h in hidden]
    whole: list[str] = []
    opened: list[str] = []
    queue = [Path(r) for r in read]
    while queue:
        place = queue.pop()
        real = place.resolve()
        if any(real.is_relative_to(h) for h in away):
            continue
        if real.is_dir() and any(h.is_relative_to(real) for h in away):
            opened.append(str(place))
            queue += list(real.iterdir())
        else:
            whole.append(str(place))
    return sorted(whole), sorted(opened)
