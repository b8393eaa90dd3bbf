"""Files that survive crashes, and what the operating system or the user does wrong."""

from __future__ import annotations

import copy
import errno
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from faults import NO_FAULT, Fault, Watch
from states import contents

from purenn import files
from purenn.errors import UnavailableError


def watch(folder: Path, patch: pytest.MonkeyPatch, fault: Fault = NO_FAULT) -> Watch:
    watch = Watch(fault, folder)
    watch.install(patch)
    return watch


def refused(action: Callable[[], object], message: str) -> None:
    with pytest.raises(UnavailableError, match=f"^{re.escape(message)}$") as caught:
        action()
    again = copy.copy(caught.value)  # as pickle makes it
    assert (type(again), str(again)) == (UnavailableError, message)


class TestCrashes:
    def test_what_was_written_survives_a_loss_of_power(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").write_bytes(b"old")
        watched = watch(tmp_path, monkeypatch)
        files.write(tmp_path / "file", b"new")
        watched.lose_power()
        assert contents(tmp_path) == {"file": b"new"}

    def test_a_file_that_was_cut_survives_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        watched = watch(tmp_path, monkeypatch)
        files.cut(tmp_path / "file", 0)
        files.append(tmp_path / "file", b"one\n")
        files.flush(tmp_path / "file")
        files.append(tmp_path / "file", b"two\n")
        watched.lose_power()
        assert contents(tmp_path) == {"file": b"one\n"}
        files.cut(tmp_path / "file", 2)
        watched.lose_power()
        assert contents(tmp_path) == {"file": b"on"}

    def test_what_was_removed_stays_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files.write(tmp_path / "file", b"")
        watched = watch(tmp_path, monkeypatch)
        files.remove(tmp_path / "file")
        files.remove(tmp_path / "nothing")
        watched.lose_power()
        assert contents(tmp_path) == {}

    def test_new_folders_survive_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        flushed: list[Path] = []
        monkeypatch.setattr(files, "flush_folder", flushed.append)
        files.make_folder(tmp_path / "a" / "b")
        files.make_folder(tmp_path / "a" / "b")
        assert (tmp_path / "a" / "b").is_dir()
        assert flushed == [tmp_path / "a", tmp_path]

    @pytest.mark.parametrize("operation", [1, 2, 3, 4], ids=["make", "write", "flush", "rename"])
    def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
        self, operation: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").write_bytes(b"old")
        watch(tmp_path, monkeypatch, Fault(operation, "ENOSPC"))
        refused(
            lambda: files.write(tmp_path / "file", b"new"),
            f"{tmp_path}/file cannot be written: No space left on device.",
        )
        assert contents(tmp_path) == {"file": b"old"}

    def test_a_folder_that_cannot_be_flushed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        watch(tmp_path, monkeypatch, Fault(5, "EIO"))
        refused(
            lambda: files.write(tmp_path / "file", b"new"),
            f"{tmp_path} cannot be flushed: Input/output error.",
        )
        assert contents(tmp_path) == {"file": b"new"}

    @pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
    def test_a_disk_that_flushes_no_folders(
        self, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fsync = os.fsync

        def picky(descriptor: int) -> None:
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                raise OSError(code, os.strerror(code))
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", picky)
        files.write(tmp_path / "file", b"new")
        assert contents(tmp_path) == {"file": b"new"}

    def test_a_disk_that_takes_a_byte_at_a_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write = os.write
        monkeypatch.setattr(os, "write", lambda descriptor, rest: write(descriptor, rest[:1]))
        files.write(tmp_path / "file", b"content")
        assert contents(tmp_path) == {"file": b"content"}

    def test_interruptions_leave_nothing_behind(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(descriptor: int) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            files.write(tmp_path / "file", b"new")
        assert contents(tmp_path) == {}


class TestTargets:
    @pytest.fixture
    def targets(self, tmp_path: Path) -> Path:
        (tmp_path / "folder").mkdir()
        (tmp_path / "file").write_bytes(b"content")
        (tmp_path / "link").symlink_to(tmp_path / "file")
        os.mkfifo(tmp_path / "pipe")
        return tmp_path

    @pytest.mark.parametrize(
        "action",
        [
            lambda path: files.write(path, b""),
            files.read,
            lambda path: files.append(path, b""),
            lambda path: files.cut(path, 0),
            files.flush,
        ],
        ids=["write", "read", "append", "cut", "flush"],
    )
    def test_what_is_not_a_regular_file_is_refused(
        self, action: Callable[[Path], object], targets: Path
    ) -> None:
        folder, pipe, null = targets / "folder", targets / "pipe", Path("/dev/null")
        refused(lambda: action(folder), f"{folder} is a directory: expected a regular file.")
        refused(lambda: action(pipe), f"{pipe} is a device or a pipe: expected a regular file.")
        refused(lambda: action(null), f"{null} is a device or a pipe: expected a regular file.")

    def test_nothing_is_written_through_links(self, targets: Path) -> None:
        link = targets / "link"
        message = f"{link} is a symbolic link: expected a regular file."
        refused(lambda: files.append(link, b"x"), message)
        refused(lambda: files.cut(link, 0), message)
        files.write(link, b"new")
        assert not link.is_symlink()
        assert (targets / "file").read_bytes() == b"content"

    def test_the_home_directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        files.write("~/file", b"content")
        assert files.read("~/file") == b"content"
        refused(
            lambda: files.read("~nobody-of-that-name/x"),
            "~nobody-of-that-name/x cannot be expanded: Could not determine home directory.",
        )

    def test_names_that_are_too_long(self, tmp_path: Path) -> None:
        files.write(tmp_path / ("x" * 255), b"content")
        path = tmp_path / ("x" * 300)
        refused(lambda: files.write(path, b""), f"{path} cannot be accessed: File name too long.")

    def test_other_names_that_are_refused(self, tmp_path: Path) -> None:
        refused(lambda: files.write("a\0b", b""), "a\0b cannot be accessed: embedded null byte.")
        refused(
            lambda: files.read(tmp_path / "none"),
            f"{tmp_path}/none cannot be read: No such file or directory.",
        )
        five = tmp_path / "five"
        five.write_bytes(b"12345")
        refused(lambda: files.read(five, 4), f"{five} has 5 bytes: expected at most 4.")

    def test_a_file_has_the_rights_that_the_user_gives(self, tmp_path: Path) -> None:
        before = os.umask(0o027)
        try:
            files.write(tmp_path / "file", b"")
        finally:
            os.umask(before)
        assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640

    def test_only_own_parts_are_removed(self, tmp_path: Path) -> None:
        for name in (f".x.0123{files.SUFFIX}", ".download.part", "x"):
            (tmp_path / name).touch()
        files.remove_parts(tmp_path)
        assert set(contents(tmp_path)) == {".download.part", "x"}


def test_what_other_systems_lack_is_not_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def without_folders(path: Path, flags: int, mode: int = 0o777) -> int:
        if path.is_dir():
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(path, flags, mode)

    monkeypatch.delattr(os, "O_NOFOLLOW")
    monkeypatch.setattr(os, "open", without_folders)
    files.write(tmp_path / "file", b"one")
    files.append(tmp_path / "file", b"two")
    assert files.read(tmp_path / "file") == b"onetwo"
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with pytest.raises(UnavailableError, match="is a symbolic link"):
        files.append(tmp_path / "link", b"three")
