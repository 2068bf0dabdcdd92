"""Interactive kernels inside bubblewrap: they are really inside, and nbgrader's own tests pass with them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from jupyter_core.utils import ensure_event_loop

from grader import provisioner
from tests.grader import classes

PASSED, SKIPPED = 40, 2  # of nbgrader 0.9's tests of autograde, as it comes


class Kernel:
    """A running kernel and the folder that its notebook would be in."""

    def __init__(self, place: Path, **config: Any) -> None:
        from jupyter_client.manager import KernelManager
        from jupyter_client.provisioning import KernelProvisionerFactory
        from traitlets.config import Config

        said = Config()
        said.KernelProvisionerFactory.default_provisioner_name = provisioner.NAME
        said.SandboxedKernel.update(config)
        self.manager: Any = KernelManager(kernel_name="python3", config=said)
        KernelProvisionerFactory.clear_instance()
        KernelProvisionerFactory.instance(config=said)
        try:
            self.manager.start_kernel(cwd=str(place), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except BaseException:
            ensure_event_loop().close()
            raise
        finally:
            KernelProvisionerFactory.clear_instance()
        self.client: Any = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def __call__(self, code: str) -> str:
        """What the code prints, or its error."""
        said = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                said.append(content["text"])
            elif message["msg_type"] == "error":
                said.append(f"{content['ename']}: {content['evalue']}")

        self.client.execute_interactive(code, output_hook=hear, timeout=60)
        return "".join(said).strip()

    def close(self) -> None:
        """End it."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        ensure_event_loop().close()  # jupyter_client opens one in each thread that asks it for something

    def interrupt(self) -> None:
        """What the button for it does; for another thread."""
        self.manager.interrupt_kernel()
        ensure_event_loop().close()


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    folder = tmp_path / "course" / "autograded" / "ada"
    folder.mkdir(parents=True)
    (tmp_path / "course" / "gradebook.db").write_text("secret")
    (folder / "data.csv").write_text("1")
    made = Kernel(folder)
    yield made
    made.close()


def test_it_is_found_by_its_name() -> None:
    """The name under which Jupyter looks for it, in kernel.json or in JUPYTER_DEFAULT_PROVISIONER_NAME."""
    (found,) = entry_points(group="jupyter_client.kernel_provisioners", name=provisioner.NAME)
    assert found.load() is provisioner.SandboxedKernel


@pytest.mark.slow
def test_a_kernel_is_inside(kernel: Kernel, tmp_path: Path) -> None:
    """No network, no home, no gradebook, no environment, no setting of the machine; its own folder is all it has."""
    told = kernel.manager
    assert type(told.provisioner) is provisioner.SandboxedKernel and told.transport == "ipc"
    assert "unreachable" in kernel("import socket; socket.create_connection(('192.0.2.1', 80), 5)")
    assert "FileNotFoundError" in kernel(f"import os; print(os.listdir({str(Path.home() / '.cache')!r}))")
    assert "FileNotFoundError" in kernel(f"open({str(tmp_path / 'course' / 'gradebook.db')!r})")
    assert kernel(f"print(os.listdir({str(tmp_path / 'course')!r}))") == "['autograded']"
    assert "FileNotFoundError" in kernel(f"open({str(classes.SOURCE)!r})"), "the solutions are out of sight"
    assert "Read-only" in kernel("open('/proc/sys/kernel/core_pattern', 'w')")
    assert "Read-only" in kernel(f"open({str(Path(sys.prefix) / 'x')!r}, 'w')")
    assert kernel("print([n for n in os.environ if n.startswith('JPY') or n == 'SECRET'])") == "[]"
    assert int(kernel("print(len([n for n in os.listdir('/proc') if n.isdigit()]))")) < 10
    assert "MemoryError" in kernel("bytearray(6 << 30)")
    assert kernel("import ctypes; print(ctypes.CDLL(None).unshare(0x10000000))") == "-1"


