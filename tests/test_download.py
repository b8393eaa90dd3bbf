from __future__ import annotations

import io
import re
import socket
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
from mini import ARCHIVES, CONTENTS, MINI, is_mini, places
from serving import (
    Answer,
    broken_off,
    dripping,
    failing,
    senseless,
    serve,
    silent,
    stalling,
    whole,
)

from purenn.datasets.acquire import Route
from purenn.datasets.download import MIRRORS, Patience, from_mirror, within
from purenn.datasets.fashion_mnist import load_anywhere
from purenn.datasets.progress import Lines
from purenn.errors import UnavailableError

PATIENCE = Patience(answer=2.0, silence=1.0, whole=1.5)
IMAGES, LABELS, TEST_IMAGES, TEST_LABELS = MINI
BODY = ARCHIVES[TEST_IMAGES.archive]
GOOD: Mapping[str, Answer] = {f"/{name}": whole(body) for name, body in ARCHIVES.items()}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def mirror(url: str, said: io.StringIO, patience: Patience = PATIENCE) -> Route:
    return Route("download", partial(from_mirror, url, patience=patience, progress=Lines(said)))


def test_files_come_from_a_mirror_once_and_from_the_cache_later(tmp_path: Path) -> None:
    said = io.StringIO()
    with serve(GOOD) as server:
        where = places(tmp_path / "cache", mirror(server.url, said))
        assert is_mini(load_anywhere(MINI, where, Lines(said)))
        assert server.requests == [f"/{file.archive}" for file in MINI]
        assert is_mini(load_anywhere(MINI, where, Lines(said)))
        assert len(server.requests) == 4
    kept = {path.name: path.read_bytes() for path in (tmp_path / "cache").iterdir()}
    assert kept == ARCHIVES
    lines = said.getvalue().splitlines()
    assert lines[:2] == [f"Downloading from {server.url}", "train-images-idx3-ubyte.gz: 0.0 MB"]
    assert lines[-1] == "t10k-labels-idx1-ubyte.gz: 100 %"


def test_a_mirror_may_unpack_what_it_serves(tmp_path: Path) -> None:
    answers = {
        f"/{file.archive}": whole(content) for file, content in zip(MINI, CONTENTS, strict=True)
    }
    said = io.StringIO()
    with serve(answers) as server:
        where = places(tmp_path, mirror(server.url, said))
        assert is_mini(load_anywhere(MINI, where, Lines(said)))
    assert is_mini(load_anywhere(MINI, places(tmp_path), Lines(said)))


