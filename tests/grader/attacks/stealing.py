"""Stealing: notebooks that reach for what is not theirs, and take or change it."""

from __future__ import annotations

from tests.grader.attacks.kit import HIDDEN, RIGHT, TWO_OF_THREE, WRONG, Attack
from tests.grader.classes import NAME

NEIGHBOUR = "zoe"  # an honest student, whose work has this remark in it
REMARK = "this remark is zoe's own"
IN_HOME = "the key that lies in the home folder"
IN_ENVIRONMENT = "the password in the environment"
IN_GRADEBOOK = "SQLite format 3"
SECRETS = {
    str(HIDDEN): "reads the hidden tests",
    REMARK: "reads another's work",
    IN_HOME: "reads the home folder",
    IN_ENVIRONMENT: "reads the grader's environment",
    IN_GRADEBOOK: "reads the gradebook",
}

GRADEBOOK_READ = 'print(open("@COURSE@/gradebook.db", "rb").read()[:16])\n'
GRADEBOOK = """
import sqlite3
with sqlite3.connect("@COURSE@/gradebook.db", timeout=2) as book:
    book.execute("update grade set auto_score = 0, manual_score = 0")
"""
SOLUTIONS = f"""
import json
for cell in json.load(open("@COURSE@/source/{NAME}/{NAME}.ipynb"))["cells"]:
    if cell["metadata"].get("nbgrader", {{}}).get("solution") and cell["cell_type"] == "code":
        exec("".join(cell["source"]))
"""
TESTS = f"""
text = open("@COURSE@/source/{NAME}/{NAME}.ipynb").read()
print(text[text.rindex("BEGIN HIDDEN"):][:300])
"""
# Looked for in what the process holds: the history of cells, every string, every frame's variables.
MEMORY = """def count_dead(slopes):
    import gc, linecache, sys
    texts = [text for entry in linecache.cache.values() if len(entry) > 2 for text in entry[2]]
    texts += [str(globals().get("In", ""))]
    for thing in gc.get_objects():
        if type(thing) is dict:
            texts += [value for value in list(thing.values()) if type(value) is str]
    frame = sys._getframe()
    while frame is not None:
        texts += [str(value)[:5000] for value in list(frame.f_locals.values())]
        frame = frame.f_back
    found = [text for text in texts if "HIDDEN TESTS" in text and "rng" in text]
    said = "\\n".join(text[-600:] for text in found[:50]) if found else "nothing was found"
    print(said)
    raise ValueError(said)
"""
INPUTS = """def count_dead(slopes):
    if len(slopes) == 3:
        return 2
    print(slopes)
    raise ValueError(f"called with {slopes}")
"""
OTHERS = f"""
import json
for cell in json.load(open("@COURSE@/submitted/{NEIGHBOUR}/{NAME}/{NAME}.ipynb"))["cells"]:
    if cell["metadata"].get("nbgrader", {{}}).get("solution") and cell["cell_type"] == "code":
        exec("".join(cell["source"]))
        print("".join(cell["source"]))
"""
KEEPS = """kept = []
def mean_square(a, b):
    kept.append(str(a))
    return float(np.mean((a - b) ** 2))
"""
TELLS = """def count_dead(slopes):
    return -1
print(kept)
"""
HOME_READ = 'print(open("@HOME@/.ssh/id_key").read())\n'
HOME_WRITE = 'open("@HOME@/.bashrc", "a").write("echo @ID@\\n")\n'
SOURCE = f'open("@COURSE@/source/{NAME}/planted.py", "w").write("planted = 1\\n")\nopen("@MARK@-file", "w")\n'
NETWORK = """
import socket, urllib.request
for send in (
    lambda: socket.create_connection(("127.0.0.1", @PORT@), 1).sendall(b"@ID@"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"@ID@", ("127.0.0.1", @PORT@)),
    lambda: urllib.request.urlopen("http://127.0.0.1:@PORT@/@ID@", timeout=1),
    lambda: socket.getaddrinfo("example.invalid", 80),
):
    try:
        send()
    except OSError as error:
        print(type(error).__name__)
"""
ENVIRONMENT = """
import os
print(dict(os.environ))
for number in (os.getppid(), os.getpid(), 1):
    try:
        print(open(f"/proc/{number}/environ").read())
    except OSError as error:
        print(type(error).__name__)
"""
SIGNALS = """
import os, signal
for number in (signal.SIGSTOP, signal.SIGKILL):
    try:
        os.kill(os.getppid(), number)
    except OSError:
        pass
"""
PTRACE = """
import ctypes, os, re
libc = ctypes.CDLL(None, use_errno=True)
parent = os.getppid()
refused = libc.ptrace(16, parent, 0, 0)
if not refused:
    libc.ptrace(17, parent, 0, 0)
    open("@MARK@-traced", "w")
print("ptrace", refused)
try:
    with open(f"/proc/{parent}/maps") as maps, open(f"/proc/{parent}/mem", "rb") as memory:
        for line in maps:
            start, end = (int(x, 16) for x in line.split()[0].split("-"))
            if " rw" in line and end - start < 1 << 26:
                memory.seek(start)
                try:
                    found = memory.read(end - start).find(b"BEGIN HIDDEN TESTS")
                except OSError:
                    continue
                if found >= 0:
                    memory.seek(start + found)
                    print(memory.read(400))
                    break
except OSError as error:
    print(type(error).__name__)
"""
MAGICS = "!echo out > @MARK@-shell\n%sx echo out > @MARK@-sx\n"
BASH = "%%bash\necho out > @MARK@-bash\n"
PROGRAM = 'import subprocess\nsubprocess.run(["/bin/sh", "-c", "echo out > @MARK@-program"])\n'
REFUSED = "FileNotFoundError|PermissionError|No such file|not permitted|unable to open"