@pytest.mark.slow
def test_a_kernel_works_as_ever(kernel: Kernel, tmp_path: Path) -> None:
    """It reads and writes beside its notebook, draws, starts programs, is interrupted, and is restarted."""
    assert kernel("print(open('data.csv').read()); print('mine', file=open('new.txt', 'w'))") == "1"
    new = tmp_path / "course" / "autograded" / "ada" / "new.txt"
    assert new.read_text() == "mine\n" and new.stat().st_uid == os.getuid()
    drawn = kernel(
        "import bplib.viz, matplotlib.pyplot as p; p.plot([1]); p.savefig('f.png'); print(p.rcParams)"
    )
    assert "Error" not in drawn and new.with_name("f.png").stat().st_size > 1000
    assert kernel("import subprocess; print(subprocess.check_output(['echo', 'hi'], text=True))") == "hi"
    timer = threading.Timer(1.0, kernel.interrupt)
    timer.start()
    assert "KeyboardInterrupt" in kernel("while True: pass")
    timer.join()
    kernel.manager.restart_kernel(now=True)
    kernel.client.wait_for_ready(timeout=60)
    assert kernel("print(1 + 1)") == "2"


@pytest.mark.slow
def test_nothing_of_it_is_left(tmp_path: Path) -> None:
    """Its processes and sockets are gone, a detached one too; and it may be kept from writing to its folder."""
    made = Kernel(tmp_path, folder="read")
    try:
        assert "Read-only" in made("open('x', 'w')")
        assert made("import subprocess as s; p = s.Popen(['setsid', 'sleep', '4242']); print('on')") == "on"
        sockets, pid = made.manager.provisioner._sockets, made.manager.provisioner.pid
        assert len(os.listdir(sockets)) == 5 and os.stat(sockets).st_mode & 0o077 == 0
    finally:
        made.close()
    until = time.monotonic() + 20
    while processes("sleep\0" + "4242") and time.monotonic() < until:
        time.sleep(0.1)
    assert not processes("sleep\0" + "4242")
    assert not os.path.exists(sockets) and not os.path.exists(f"/proc/{pid}")


def processes(words: str) -> list[str]:
    """The ids of processes whose command line has these words."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if words.encode() in (place / "cmdline").read_bytes():
                found.append(place.name)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("precious", ["home", "course", "courses"])
def test_it_refuses_to_show_more_than_a_notebooks_folder(
    precious: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "users" / "teacher"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    (tmp_path / "courses" / "one").mkdir(parents=True)
    (tmp_path / "courses" / "one" / "nbgrader_config.py").write_text("")
    folder = tmp_path / {"home": "users", "course": "courses/one", "courses": "courses"}[precious]
    words = "holds your home folder" if precious == "home" else "holds a whole course"
    with pytest.raises(RuntimeError, match=words):
        Kernel(folder)


@pytest.mark.slow
def test_nbgraders_own_tests_of_autograde_pass_with_it(tmp_path: Path) -> None:
    """The tests that nbgrader's wheel brings, every notebook of them run by a kernel inside bubblewrap."""
    seen = tmp_path / "seen"
    (tmp_path / "watch.py").write_text(WATCH.format(seen=str(seen)), encoding="utf-8")
    env = classes.environment() | {"JUPYTER_DEFAULT_PROVISIONER_NAME": provisioner.NAME}
    env |= {"PYTHONPATH": f"{tmp_path}{os.pathsep}{env['PYTHONPATH']}"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "watch", "-n", "2"]
    command += ["-W", "default", "--rootdir", str(tmp_path), "--pyargs"]
    command += ["nbgrader.tests.apps.test_nbgrader_autograde"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=1800)
    last = done.stdout.strip().splitlines()[-1]
    assert done.returncode == 0, done.stdout[-4000:]
    assert re.search(rf"\b{PASSED} passed, {SKIPPED} skipped", last), last
    kernels = seen.read_text().splitlines()
    assert len(kernels) >= 30 and set(kernels) == {"SandboxedKernel"}, "some kernel ran outside"


WATCH = '''
"""Notes which class started each kernel."""
from jupyter_client.provisioning import LocalProvisioner
start = LocalProvisioner.launch_kernel
async def launch_kernel(self, cmd, **kwargs):
    with open({seen!r}, "a") as stream:
        stream.write(type(self).__name__ + "\\n")
    return await start(self, cmd, **kwargs)
LocalProvisioner.launch_kernel = launch_kernel
'''
