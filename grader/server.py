"""nbgrader's formgrader on a course: a JupyterLab server on 127.0.0.1, behind a token."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from grader.course import Course, CourseError, without_slow_imports

NEEDED = {
    "jupyterlab": "JupyterLab",
    "nbgrader.server_extensions.formgrader": "nbgrader's formgrader",
}
KERNELS = "grader-sandbox"  # grader.provisioner's name; its import takes time
ASSETS = Path(__file__).parent / "assets"
INSTALL = "python -m pip install 'jupyterlab>=4.2,<5' 'nbgrader>=0.9.5,<0.10'"


def options(course: Course, port: int, open_browser: bool) -> list[str]:
    """JupyterLab's command line."""
    said = [
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={course.root}",
        "--ServerApp.jpserver_extensions={'jupyterlab': True, 'nbgrader.server_extensions.formgrader': True}",
        "--ServerApp.default_url=/formgrader",
        f"--ServerApp.open_browser={open_browser}",
        "--ServerApp.answer_yes=True",  # Ctrl-C ends it without a question
        "--ServerApp.log_level=WARN",
        "--ServerApp.terminals_enabled=False",  # a student's output that acts in the page has no shell to ask for
        "--LabApp.news_url=",  # it asks no other machine
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        "--SandboxedKernel.folder=read",
    ]
    if (maths := mathjax()) is not None:
        said.append(f"--ServerApp.extra_static_paths={maths}")
    return said + (["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else [])


def serve(course: Course, port: int = 8888, open_browser: bool = False, sandboxed: bool = True) -> int:
    """Serve the formgrader until Ctrl-C. CourseError where a package is missing or the port is taken."""
    check(sandboxed)
    port = free(port)
    token = secrets.token_hex(24)
    without_slow_imports()
    os.environ["JUPYTER_TOKEN"] = (
        token  # not on the command line, where every user of the machine can read it
    )
    os.environ.pop("JUPYTER_DEFAULT_PROVISIONER_NAME", None)
    if sandboxed:
        os.environ["JUPYTER_DEFAULT_PROVISIONER_NAME"] = KERNELS
    os.chdir(course.root)  # there nbgrader finds the course's configuration
    from jupyterlab.labapp import LabApp

    try:
        app = LabApp.initialize_server(options(course, port, open_browser))
        without_network(app)
        print(f"formgrader: http://127.0.0.1:{port}/formgrader?token={token}", flush=True)
        print("Ctrl-C ends it.", flush=True)
        app.start()
    except SystemExit as ended:
        return int(ended.code) if isinstance(ended.code, int) else 1 if ended.code else 0
    return 0


def mathjax() -> Path | None:
    """The folder in which this machine has MathJax, as folder "mathjax"; None where it was not installed."""
    found = find_spec("sphinx-mathjax-offline")
    return Path(found.origin).parent / "static" if found and found.origin else None


def without_network(app: Any) -> None:
    """Have the formgrader take MathJax from this machine, where it is, instead of from a CDN."""
    exporter = app.web_app.settings.get("nbgrader_exporter")
    if exporter is None:
        raise CourseError(
            f"nbgrader's formgrader did not load; see the messages above. Install it: {INSTALL}"
        )
    if mathjax() is not None:
        exporter.template_paths = [str(ASSETS / "formgrade"), *exporter.template_paths]


def check(sandboxed: bool) -> None:
    """CourseError, with what to do, where something is not installed."""
    missing = [name for module, name in NEEDED.items() if not there(module)]
    if missing:
        raise CourseError(f"this Python has not {' and '.join(missing)}; install it: {INSTALL}")
    if sandboxed and (why := without_walls()):
        raise CourseError(
            f"notebooks that you open and run would not be sandboxed: {why}. Mend that (grader doctor says how), "
            "or take --plain-kernels and run no student's notebook"
        )
    if sandboxed and not entry_points(group="jupyter_client.kernel_provisioners", name=KERNELS):
        raise CourseError(
            "Jupyter does not find the sandbox for notebooks that you open and run: this project is installed as it "
            "was before. Install it anew (make setup; an old *.egg-info folder beside it must go)"
        )


def without_walls() -> str:
    """Why bubblewrap cannot wall a kernel in on this machine; "" where it can."""
    program = shutil.which("bwrap")
    if not program:
        return "there is no bubblewrap"
    trial = [program, "--unshare-user", "--unshare-all", "--ro-bind", "/", "/", "/bin/true"]
    done = subprocess.run(trial, capture_output=True, text=True, errors="replace", check=False)
    return f"bubblewrap fails ({done.stderr.strip()[:200]})" if done.returncode else ""


def there(module: str) -> bool:
    """Whether a module is installed; it is not imported."""
    try:
        return find_spec(module.split(".")[0]) is not None and _file_of(module)
    except (ImportError, ValueError):
        return False


def _file_of(module: str) -> bool:
    """Whether a package holds this part: looked at as a folder, for importing nbgrader takes seconds."""
    first, *rest = module.split(".")
    found = find_spec(first)
    places = list(found.submodule_search_locations or []) if found else []
    return not rest or any(Path(place, *rest).is_dir() for place in places)


def free(port: int) -> int:
    """The port, or any for 0. CourseError where another program has it."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or "a port is a number up to 65535"
            raise CourseError(f"port {port} cannot be had ({why}); take another: --port N") from None
        return int(trial.getsockname()[1])