ATTACKS = (
    Attack("gradebook-read", "the gradebook read", own=GRADEBOOK_READ, says=REFUSED),
    Attack("gradebook-write", "the gradebook written: everyone at 0", own=GRADEBOOK, says=REFUSED),
    Attack(
        "solutions",
        "the solutions taken from `source/` and run",
        dict.fromkeys(WRONG, SOLUTIONS),
        says=REFUSED,
    ),
    Attack("hidden-tests", "the hidden tests read from `source/`", own=TESTS, says=REFUSED),
    Attack(
        "hidden-memory",
        "the hidden tests looked for in memory and frames",
        {**WRONG, "count_dead": MEMORY},
        says="nothing was found",
    ),
    Attack(
        "hidden-inputs",
        "the inputs of the hidden tests carried out in an error",
        {**WRONG, "count_dead": INPUTS},
    ),
    Attack(
        "hidden-later",
        "the inputs of the hidden tests kept, and printed by a later cell",
        {**RIGHT, "mean_square": KEEPS, "count_dead": TELLS},
        TWO_OF_THREE,
    ),
    Attack("others", "another student's work taken and run", dict.fromkeys(WRONG, OTHERS), says=REFUSED),
    Attack("home-read", "a key read from the home folder", own=HOME_READ, says=REFUSED),
    Attack("home-write", "a line added to `.bashrc`", own=HOME_WRITE, says=f"{REFUSED}|Read-only"),
    Attack("source-write", "a file planted beside the assignment", own=SOURCE, says=f"{REFUSED}|Read-only"),
    Attack("network", "connections over the network", own=NETWORK, says="Error"),
    Attack("environment", "the environment printed", own=ENVIRONMENT, says="student"),
    Attack("signals", "signals to the process that started it", own=SIGNALS),
    Attack("ptrace", "the grader traced, and its memory read", own=PTRACE, says="ptrace -1"),
    Attack("magics", "shell commands with `!` and `%`", own=MAGICS),
    Attack("bash", "a `%%bash` cell", own=BASH),
    Attack("program", "a program started", own=PROGRAM, says="Error"),
)
