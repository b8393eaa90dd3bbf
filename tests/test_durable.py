"""Files that stay: after a loss of power, and after whatever the disk refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from faults import NO_FAULT, Fault, Watch

from purenn import durable
from purenn.errors import UnavailableError


def watch(folder: Path, patch: pytest.MonkeyPatch, fault: Fault = NO_FAULT) -> Watch:
    watch = Watch(fault, folder)
    watch.install(patch)
    return watch


def test_what_was_written_outlives_a_loss_of_power(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"old")
    watched = watch(tmp_path, monkeypatch)
    durable.write(tmp_path / "file", b"new")
    watched.lose_power()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": b"new"}


def test_a_file_that_was_cut_outlives_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = watch(tmp_path, monkeypatch)
    durable.cut(tmp_path / "file", 0)
    durable.append(tmp_path / "file", b"one\n")
    durable.flush(tmp_path / "file")
    durable.append(tmp_path / "file", b"two\n")
    watched.lose_power()
    assert (tmp_path / "file").read_bytes() == b"one\n"
    durable.cut(tmp_path / "file", 2)
    watched.lose_power()
    assert (tmp_path / "file").read_bytes() == b"on"


def test_new_folders_outlive_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[Path] = []
    monkeypatch.setattr(durable, "flush", flushed.append)
    durable.make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert flushed == [tmp_path / "a", tmp_path]
    durable.make_folder(tmp_path / "a" / "b")
    assert len(flushed) == 2


@pytest.mark.parametrize(
    ("operation", "what"), [(1, "making"), (2, "writing"), (3, "flushing"), (4, "renaming")]
)
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    operation: int, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"old")
    watch(tmp_path, monkeypatch, Fault(operation, "ENOSPC"))
    with pytest.raises(UnavailableError) as caught:
        durable.write(tmp_path / "file", b"new")
    assert str(caught.value) == (f"{tmp_path}/file cannot be written: No space left on device."), (
        what
    )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": b"old"}


def test_a_folder_that_cannot_be_flushed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch(tmp_path, monkeypatch, Fault(5, "EIO"))
    with pytest.raises(UnavailableError) as caught:
        durable.write(tmp_path / "file", b"new")
    assert str(caught.value) == f"{tmp_path} cannot be flushed: Input/output error."
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_disk_that_takes_a_byte_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, rest: write(descriptor, rest[:1]))
    durable.write(tmp_path / "file", b"content")
    assert (tmp_path / "file").read_bytes() == b"content"


def test_interruptions_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        durable.write(tmp_path / "file", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_file_has_the_rights_that_the_user_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        durable.write(tmp_path / "file", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640
