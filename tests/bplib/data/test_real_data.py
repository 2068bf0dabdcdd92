"""The check of real files must fail where there is something wrong; here on made ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bplib.data.files import cifar_batches, cifar_record_file, mnist_files, put
from tests.bplib.data.real_data import main


def test_an_empty_folder_is_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(str(tmp_path)) == 1
    assert "0 sets found" in capsys.readouterr().out


def test_wrong_files_are_faults_and_right_ones_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    batches = {f"{name}.bin": cifar_record_file(*batch) for name, batch in cifar_batches().items()}
    put(tmp_path / "cifar10" / "cifar-10-batches-bin", batches)
    assert main(str(tmp_path)) == 0
    out = capsys.readouterr().out
    assert "cifar10 binary     train (25, 3, 32, 32)" in out
    assert "mnist              absent" in out
    put(tmp_path / "mnist", mnist_files()[0])
    put(tmp_path / "fsdd", {"recordings.tar.xz": b""})
    assert main(str(tmp_path)) == 2
    out = capsys.readouterr().out
    assert "mnist              FAULT CorruptFileError" in out
    assert "spoken_digits      FAULT CorruptFileError" in out