FAULTS: Mapping[str, tuple[Answer, str]] = {
    "error": (failing(500), r"the server answers 500 Internal Server Error\."),
    "missing": (failing(404), r"the server answers 404 Not Found\."),
    "silence": (silent, r"the server fell silent\."),
    "stall": (stalling(BODY), r"the server fell silent\."),
    "drip": (dripping, r"only \d+ bytes had come when the time was up\."),
    "senseless": (senseless, r"the answer makes no sense \(BadStatusLine\("),
    "truncated": (
        broken_off(BODY[:-50], len(BODY)),
        rf"the transfer broke off after {len(BODY) - 50} of {len(BODY)} bytes\.",
    ),
    "truncated, size unknown": (
        broken_off(BODY[:-50], None),
        r"is truncated: its gzip data has no end\.",
    ),
    "too long": (broken_off(bytes(10**5), None), r"the file is longer than \d+ bytes\."),
    "empty": (whole(b""), r"it has 0 bytes with SHA-256 e3b0c442"),
    "swapped": (
        whole(ARCHIVES[IMAGES.archive]),
        r"is not t10k-images-idx3-ubyte: it holds train-images-idx3-ubyte \(the files were swapp",
    ),
    "other file": (whole(b"<html>Log in first</html>"), r"it has 25 bytes with SHA-256 "),
    "corrupt": (whole(BODY[:99] + b"xyz" + BODY[102:]), r"gz is (corrupt|not t10k|truncated)"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_and_leaves_nothing_in_the_cache(tmp_path: Path, fault: str) -> None:
    answer, message = FAULTS[fault]
    answers = {**GOOD, f"/{TEST_IMAGES.archive}": answer}
    said = io.StringIO()
    with serve(answers) as server:
        where = places(tmp_path, mirror(server.url, said))
        with pytest.raises(UnavailableError, match=message) as caught:
            load_anywhere(MINI, where, Lines(said))
    text = str(caught.value)
    assert text.startswith(f"{TEST_IMAGES.archive}, {TEST_LABELS.archive} cannot be had. Tried:\n")
    assert f"  - download: {server.url}{TEST_IMAGES.archive}" in text
    assert text.endswith("\nSet PURENN_DATA.")
    assert {path.name for path in tmp_path.iterdir()} == {IMAGES.archive, LABELS.archive}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_next_mirror_gives_what_is_still_missing(tmp_path: Path, fault: str) -> None:
    answer, message = FAULTS[fault]
    answers = {**GOOD, f"/{TEST_IMAGES.archive}": answer}
    said = io.StringIO()
    with serve(answers) as bad, serve(GOOD) as good:
        where = places(tmp_path, mirror(bad.url, said), mirror(good.url, said))
        assert is_mini(load_anywhere(MINI, where, Lines(said)))
        assert good.requests == [f"/{TEST_IMAGES.archive}", f"/{TEST_LABELS.archive}"]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == ARCHIVES
    assert re.search(message, said.getvalue())


def test_a_corrupt_file_in_the_cache_is_told_and_fetched_again(tmp_path: Path) -> None:
    (tmp_path / LABELS.archive).write_bytes(ARCHIVES[LABELS.archive][:-5])
    said = io.StringIO()
    with serve(GOOD) as server:
        where = places(tmp_path, mirror(server.url, said))
        assert is_mini(load_anywhere(MINI, where, Lines(said)))
    assert f"{tmp_path / LABELS.archive} is truncated" in said.getvalue()
    assert (tmp_path / LABELS.archive).read_bytes() == ARCHIVES[LABELS.archive]


def test_a_cache_that_cannot_be_written_to_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = io.StringIO()
    with serve(GOOD) as server:
        where = places(tmp_path / "file" / "cache", mirror(server.url, said))
        assert is_mini(load_anywhere(MINI, where, Lines(said)))
    assert (
        f"{tmp_path}/file/cache cannot be written to: Not a directory. "
        "So t10k-labels-idx1-ubyte.gz has to be fetched again next time.\n"
    ) in said.getvalue()


def test_a_server_that_is_not_there_is_given_up_at_once(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        _, port = free.getsockname()
        said = io.StringIO()
        where = places(tmp_path, mirror(f"http://127.0.0.1:{port}/", said))
        with pytest.raises(UnavailableError, match=r"no connection \(.*Connection refused\)"):
            load_anywhere(MINI, where, Lines(said))


def test_a_server_that_takes_no_connections_is_given_up_in_time(tmp_path: Path) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        host, port = full.getsockname()
        with socket.create_connection((host, port)):  # whoever comes now has to wait
            said = io.StringIO()
            where = places(tmp_path, mirror(f"http://127.0.0.1:{port}/", said))
            start = time.monotonic()
            with pytest.raises(
                UnavailableError, match=r"no answer within 2 seconds|timed out|fell silent"
            ):
                load_anywhere(MINI, where, Lines(said))
            assert time.monotonic() - start < 30


def test_an_action_has_its_time_and_no_more() -> None:
    def fail() -> int:
        raise KeyError("here")

    def sleep() -> int:
        time.sleep(0.5)
        return 3

    assert within(5.0, lambda: 7) == 7
    with pytest.raises(KeyError, match="here"):
        within(5.0, fail)
    with pytest.raises(TimeoutError, match=r"^no answer within 0\.05 seconds$"):
        within(0.05, sleep)


def test_the_mirrors_are_folders_of_the_published_archives() -> None:
    assert all(url.startswith("http") and url.endswith("/") for url in MIRRORS)
    assert len(set(MIRRORS)) == len(MIRRORS) >= 3
