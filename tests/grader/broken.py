"""Generated broken notebooks and archives: whole ones, changed at random in bytes, in JSON, in cells, in names."""

from __future__ import annotations

import copy
import io
import json
import random
import stat
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from tests.grader.classes import NAME

STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**70, 10**400, 1e308, float("inf"), float("nan"), 0.1),
    *(
        "",
        " ",
        "\x00",
        "\ud800",
        "\udfff\ud800",
        "é" * 300,
        "🙂" * 50,
        "x" * 5000,
        "</script>",
        "{{a}}",
        "%s %d",
    ),
    *([], {}, [[]], [{}], [None], {"": None}, {"a": {"a": {"a": []}}}, ["a", 1, None], [[[[[[[[]]]]]]]]),
)
ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "latin-1", "cp037", "utf-8-sig", "utf-7")
WORDS = (
    b"null",
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b"\\u",
    b"\\",
    b"\x00",
    b"\xff\xfe",
    b"1e999",
    b"-",
    b",",
    b"NaN",
    b"\r\n",
)
KEYS = ("cells", "metadata", "source", "cell_type", "nbgrader", "grade_id", "outputs", "nbformat", "id", "")


def notebooks(whole: dict[str, Any], seed: int, count: int) -> Iterator[bytes]:
    """So many broken copies of a notebook."""
    for number in range(count):
        chance = random.Random(f"{seed} {number}")
        yield chance.choice(WAYS)(whole, chance)


def in_bytes(whole: dict[str, Any], chance: random.Random) -> bytes:
    """A few places of the file changed, whatever stands there."""
    data = bytearray(json.dumps(whole, ensure_ascii=chance.random() < 0.5).encode())
    for _ in range(chance.choice((1, 1, 2, 3, 10))):
        if not data:
            break
        at, to = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        to = min(to, at + chance.choice((1, 4, 50, 5000)))
        how = chance.randrange(6)
        if how == 0:
            data[at : at + 1] = bytes([chance.randrange(256)])
        elif how == 1:
            del data[at:to]
        elif how == 2:
            data[at:at] = chance.choice(WORDS)
        elif how == 3:
            data[at:at] = data[at:to]
        elif how == 4:
            data[at:to] = chance.randbytes(min(to - at, 40))
        else:
            del data[at:]
    return bytes(data)


def in_json(whole: dict[str, Any], chance: random.Random) -> bytes:
    """Values replaced, keys renamed and removed, anywhere in the tree."""
    nb: Any = copy.deepcopy(whole)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        places = list(_places(nb))
        if not places:
            break
        holder, key = chance.choice(places)
        how = chance.randrange(5)
        if how == 0:
            del holder[key]
        elif how == 1 and isinstance(holder, dict):
            holder[chance.choice(KEYS)] = holder.pop(key)
        elif how == 2:
            other, there = chance.choice(places)
            holder[key] = copy.deepcopy(_at(other, there))
        else:
            holder[key] = copy.deepcopy(chance.choice(STRANGE))
    return json.dumps(nb).encode()


def in_cells(whole: dict[str, Any], chance: random.Random) -> bytes:
    """Cells moved, doubled, deleted, retyped, renamed; text put into them."""
    nb = copy.deepcopy(whole)
    cells = nb["cells"]
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(cells)) if cells else 0
        how = chance.randrange(9)
        if not cells or how == 0:
            cells.insert(at, {"cell_type": chance.choice(("code", "raw", "markdown", "x")), "source": "1/0"})
        elif how == 1:
            del cells[at]
        elif how == 2:
            cells.insert(chance.randrange(len(cells) + 1), copy.deepcopy(cells[at]))
        elif how == 3:
            chance.shuffle(cells)
        elif how == 4:
            cells[at]["cell_type"] = chance.choice(("code", "markdown", "raw", "heading", ""))
        elif how == 5:
            cells[at]["metadata"] = {"nbgrader": {"grade_id": chance.choice(("a", "mean_square", "", "#0"))}}
        elif how == 6:
            cells[at]["source"] = chance.choice(STRANGE)
        elif how == 7:
            said = cells[at].get("source", "")
            text = said if isinstance(said, str) else "z = 1"
            cut = chance.randrange(len(text) + 1)
            cells[at]["source"] = (
                text[:cut] + chance.choice(("", "(", "\x0c", "\t", "é", '"""', "\u202e")) + text[cut:]
            )
        else:
            cells[at]["outputs"] = chance.choice(STRANGE)
    return json.dumps(nb).encode()


