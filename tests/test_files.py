"""Files that survive crashes, and what the operating system or the user does wrong."""

from __future__ import annotations

import copy
import errno
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import DEFAULT, Mock

import pytest
from faults import NO_FAULT, Fault, Watch
from states import contents

from purenn import files, runs
from purenn.errors import RunError, UnavailableError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An old file."""
    (tmp_path / "file").write_bytes(b"old")
    return tmp_path / "file"


def refused(action: Callable[[], object], message: str) -> None:
    with pytest.raises(UnavailableError) as caught:
        action()
    again = copy.copy(caught.value)  # as pickle makes it
    assert (type(again), str(again)) == (UnavailableError, message)


class TestCrashes:
    def test_a_loss_of_power(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder, lines = file.parent, file.with_name("lines")
        watched = Watch(NO_FAULT, folder, monkeypatch)

        def left() -> dict[str, bytes]:
            watched.lose_power()
            return contents(folder)

        files.write(file, b"new")
        assert left() == {"file": b"new"}
        files.remove(file)
        files.remove(file)
        assert left() == {}
        files.cut(lines, 0)
        files.append(lines, b"one\n")
        files.flush(lines)
        files.append(lines, b"two\n")
        assert left() == {"lines": b"one\n"}
        files.cut(lines, 2)
        assert left() == {"lines": b"on"}

    def test_new_folders_survive_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        flushed: list[Path] = []
        monkeypatch.setattr(files, "flush_folder", flushed.append)
        files.make_folder(tmp_path / "a" / "b")
        files.make_folder(tmp_path / "a" / "b")
        assert (tmp_path / "a" / "b").is_dir()
        assert flushed == [tmp_path / "a", tmp_path]

    @pytest.mark.parametrize("operation", [1, 2, 3, 4, 5])
    def test_a_write_that_fails_leaves_the_old_file_or_the_new_one_and_nothing_else(
        self, operation: int, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        is_renamed = operation == 5  # after it was made, written, flushed and renamed
        Watch(Fault(operation, "ENOSPC"), file.parent, monkeypatch)
        failure = f"{file.parent} cannot be flushed" if is_renamed else f"{file} cannot be written"
        refused(lambda: files.write(file, b"new"), f"{failure}: No space left on device.")
        assert contents(file.parent) == {"file": b"new" if is_renamed else b"old"}

    @pytest.mark.parametrize(
        ("name", "code"),
        [("fsync", errno.EINVAL), ("fsync", errno.ENOTSUP), ("open", errno.EACCES)],
    )
    def test_a_system_that_flushes_or_opens_no_folders(
        self, name: str, code: int, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        function: Callable[[Path | int, *tuple[int, ...]], int] = getattr(os, name)

        def picky(place: Path | int, *rest: int) -> int:
            if os.path.isdir(place):  # noqa: PTH112 (it may be a descriptor)
                raise OSError(code, os.strerror(code))
            return function(place, *rest)

        monkeypatch.setattr(os, name, picky)
        files.write(file, b"new")
        assert file.read_bytes() == b"new"
        place, told = file.with_name("run"), f"in use by process {os.getpid()}"  # as its file says
        config = runs.Config("x.py", {})
        with runs.start(place, config), pytest.raises(RunError, match=told), runs.resume(place):
            pass

    @pytest.mark.parametrize("readers", [2, 4])
    def test_a_system_that_replaces_no_open_files(
        self, readers: int, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        busy = [PermissionError(errno.EACCES, "Access is denied")] * readers
        monkeypatch.setattr(files, "RETRIES", 3)
        monkeypatch.setattr(
            os, "replace", Mock(side_effect=[*busy, *[DEFAULT] * 2], wraps=os.replace)
        )
        if readers == 4:
            refused(
                lambda: files.write(file, b"new"), f"{file} cannot be written: Access is denied."
            )
        else:
            files.write(file, b"new")
        assert contents(file.parent) == {"file": b"old" if readers == 4 else b"new"}

    def test_writes_of_one_byte(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write = os.write
        monkeypatch.setattr(os, "write", lambda descriptor, rest: write(descriptor, rest[:1]))
        files.write(file, b"content")
        assert file.read_bytes() == b"content"

    def test_a_system_without_rights_of_files(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "chmod", Mock(side_effect=PermissionError))
        monkeypatch.setattr(os, "write", Mock(side_effect=OSError(errno.ENOSPC, "No space")))
        refused(lambda: files.write(file, b"new"), f"{file} cannot be written: No space.")
        assert contents(file.parent) == {"file": b"old"}

    def test_interruptions(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "fsync", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            files.write(file, b"new")
        assert contents(file.parent) == {"file": b"old"}


class TestTargets:
    def test_what_is_not_a_regular_file_is_refused(self, tmp_path: Path) -> None:
        pipe, device = tmp_path / "pipe", "a device or a pipe"
        os.mkfifo(pipe)
        for path, kind in ((tmp_path, "a directory"), (Path("/dev/null"), device), (pipe, device)):
            whole = [partial(use, path) for use in (files.read, files.flush)]
            parts = [partial(use, path, b"") for use in (files.write, files.append)]
            for action in (*whole, *parts, partial(files.cut, path, 0)):
                refused(action, f"{path} is {kind}: expected a regular file.")

    def test_nothing_is_written_through_links(self, file: Path) -> None:
        link = file.with_name("link")
        link.symlink_to(file)
        message = f"{link} is a symbolic link: expected a regular file."
        refused(lambda: files.append(link, b"x"), message)
        refused(lambda: files.cut(link, 0), message)
        files.write(link, b"new")
        assert not link.is_symlink()
        assert file.read_bytes() == b"old"
        stdout = file.with_name("stdout")
        with file.open() as opened:
            stdout.symlink_to(f"/proc/self/fd/{opened.fileno()}")
            message = f"{stdout} is a device or a pipe: expected a regular file."
            refused(lambda: files.write(stdout, b"new"), message)

    def test_rights_are_not_given_through_a_link_that_others_put_in_the_way(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other, opened = file.with_name("other"), os.open
        other.touch(0o600)

        def swapped(place: Path, flags: int, *mode: int) -> int:
            descriptor = opened(place, flags, *mode)
            if flags & os.O_EXCL:
                assert place.stat().st_mode & 0o077 == 0
                place.unlink()
                place.symlink_to(other)
            return descriptor

        monkeypatch.setattr(os, "open", swapped)
        files.write(file, b"new")
        assert other.stat().st_mode & 0o777 == 0o600

    def test_the_home_directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        files.write("~/file", b"content")
        assert files.read("~/file") == b"content"
        message = "~nobody-of-that-name/x cannot be expanded: Could not determine home directory."
        refused(lambda: files.read("~nobody-of-that-name/x"), message)

    def test_names_that_are_refused(self, file: Path) -> None:
        files.write(file.with_name("x" * 255), b"content")
        long, none = file.with_name("x" * 300), file.with_name("none")
        for use in (lambda: files.write(long, b""), lambda: files.exists(long)):
            refused(use, f"{long} cannot be accessed: File name too long.")
        with pytest.raises(ValueError, match="embedded null") as why:
            Path("a\0b").stat()  # Python 3.14 says it otherwise
        refused(lambda: files.write("a\0b", b""), f"a\\x00b cannot be accessed: {why.value}.")
        refused(lambda: files.read(none), f"{none} cannot be read: No such file or directory.")
        assert not files.exists(none / "x")

    def test_no_current_directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "gone").mkdir()
        monkeypatch.chdir(tmp_path / "gone")
        (tmp_path / "gone").rmdir()
        message = "x cannot be found from the current directory: No such file or directory."
        refused(lambda: files.absolute("x"), message)

    def test_a_file_has_the_rights_that_the_user_gives(self, tmp_path: Path) -> None:
        before = os.umask(0o027)
        try:
            files.write(tmp_path / "file", b"")
        finally:
            os.umask(before)
        assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640
        (tmp_path / "file").chmod(0o4604)
        files.write(tmp_path / "file", b"")
        assert (tmp_path / "file").stat().st_mode & 0o7777 == 0o604
