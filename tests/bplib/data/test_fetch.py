"""How files get into the cache, and what happens when they do not. MNIST stands for all."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bplib.data import CorruptFileError, DataError, DownloadError, data_home, mnist
from bplib.data._fetch import Shelf
from tests.bplib.data.files import mnist_files, put, sha256
from tests.bplib.data.server import Publisher

FILES, ARRAYS = mnist_files()
HASHES = {name: sha256(content) for name, content in FILES.items()}
IMAGES = "train-images-idx3-ubyte.gz"


@pytest.fixture
def served(publisher: Publisher) -> Publisher:
    publisher.files = {f"mnist/{name}": content for name, content in FILES.items()}
    return publisher


def everything_below(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_files_are_fetched_once_and_kept_as_they_came(served: Publisher, home: Path) -> None:
    first = mnist(known_hash=HASHES, progress=False)
    assert sorted(served.asked) == sorted(f"mnist/{name}" for name in FILES)
    assert everything_below(home) == {f"mnist/{name}": content for name, content in FILES.items()}
    served.stop()
    again = mnist(known_hash=HASHES, progress=False)
    np.testing.assert_array_equal(first.x_train, again.x_train)
    assert len(served.asked) == 4


def test_only_the_missing_file_is_fetched(served: Publisher, home: Path) -> None:
    put(home / "mnist", {name: content for name, content in FILES.items() if name != IMAGES})
    mnist(known_hash=HASHES, progress=False)
    assert served.asked == [f"mnist/{IMAGES}"]


def test_the_server_is_asked_not_to_pack_files_again(served: Publisher) -> None:
    mnist(known_hash=HASHES, progress=False)
    assert served.encodings == {"identity"}


def test_base_url_comes_before_the_mirror(
    served: Publisher, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BPLIB_DATA_MIRROR", "http://127.0.0.1:9/nobody")
    mnist(base_url=served.url + "/mnist/", known_hash=HASHES, progress=False)
    assert len(served.asked) == 4


def test_home_argument_comes_before_the_environment(served: Publisher, home: Path, tmp_path: Path) -> None:
    mnist(home=tmp_path / "other", known_hash=HASHES, progress=False)
    assert (tmp_path / "other" / "mnist" / IMAGES).read_bytes() == FILES[IMAGES]
    assert not home.exists()


def test_progress_is_shown_unless_it_is_turned_off(
    served: Publisher, home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    mnist(known_hash=HASHES, progress=False)
    assert "100%" not in capfd.readouterr().err
    mnist(home=tmp_path / "other", known_hash=HASHES)
    assert "100%" in capfd.readouterr().err


def test_what_has_another_digest_is_not_kept(served: Publisher, home: Path) -> None:
    """The published digests are in force by default, and these small files do not have them."""
    with pytest.raises(DownloadError, match="what arrived does not have the digest md5:f68b3c2d"):
        mnist(progress=False)
    assert everything_below(home) == {}


def test_an_interrupted_transfer_leaves_nothing(served: Publisher, home: Path) -> None:
    served.cut = {f"mnist/{IMAGES}"}
    with pytest.raises(DownloadError, match="the transfer broke off"):
        mnist(known_hash=HASHES, progress=False)
    assert everything_below(home) == {}
    served.cut = set()
    assert mnist(known_hash=HASHES, progress=False).x_train.shape == (23, 1, 28, 28)


def test_an_interrupted_transfer_is_noticed_without_a_digest(served: Publisher, home: Path) -> None:
    served.cut = {f"mnist/{IMAGES}"}
    with pytest.raises(DownloadError, match="the transfer broke off"):
        mnist(known_hash=dict.fromkeys(FILES), progress=False)
    assert everything_below(home) == {}


def test_a_file_that_the_server_does_not_have(served: Publisher, home: Path) -> None:
    del served.files[f"mnist/{IMAGES}"]
    with pytest.raises(DownloadError, match="the server answered 404 Not Found") as caught:
        mnist(known_hash=HASHES, progress=False)
    assert f"{served.url}/mnist/{IMAGES}" in str(caught.value)


def test_without_a_network_the_message_says_how_to_do_it_by_hand(served: Publisher, home: Path) -> None:
    served.stop()
    with pytest.raises(DownloadError) as caught:
        mnist(known_hash=HASHES, progress=False)
    text = str(caught.value)
    assert f"{served.url}/mnist/{IMAGES}: no connection" in text
    assert f"The cache folder is {home}" in text
    assert f"put the file at {home / 'mnist' / IMAGES}" in text
    assert "BPLIB_DATA_HOME" in text
    assert "BPLIB_DATA_MIRROR" in text


def test_every_publisher_is_tried_in_turn(served: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BPLIB_DATA_MIRROR")
    nobody = "http://127.0.0.1:9/none"
    shelf = Shelf("mnist", (nobody, served.url + "/mnist"), HASHES, progress=False)
    assert shelf.get(IMAGES).read_bytes() == FILES[IMAGES]
    with pytest.raises(DownloadError) as caught:
        Shelf("mnist", (nobody, served.url + "/empty"), HASHES, progress=False).get(
            "t10k-images-idx3-ubyte.gz"
        )
    assert re.search(
        r"none/t10k\S*: no connection\n.*empty/t10k\S*: the server answered 404", str(caught.value)
    )


def test_download_false_asks_nobody(served: Publisher, home: Path) -> None:
    with pytest.raises(DownloadError, match="download=False forbids fetching it"):
        mnist(download=False)
    assert served.asked == []
    assert not home.exists()


def test_a_damaged_file_in_the_cache_is_refused_and_left_alone(served: Publisher, home: Path) -> None:
    put(home / "mnist", {**FILES, IMAGES: FILES[IMAGES][:-1]})
    with pytest.raises(CorruptFileError) as caught:
        mnist(known_hash=HASHES)
    text = str(caught.value)
    assert str(home / "mnist" / IMAGES) in text
    assert f"expected {HASHES[IMAGES]}" in text
    assert "Delete it and load again" in text
    assert "BPLIB_DATA_HOME" in text
    assert served.asked == []
    assert (home / "mnist" / IMAGES).read_bytes() == FILES[IMAGES][:-1]


def test_published_digests_guard_the_cache_too(home: Path) -> None:
    put(home / "mnist", FILES)
    with pytest.raises(CorruptFileError, match="expected md5:f68b3c2dcbeaaa9fbdd348bbdeb94873"):
        mnist()


def test_a_digest_without_algorithm_is_sha256_and_case_does_not_matter(home: Path) -> None:
    put(home / "mnist", FILES)
    bare = {name: digest.removeprefix("sha256:").upper() for name, digest in HASHES.items()}
    assert mnist(known_hash=bare).x_test.shape == (7, 1, 28, 28)


def test_a_name_that_is_none_of_the_files_is_an_error() -> None:
    with pytest.raises(
        ValueError, match=r"known_hash names 'train-images.gz', which is none of train-images-idx3"
    ):
        mnist(known_hash={"train-images.gz": None})


def test_an_unknown_option_is_an_error() -> None:
    with pytest.raises(TypeError, match="mirror"):
        mnist(mirror="http://127.0.0.1")  # type: ignore[call-arg]


def test_a_read_only_cache_is_read_and_never_written(served: Publisher, home: Path) -> None:
    folder = home / "mnist"
    put(folder, FILES)
    folder.chmod(0o555)
    before = [(p.name, p.stat().st_mtime_ns) for p in (home, folder, *sorted(folder.iterdir()))]
    try:
        assert len(mnist(known_hash=HASHES).y_train) == 23
        assert [(p.name, p.stat().st_mtime_ns) for p in (home, folder, *sorted(folder.iterdir()))] == before
    finally:
        folder.chmod(0o755)
    assert served.asked == []


def test_a_cache_that_cannot_be_written_says_which_variable_to_set(served: Publisher, home: Path) -> None:
    home.mkdir()
    home.chmod(0o555)
    if os.access(home, os.W_OK):  # the administrator may write everywhere: then a file is in the way
        home.chmod(0o755)
        (home / "mnist").write_bytes(b"")
    try:
        with pytest.raises(DownloadError, match=r"cannot be stored in .*mnist.*\n.*Set BPLIB_DATA_HOME"):
            mnist(known_hash=HASHES, progress=False)
    finally:
        home.chmod(0o755)


def test_the_default_folder_is_the_systems_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("BPLIB_DATA_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert data_home().name in ("bplib", "Cache")
    assert data_home().is_relative_to(tmp_path)
    assert data_home("~/here") == tmp_path / "here"


def test_all_errors_are_data_errors() -> None:
    assert issubclass(DownloadError, DataError)
    assert issubclass(CorruptFileError, DataError)


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, bplib.data\n"
        "print([m for m in ('sklearn', 'pooch', 'requests', 'tqdm', 'matplotlib') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
