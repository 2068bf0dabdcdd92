"""Where data files lie, how they get there, and how we know that they are the right ones.

The cache folder is ``BPLIB_DATA_HOME`` or, without it, the usual place for caches on this system. Each data
set has a folder in it, which holds the files as their publisher names them. A file that is there and right is
used and never fetched again; nothing but a download ever writes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypedDict


class DataError(RuntimeError):
    """A data set cannot be loaded. The message says why, and what to do about it."""


class DownloadError(DataError):
    """A file is not in the cache and could not be fetched."""


class CorruptFileError(DataError):
    """A file is there, but it is not what it should be."""


class FetchOptions(TypedDict, total=False):
    """Keyword arguments that all loaders of downloaded sets share.

    home: the cache folder; default: the environment variable BPLIB_DATA_HOME, else the system's cache folder.
    base_url: the address of the folder that the files are fetched from, instead of the publisher's. For all
        sets at once, set BPLIB_DATA_MIRROR to an address that has one folder for each (mnist, cifar10, …).
    known_hash: the digest of each file, by file name, as "sha256:…" or "md5:…", in place of the published
    one;
        None for a file turns its check off.
    download: False never fetches anything.
    progress: a progress bar while something is fetched (on by default).
    """

    home: str | os.PathLike[str] | None
    base_url: str | None
    known_hash: Mapping[str, str | None]
    download: bool
    progress: bool


@dataclass(frozen=True)
class Shelf:
    """One data set's folder in the cache, and the addresses from which its files come.

    digests: the published digest of every file that can be asked for; None where none is known to be
    published.
    """

    folder: str
    publishers: tuple[str, ...]
    digests: Mapping[str, str | None]
    home: str | os.PathLike[str] | None = None
    base_url: str | None = None
    known_hash: Mapping[str, str | None] | None = None
    download: bool = True
    progress: bool = True

    def __post_init__(self) -> None:
        for name in self.known_hash or {}:
            if name not in self.digests:
                raise ValueError(
                    f"{self.folder}: known_hash names {name!r}, which is none of {', '.join(self.digests)}."
                )

    @property
    def path(self) -> Path:
        """The folder of this data set."""
        return data_home(self.home) / self.folder

    def has(self, name: str) -> bool:
        """Whether the cache holds a file of this name."""
        return (self.path / name).is_file()

    def digest(self, name: str) -> str | None:
        """What the file must hash to, as "algorithm:hexdigits", or None."""
        chosen = {**self.digests, **(self.known_hash or {})}.get(PurePosixPath(name).name)
        return chosen if chosen is None or ":" in chosen else f"sha256:{chosen}"

    def get(self, name: str) -> Path:
        """The path of a file whose digest is right: the one in the cache, or else a fresh download.

        A name may have a folder before it; digests go by the file's own name.
        """
        path = self.path / name
        if not path.is_file():
            self._fetch(name)
            return path
        want = self.digest(name)
        if want is not None:
            import pooch

            algorithm = want.partition(":")[0]
            got = f"{algorithm}:{pooch.file_hash(str(path), algorithm)}"
            if got.lower() != want.lower():
                raise self.corrupt(path, f"its digest is {got}, expected {want}")
        return path

    def corrupt(self, path: Path, what: str) -> CorruptFileError:
        """The error for a file that is damaged, with the way out."""
        return CorruptFileError(
            f"{path} is damaged or is another file: {what}.\n"
            "Delete it and load again to fetch a fresh copy, or put a good copy in its place. "
            "If you may not change that folder, set BPLIB_DATA_HOME to another one. "
            f"If you meant to use another version of it, pass known_hash={{{path.name!r}: 'sha256:…'}}."
        )

    def urls(self, name: str) -> list[str]:
        """The addresses to try for a file, in order."""
        mirror = os.environ.get("BPLIB_DATA_MIRROR")
        if self.base_url:
            bases: tuple[str, ...] = (self.base_url,)
        elif mirror:
            bases = (f"{mirror.rstrip('/')}/{self.folder}",)
        else:
            bases = self.publishers
        return [f"{base.rstrip('/')}/{name}" for base in bases]

    def _fetch(self, name: str) -> None:
        """Download to a temporary file, check its digest, rename: a file in the cache is whole."""
        if not self.download:
            raise DownloadError(
                f"{self.folder}: {name} is not in the cache, and download=False forbids fetching it.\n"
                + self._by_hand(name)
            )
        import pooch
        from requests.exceptions import RequestException

        tried = []
        for url in self.urls(name):
            downloader = pooch.HTTPDownloader(
                progressbar=self.progress,
                chunk_size=1 << 16,
                headers={"Accept-Encoding": "identity"},  # or some servers' .gz files arrive unpacked
            )
            try:
                pooch.retrieve(
                    url, known_hash=self.digest(name), fname=name, path=self.path, downloader=downloader
                )
                return
            except RequestException as error:
                tried.append(f"{url}: {_reason(error)}")
            except ValueError:
                tried.append(f"{url}: what arrived does not have the digest {self.digest(name)}")
            except OSError as error:
                raise DownloadError(
                    f"{self.folder}: {name} cannot be stored in {self.path}: {error}.\n"
                    "Set BPLIB_DATA_HOME to a folder that you can write to."
                ) from error
        raise DownloadError(
            f"{self.folder}: {name} could not be fetched.\nTried:\n  "
            + "\n  ".join(tried)
            + "\n"
            + self._by_hand(name)
        )

    def _by_hand(self, name: str) -> str:
        return (
            f"The cache folder is {data_home(self.home)} (BPLIB_DATA_HOME sets it). To do it by hand: "
            f"download {' or '.join(self.urls(name))} on a machine that can, and put the file at {self.path / name}. "
            "To use a mirror: pass base_url= or set BPLIB_DATA_MIRROR."
        )


def data_home(home: str | os.PathLike[str] | None = None) -> Path:
    """The cache folder: ``home``, else what BPLIB_DATA_HOME names, else the system's cache folder."""
    chosen = home or os.environ.get("BPLIB_DATA_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    import pooch

    return Path(pooch.os_cache("bplib"))


def _reason(error: Exception) -> str:
    """A failed request in a few words; requests' own text is a paragraph."""
    from requests import exceptions

    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, exceptions.ChunkedEncodingError):
        return "the transfer broke off"
    if isinstance(error, exceptions.Timeout):
        return "no answer in time"
    if isinstance(error, exceptions.ConnectionError):
        return "no connection"
    return f"{type(error).__name__}: {error}"
