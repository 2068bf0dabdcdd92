"""The loaders on the real files: ``python -m tests.bplib.data.real_data FOLDER``.

FOLDER is a cache folder (mnist/, fashion_mnist/, cifar10/, fsdd/, rt-polarity/); sets that it does not hold are
reported as absent. Nothing is fetched and nothing is written. Prints one row for each set and part, and ends with
status 1 if a set that is there does not load, does not have its known shape, dtype, range or digest, or if no set
is there at all.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bplib.data import Dataset, cifar10, fashion_mnist, mnist, sentence_polarity, spoken_digits

# What the sets are known to hold, from their descriptions; not taken from the loaders.
_MNIST_TRAIN = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
_MNIST_TEST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@dataclass
class Set:
    """One data set: where it lies, how to load it, and what must come out (None: whatever is there)."""

    where: str
    load: Callable[..., Dataset]
    options: dict[str, Any]
    shape: tuple[int, ...]
    counts: dict[str, list[int] | None]
    # Digests of files for which the publisher states none, as recorded with the copies that were used here.
    sha256: dict[str, str]


SETS = {
    "mnist": Set("mnist", mnist, {}, (1, 28, 28), {"train": _MNIST_TRAIN, "test": _MNIST_TEST}, {}),
    "fashion_mnist": Set(
        "fashion_mnist", fashion_mnist, {}, (1, 28, 28), {"train": [6000] * 10, "test": [1000] * 10}, {}
    ),
    "cifar10 binary": Set(
        "cifar10/cifar-10-batches-bin",
        cifar10,
        {"allow_partial": True},
        (3, 32, 32),
        {"train": None, "test": None},
        {},
    ),
    "cifar10 python": Set(
        "cifar10/cifar-10-batches-py",
        cifar10,
        {"allow_partial": True, "format": "python"},
        (3, 32, 32),
        {"train": None, "test": None},
        {},
    ),
    "spoken_digits": Set(
        "fsdd",
        spoken_digits,
        {},
        (8000,),
        {"train": [270] * 10, "test": [30] * 10},
        {"recordings.tar.xz": "59ca703cc832ea6f6af10462f37efee3d4ab15a754e7b125d50f72ad76c9f3d4"},
    ),
    "sentence_polarity": Set(
        "rt-polarity",
        sentence_polarity,
        {},
        (),
        {"train": [4798, 4798], "test": [533, 533]},
        {
            "rt-polarity.neg": "2d11cfbc790f1cd96d78339f41ce53ced1efa83cd22d37d6788fa3fe3d17e2fd",
            "rt-polarity.pos": "4134882974a28d0c7b5151256f0e33a6169984ee7372c279e673f1114f475d58",
        },
    ),
}


def check(name: str, it: Set, home: Path) -> list[str]:
    """The rows of the table for one set. AssertionError or DataError says what is wrong with it."""
    known = {file: digest for file, digest in it.sha256.items() if (home / it.where / file).is_file()}
    d = it.load(home=home, download=False, known_hash=known, **it.options)
    digest = _digest_note(it, home, known)
    rows = []
    for part, x, y in (("train", d.x_train, d.y_train), ("test", d.x_test, d.y_test)):
        assert x.shape[1:] == it.shape, f"{part} examples are of shape {x.shape[1:]}, expected {it.shape}"
        assert len(x) == len(y) > 0, f"{len(x)} {part} examples and {len(y)} labels"
        assert y.dtype == np.int64, f"labels are {y.dtype}"
        if x.dtype == object:
            assert all(isinstance(line, str) and line for line in x), "there is an empty sentence"
            spread = f"{min(map(len, x))}..{max(map(len, x))} letters"
        else:
            assert x.dtype == np.float32, f"{part} examples are {x.dtype}"
            low = -1 if name == "spoken_digits" else 0
            assert low <= x.min() < 0.01 < 0.5 < x.max() <= 1, f"{part} runs from {x.min()} to {x.max()}"
            spread = f"{x.min():.3f}..{x.max():.3f}, mean {x.mean():.4f}"
        counts = list(d.counts(part).values())
        want = it.counts[part]
        assert want is None or counts == want, f"{part} classes count {counts}, expected {want}"
        rows.append(
            f"{name:18} {part:5} {x.shape!s:22} {x.dtype!s:8} {spread:30} {digest:12} {' '.join(map(str, counts))}"
        )
    return rows


def _digest_note(it: Set, home: Path, known: dict[str, str]) -> str:
    """How the files were checked. The loader itself has compared published and recorded digests."""
    for file, digest in known.items():
        got = hashlib.sha256((home / it.where / file).read_bytes()).hexdigest()
        assert got == digest, f"{file} has the digest {got}"
    if it.load in (mnist, fashion_mnist):
        return "published"
    return "recorded" if known else "none: form"


def main(folder: str) -> int:
    """Check every set in the folder; the number of faults, or 1 if there is nothing to check."""
    home = Path(folder)
    print(f"{'set':18} {'part':5} {'shape':22} {'dtype':8} {'range':30} {'digest':12} examples of each class")
    faults = found = 0
    for name, it in SETS.items():
        if not (home / it.where).is_dir():
            print(f"{name:18} absent")
            continue
        found += 1
        try:
            print("\n".join(check(name, it, home)))
        except Exception as error:  # any fault of one set is reported, and the others are still checked
            faults += 1
            print(f"{name:18} FAULT {type(error).__name__}: {error}")
    print(f"{found} sets found, {faults} with faults")
    return faults if found else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.bplib.data.real_data FOLDER")
    sys.exit(min(main(sys.argv[1]), 1))