def in_form(whole: dict[str, Any], chance: random.Random) -> bytes:
    """Another encoding, depth without end, numbers without end, other files altogether."""
    text = json.dumps(whole, ensure_ascii=False)
    deep = chance.choice((100, 900, 5000, 100_000))
    return chance.choice(
        (
            lambda: text.encode(chance.choice(ENCODINGS), "replace"),
            lambda: (chance.choice(("[", '{"a":', '{"cells":[')) * deep).encode(),
            lambda: ("[" * deep + "]" * deep).encode(),
            lambda: text.replace('"cells": [', '"cells": [' + "{}," * chance.choice((10, 3000)), 1).encode(),
            lambda: text.replace(
                '"nbformat": 4', '"nbformat": ' + "9" * chance.choice((5, 5000)), 1
            ).encode(),
            lambda: (text + text).encode(),
            lambda: b"\x00" * chance.choice((1, 5000)) + text.encode(),
            lambda: chance.randbytes(chance.choice((1, 100, 10_000))),
            lambda: b"<html><body>Please log in</body></html>",
            lambda: b"%PDF-1.7\n" + chance.randbytes(300),
            lambda: json.dumps({"worksheets": [{"cells": whole["cells"]}], "nbformat": 3}).encode(),
            lambda: json.dumps([whole]).encode(),
        )
    )()


WAYS: tuple[Callable[[dict[str, Any], random.Random], bytes], ...] = (in_bytes, in_json, in_cells, in_form)


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every (holder, key) in a tree of dicts and lists."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in pairs:
        yield tree, key
        yield from _places(value)


def _at(holder: Any, key: Any) -> Any:
    try:
        return holder[key]
    except (KeyError, IndexError, TypeError):
        return None


# ------------------------------------------------------------------------------------------------------ archives

NAMES = (
    *(
        "..",
        "../..",
        "/etc",
        "C:",
        "\\\\host",
        ".",
        "",
        " ",
        "a/../..",
        "~",
        "-rf",
        "CON",
        "a" * 300,
        "a/" * 40,
    ),
    *(
        "é",
        "e\u0301",
        "名前",
        "\u202eecila",
        "x\x00y",
        "x\ny",
        "=1+1",
        "$(id)",
        "%2e%2e",
        ".git",
        "__MACOSX",
        "'",
    ),
)


def archives(honest: bytes, seed: int, count: int) -> Iterator[tuple[bytes, bool]]:
    """So many zips of a class, and whether their bytes were changed. "honest" has handed in properly in each."""
    for number in range(count):
        chance = random.Random(f"zip {seed} {number}")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            members = [_member(chance, honest) for _ in range(chance.randrange(6))]
            members.insert(
                chance.randrange(len(members) + 1), (zipfile.ZipInfo(f"honest/{NAME}.ipynb"), honest)
            )
            for info, data in members:
                info.compress_type = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
                try:
                    archive.writestr(info, data)
                except (ValueError, UnicodeEncodeError, UserWarning):  # a name that no zip can hold
                    continue
        data = bytearray(packed.getvalue())
        changed = chance.random() < 0.6
        if changed:
            for _ in range(chance.choice((1, 2, 20))):
                at = chance.randrange(len(data))
                if chance.random() < 0.8:
                    data[at] = chance.randrange(256)
                else:
                    del data[at : at + chance.choice((1, 30, 10_000))]
                    data = data or bytearray(b"P")
        yield bytes(data), changed


def _member(chance: random.Random, honest: bytes) -> tuple[zipfile.ZipInfo, bytes]:
    parts = [chance.choice((*NAMES, "student", "other")) for _ in range(chance.randrange(1, 3))]
    info = zipfile.ZipInfo(
        "/".join((*parts, chance.choice((f"{NAME}.ipynb", "x.ipynb", chance.choice(NAMES)))))
    )
    kinds = (stat.S_IFREG, stat.S_IFREG, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFDIR, stat.S_IFCHR, 0)
    info.external_attr = (chance.choice(kinds) | 0o777) << 16
    return info, chance.choice((honest, b"", b"../../secret", honest[:50], bytes(3 << 20)))
