"""The one entry to the repository: ``python3 make.py test`` is ``make test``, also where make is missing.

Every command first brings ``.venv`` to the state that the requirement files ask for, from nothing but Python.
A stamp in ``.venv`` holds a fingerprint of those files, so that the second time costs next to nothing. Only
the standard library is imported here. A new command is a function with a docstring, marked ``@command``.
"""

import contextlib
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 13)
if not OLDEST <= sys.version_info[:2] <= NEWEST:  # before anything that an old Python cannot run
    sys.exit(
        f"This is Python {platform.python_version()}, and the course needs Python 3.11, 3.12 or 3.13.\n"
        "Install one of them (python.org, or your system's packages: python3.12 and python3.12-venv on\n"
        "Debian and Ubuntu), and name it: make test PYTHON=python3.12, or python3.12 make.py test."
    )

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
UV = "uv==0.13.8"  # installs the pinned list in seconds, where pip takes minutes
COURSE = ["requirements.txt", "pyproject.toml"]
PROOF = [*COURSE, "requirements-proof.txt"]  # with PyTorch: for tests and benchmarks
CACHES = ["__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints"]
BUILT = ["_build", "build", "dist", "*.egg-info"]

COMMANDS = {}


def command(function):
    """Make a function of the arguments that follow its name a command; its docstring is its help."""
    COMMANDS[function.__name__.replace("_", "-")] = function
    return function


def say(text):
    print(f"[make] {text}", file=sys.stderr, flush=True)


def run(*words, **environment):
    """Run a command in the repository's root, .venv first on PATH; if it fails, stop with its exit code."""
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    env = {**os.environ, "PATH": path, "VIRTUAL_ENV": str(VENV), **environment}
    process = subprocess.Popen([str(w) for w in words], cwd=ROOT, env=env)
    while True:
        try:
            code = process.wait()
            break
        except KeyboardInterrupt:
            continue  # Ctrl-C reaches the command itself, which knows how to stop
    if code:
        shown = " ".join(str(w) for w in words).replace(str(ROOT) + os.sep, "")
        say(f"failed with exit code {code}: {shown}")
        sys.exit(code if code > 0 else 128 - code)


# ---------------------------------------------------------------------------------------- the environment


def fingerprint(files):
    """What .venv must fit: the contents of these files, this file's installer, and the version of Python."""
    digest = hashlib.sha256(f"{sys.version_info[:3]} {UV}".encode())
    for name in files:
        digest.update(name.encode() + b"\0" + (ROOT / name).read_bytes() + b"\0")
    return digest.hexdigest()


def stamp(files):
    return VENV / ("stamp-proof" if files is PROOF else "stamp-course")


def fits(files):
    """True if .venv was finished with just these files."""
    try:
        return stamp(files).read_text() == fingerprint(files) and PYTHON.exists()
    except OSError:
        return False


def prepare(files):
    """Bring .venv to the state that these files ask for. Quick when it is there already."""
    if not fits(files):
        with only_one() as unfinished:
            if not fits(files):  # another run may have done it while this one waited
                install(files, unfinished)


