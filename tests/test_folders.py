from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mini import ARCHIVES, CONTENTS, MINI, fill

from purenn.datasets.folders import chosen, keep, read_all, read_some
from purenn.errors import FormatError, OptionError, UnavailableError

IMAGES, LABELS, TEST_IMAGES, TEST_LABELS = MINI


def test_all_files_of_a_folder_are_read_gzipped_or_not(tmp_path: Path) -> None:
    folder = fill(tmp_path / "data")
    (folder / LABELS.archive).unlink()
    (folder / LABELS.name).write_bytes(CONTENTS[1])
    contents = read_all(folder, MINI, "data")
    assert contents == {file.name: content for file, content in zip(MINI, CONTENTS, strict=True)}


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        UnavailableError,
        match=r"^PURENN_DATA='x' is no directory\. It must hold train-images-idx3-ubyte\.gz, train"
        r"-labels-idx1-ubyte\.gz, t10k-images-idx3-ubyte\.gz, t10k-labels-idx1-ubyte\.gz \(gzipped,"
        r" or without the \.gz\)\.$",
    ):
        read_all(tmp_path / "x", MINI, "PURENN_DATA='x'")


def test_all_missing_files_are_named(tmp_path: Path) -> None:
    folder = fill(tmp_path / "data")
    (folder / IMAGES.archive).unlink()
    (folder / TEST_LABELS.archive).unlink()
    message = r"^data lacks train-images-idx3-ubyte\.gz, t10k-labels-idx1-ubyte\.gz\. It must hold"
    with pytest.raises(UnavailableError, match=message):
        read_all(folder, MINI, "data")


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        (IMAGES.archive, ARCHIVES[IMAGES.archive][:-20], "is truncated: its gzip data has no end"),
        (IMAGES.archive, b"<html>no such page</html>", "is not gzipped, as its name promises"),
        (IMAGES.archive, ARCHIVES[IMAGES.archive][:99] + bytes(9), "is (truncated|corrupt): its g"),
        (
            IMAGES.archive,
            ARCHIVES[TEST_IMAGES.archive],
            "is not train-images-idx3-ubyte: it holds t10k-images-idx3-ubyte (the files were swap",
        ),
        (
            LABELS.name,
            CONTENTS[1][:-1],
            "is not train-labels-idx1-ubyte: it has 13 bytes with SHA-256 ",
        ),
        (LABELS.name, CONTENTS[1] + b"x", "is not train-labels-idx1-ubyte: it has 15 bytes with"),
        (LABELS.name, bytes(10**5), "is not train-labels-idx1-ubyte: it has more than 4720 bytes."),
        (LABELS.name, b"", "is not train-labels-idx1-ubyte: it has 0 bytes with SHA-256 e3b0c442"),
        (
            LABELS.name,
            CONTENTS[1][:-1] + b"\x0b",
            f"Expected 14 bytes with SHA-256 {LABELS.sha256} once decompressed. Fetch the file ag",
        ),
    ],
)
def test_what_is_not_the_file_is_named(tmp_path: Path, name: str, raw: bytes, message: str) -> None:
    folder = fill(tmp_path / "data")
    (folder / name).with_suffix(".gz").unlink()
    (folder / name).write_bytes(raw)
    pattern = message.replace("(the files", r"\(the files")
    with pytest.raises(FormatError, match=pattern) as caught:
        read_all(folder, MINI, "data")
    assert str(caught.value).startswith(str(folder / name))
    contents, problems = read_some(folder, MINI, MINI)
    assert len(contents) == 3
    assert problems == (str(caught.value),)


def test_files_that_a_folder_does_not_have_are_no_problem_of_it(tmp_path: Path) -> None:
    assert read_some(tmp_path / "nowhere", MINI, MINI) == ({}, ())
    folder = fill(tmp_path / "data")
    contents, problems = read_some(folder, (LABELS, TEST_IMAGES), MINI)
    assert list(contents) == [LABELS.name, TEST_IMAGES.name]
    assert problems == ()


def test_a_directory_goes_before_the_variable() -> None:
    environment = {"PURENN_DATA": "there"}
    assert chosen("here", environment) == (Path("here"), "directory='here'")
    assert chosen(Path("here"), environment) == (Path("here"), "directory='here'")
    assert chosen(None, environment) == (Path("there"), "PURENN_DATA='there'")
    assert chosen(None, {"PURENN_DATA": ""}) is None
    assert chosen(None, {}) is None
    with pytest.raises(OptionError, match=r"^directory must be a path or text and is 5\.$"):
        chosen(5, environment)


def test_what_is_kept_is_there_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    keep(folder, "file.gz", b"old")
    keep(folder, "file.gz", b"new")
    assert [path.name for path in folder.iterdir()] == ["file.gz"]
    assert (folder / "file.gz").read_bytes() == b"new"


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnavailableError, match=r"file/b cannot be written to: Not a directory\.$"):
        keep(tmp_path / "file" / "b", "name", b"content")
    (tmp_path / "name").mkdir()  # a file cannot take the place of a directory
    with pytest.raises(UnavailableError, match=r"cannot be written to: Is a directory\.$"):
        keep(tmp_path, "name", b"content")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "name"]


def python(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = (sys.executable, "-c", code, *arguments)
    paths = os.pathsep.join(sys.path)
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)


HANG = """
import os, sys, time
from pathlib import Path
from purenn.datasets.folders import keep

def hang(descriptor):
    print("written", flush=True)
    time.sleep(60)

os.fsync = hang
keep(Path(sys.argv[1]), "file.gz", b"content")
"""


def test_a_killed_process_leaves_no_half_written_file(tmp_path: Path) -> None:
    with python(HANG, str(tmp_path)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    (part,) = tmp_path.iterdir()
    assert part.name.endswith(".part")
    keep(tmp_path, "file.gz", b"content")  # soon after: the other process might still be at work
    assert part.exists()
    day_before_yesterday = part.stat().st_mtime - 2 * 86400
    os.utime(part, (day_before_yesterday, day_before_yesterday))
    keep(tmp_path, "file.gz", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["file.gz"]


REPEAT = """
import sys
from pathlib import Path
from purenn.datasets.folders import keep

for _ in range(100):
    keep(Path(sys.argv[1]), "file.gz", bytes([int(sys.argv[2])]) * 100_000)
"""


def test_processes_that_keep_the_same_file_do_not_disturb_each_other(tmp_path: Path) -> None:
    seen: set[bytes] = set()
    with python(REPEAT, str(tmp_path), "1") as first, python(REPEAT, str(tmp_path), "2") as second:
        while first.poll() is None or second.poll() is None:
            if (tmp_path / "file.gz").exists():
                seen.add((tmp_path / "file.gz").read_bytes())
    assert first.returncode == second.returncode == 0
    assert seen <= {b"\1" * 100_000, b"\2" * 100_000}
    assert seen
    assert [path.name for path in tmp_path.iterdir()] == ["file.gz"]