@contextlib.contextmanager
def only_one():
    """Let one run at a time work on .venv. Gives whether the run before was cut off in the middle.

    The lock file holds a word from the start of the work to its end: a word found at the start was left by
    a run that never came to its end.
    """
    with open(ROOT / ".venv.lock", "a+") as lock:
        if os.name != "nt":
            import fcntl

            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("another run is setting up .venv: waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        unfinished = bool(lock.read())
        if not unfinished:
            lock.write("unfinished")
            lock.flush()
        yield unfinished
        lock.truncate(0)


def install(files, unfinished):
    """Make or mend .venv. The stamp is removed first and written last."""
    start = time.perf_counter()
    for old in VENV.glob("stamp-*"):
        old.unlink()
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    found = made_with()
    fresh = unfinished or found != version or not PYTHON.exists()
    if fresh:
        why = "the last set-up was cut off: anew" if unfinished else "new"
        why = f"Python {found} made the old one: anew" if found not in ("", version) else why
        say(f"making {VENV} with Python {platform.python_version()} ({why})")
        try:
            subprocess.run([sys._base_executable, "-m", "venv", "--clear", VENV], check=True)
        except subprocess.CalledProcessError:
            sys.exit(f"[make] python -m venv failed. On Debian and Ubuntu: apt install python{version}-venv")
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    say("installing the pinned packages of requirements.txt")
    run(*pip, UV)
    uv = [BIN / "uv", "pip", "install", "--quiet", "--python", PYTHON]
    run(*uv, "-r", "requirements.txt")
    run(*uv, "--no-deps", "--no-build-isolation", "-e", ".")
    if files is PROOF:
        say("installing PyTorch, which the proofs and benchmarks are held against (requirements-proof.txt)")
        run(*pip, "-r", "requirements-proof.txt", "-c", "requirements.txt")
        stamp(PROOF).write_text(fingerprint(PROOF))
    stamp(COURSE).write_text(fingerprint(COURSE))
    say(f"{VENV} is ready after {time.perf_counter() - start:.0f} s")


def made_with():
    """The version of Python in .venv, as '3.11', or '' if there is none."""
    try:
        lines = (VENV / "pyvenv.cfg").read_text().splitlines()
    except OSError:
        return ""
    full = dict(line.split(" = ", 1) for line in lines if " = " in line).get("version", "")
    return ".".join(full.split(".")[:2])


# ------------------------------------------------------------------------------------------- the commands


@command
def setup(args):
    """Make or update .venv with everything, PyTorch included."""
    prepare(PROOF)
    say(f"{VENV} fits the requirement files")


@command
def test(args, *choice):
    """Formatting, types and every test but the slow proofs: under 12 minutes on two cores."""
    prepare(PROOF)
    check_style()
    pytest(args, *(choice or ("-m", "not slow and not site")))
    if not args:
        audit([])
        notebooks(threads=1)


@command
def audit(args):
    """Test the exercises' tests: `audit 04` for one assignment. Writes build/audit.json."""
    prepare(PROOF)
    run(PYTHON, "-m", "grader", "audit", *(args or ["--check-page", "book/_fragments/audit.md"]))


@command
def grade(args):
    """A demo class from nothing to graded: a course, 40 submissions, pages and a report in ../demo-course."""
    prepare(COURSE)
    run(PYTHON, "-m", "grader", "demo", *(args or [ROOT.parent / "demo-course"]))


@command
def test_all(args):
    """As test, with the slow proofs, the notebooks on two threads, and the book in a browser (site-test)."""
    test(args, "-m", "not site")
    if not args:
        notebooks(threads=2)
        site_test(args)


@command
def html(args):
    """The book from clean in _build/html; a warning, an error or a missing page is a failure."""
    prepare(COURSE)
    run(PYTHON, "-m", "book.tools.build", "html", *args)


@command
def book(args):
    """Build what changed and serve it on 127.0.0.1; `book --port 8000` names the port."""
    prepare(COURSE)
    run(PYTHON, "-m", "book.tools.build", "book", *args)


@command
def site_test(args):
    """Build the book from clean, then open every page in Chromium: links, contrast, widths, weight, the PDF."""
    html([])
    pytest(args, "-m", "site", "tests/book", "tests/grader")


@command
def pdf(args):
    """The whole book as _build/backprop-proven.pdf, printed by Chromium from a new build."""
    html(args)
    run(PYTHON, "-m", "book.tools.pdf")


@command
def normalise(args):
    """Bring notebooks (all chapters, or the named) to normal form; `normalise --run` executes them first."""
    prepare(COURSE)
    named = [word for word in args if word != "--run"] or sorted((ROOT / "chapters").glob("*.ipynb"))
    run(PYTHON, "-m", "book.tools.notebooks", "run" if "--run" in args else "format", *named)


@command
def lint(args):
    """Formatting and types alone; `lint --fix` mends what can be mended."""
    prepare(COURSE)
    if "--fix" in args:
        run(BIN / "ruff", "check", "--quiet", "--fix-only", ".")
        run(BIN / "ruff", "format", "--quiet", ".")
    check_style()


@command
def lab(args):
    """JupyterLab on this machine only (127.0.0.1), in this environment."""
    prepare(COURSE)
    say("starting JupyterLab; its address follows, Ctrl-C stops it")
    options = ["--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={ROOT}", "--LabApp.news_url="]
    options += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]  # it asks no other machine
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options += ["--allow-root"]  # inside a container
    run(PYTHON, "-m", "jupyterlab", *options, *args)


@command
def bench(args):
    """bplib beside PyTorch and autograd, in one run; writes a table and JSON."""
    prepare(PROOF)
    run(PYTHON, "-m", "benchmarks", *args)


@command
def lock(args):
    """Resolve requirements.txt anew from pyproject.toml; `lock --upgrade` moves to newer releases."""
    prepare(COURSE)
    header = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line.startswith("#")]
    extras = [word for extra in LOCKED_EXTRAS for word in ("--extra", extra)]
    constraints = VENV / "constraints.txt"
    constraints.write_text("\n".join(CONSTRAINTS) + "\n")
    options = ["--quiet", "--universal", "--python-version", "3.11", "--no-header", "--no-annotate"]
    output = ["-c", constraints, "-o", "requirements.txt", *args]
    run(BIN / "uv", "pip", "compile", *options, *extras, "pyproject.toml", *output)
    pins = (ROOT / "requirements.txt").read_text()
    (ROOT / "requirements.txt").write_text("\n".join([*header, "", pins]))
    say("requirements.txt is resolved; the next command brings .venv up to it")


LOCKED_EXTRAS = ["docs", "course", "test", "dev", "dask", "postgres"]
CONSTRAINTS = ["numpy==2.4.6"]  # the newest that runs on all of Python 3.11 to 3.13: the same digits on each


@command
def clean(args):
    """Remove caches and what was built; `clean --all` removes .venv too."""
    for pattern in [*CACHES, *BUILT]:
        found = ROOT.rglob(pattern) if pattern in CACHES else ROOT.glob(pattern)
        for path in [p for p in found if ".venv" not in p.parts and "node_modules" not in p.parts]:
            shutil.rmtree(path, ignore_errors=True)
    if "--all" in args:
        shutil.rmtree(VENV, ignore_errors=True)
        (ROOT / ".venv.lock").unlink(missing_ok=True)


def check_style():
    run(BIN / "ruff", "check", "--quiet", ".")
    run(BIN / "ruff", "format", "--quiet", "--check", ".")
    run(BIN / "mypy", "--no-error-summary")


THREADS = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"]


def pytest(args, *choice, threads=1):
    """One worker a core, one BLAS thread a worker: more threads than cores only wait for each other."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    run(PYTHON, "-m", "pytest", "-n", cores, *choice, *args, **dict.fromkeys(THREADS, str(threads)))


def notebooks(threads):
    """Run every chapter anew, a notebook a worker; each line that it prints must be the line that is stored."""
    nbval = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/chapters/sanitize.cfg"]
    nbval += ["--nbval-cell-timeout", "120", "-p", "tests.chapters.nbval_plugin", "--dist", "loadfile"]
    say(f"running the notebooks with {threads} BLAS thread{'s' if threads > 1 else ''}")
    pytest(sorted((ROOT / "chapters").glob("*.ipynb")), *nbval, threads=threads)


def usage():
    print("python3 make.py COMMAND [arguments]   or   make COMMAND ARGS='arguments'\n")
    for name, function in COMMANDS.items():
        print(f"  {name:<10}{function.__doc__}")


def main(words):
    if not words or words[0] in ("help", "-h", "--help"):
        usage()
    elif words[0] not in COMMANDS:
        sys.exit(f"[make] there is no command {words[0]!r}; there are: {', '.join(COMMANDS)}")
    else:
        name, *args = words
        COMMANDS[name](args[1:] if args[:1] == ["--"] else args)


if __name__ == "__main__":
    main(sys.argv[1:])
