from __future__ import annotations

import gzip
import io
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from sample import FOLDER, accept_sample, put_sample, sample
from states import contents

from purenn.datasets import fashion_mnist, files
from purenn.errors import UnavailableError

ARCHIVES = [f"{name}.gz" for name in files.SUMS]
SCRIPT = Path(__file__).parent.parent / "scripts" / "fashion-mnist-from-debian"


class Web(SimpleHTTPRequestHandler):
    requests: list[str]

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        self.requests.append(f"{self.path} {code}")


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose parts 0, 1 and 2 are the mirrors, which are empty."""
    accept_sample(monkeypatch, tmp_path)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / project)
    Web.requests = []
    for part in "012":
        (tmp_path / "web" / part).mkdir(parents=True)
    handler = partial(Web, directory=str(tmp_path / "web"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(files, "MIRRORS", tuple(f"{url}/{part}/" for part in "012"))
        Thread(target=server.serve_forever, args=[0.02]).start()
        yield tmp_path / "web"
        server.shutdown()


def test_files_are_downloaded_once_into_the_cache(web: Path) -> None:
    put_sample(web / "0")
    for _ in range(2):
        assert fashion_mnist().train_images.tobytes() == sample().train_images.tobytes()
        assert Web.requests == [f"/0/{archive} 200" for archive in ARCHIVES]
    assert set(contents(web.parent / "purenn" / "fashion-mnist")) == set(ARCHIVES)


def test_the_mirrors_are_tried_in_order_and_only_what_verifies_is_taken(web: Path) -> None:
    put_sample(web / "1")
    put_sample(web / "2")
    shutil.copy(FOLDER / ARCHIVES[1], web / "1" / ARCHIVES[0])
    (web.parent / "purenn" / "fashion-mnist").mkdir(parents=True)
    (web.parent / "purenn" / "fashion-mnist" / ARCHIVES[0]).write_bytes(b"corrupt")
    assert fashion_mnist().train_images.tobytes() == sample().train_images.tobytes()
    first = [f"/0/{ARCHIVES[0]} 404", f"/1/{ARCHIVES[0]} 200", f"/2/{ARCHIVES[0]} 200"]
    assert Web.requests[:5] == [*first, f"/0/{ARCHIVES[1]} 404", f"/1/{ARCHIVES[1]} 200"]
    assert len(Web.requests) == 9


def test_if_all_mirrors_fail_it_says_how(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (web / "2" / ARCHIVES[0]).write_bytes((FOLDER / ARCHIVES[0]).read_bytes()[:-9])
    monkeypatch.setattr(files, "TIMEOUT", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        middle = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        monkeypatch.setattr(files, "MIRRORS", (files.MIRRORS[0], middle, files.MIRRORS[2]))
        with pytest.raises(UnavailableError, match="To provide the files by hand") as caught:
            fashion_mnist()
    lines = str(caught.value).split("\n")[1:-1]
    places = files.INSTALLED, web.parent / "purenn", *files.MIRRORS
    problems = *["has no train-im"] * 2, "404", "read timeout=1.0", "truncated or corrupt"
    for line, *parts in zip(lines, places, problems, strict=True):
        assert all(str(part) in line for part in parts)
    assert not (web.parent / "purenn").exists()


def test_what_has_no_end_fills_no_memory(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 1000)
    (web / "0" / ARCHIVES[0]).write_bytes(gzip.compress(bytes(10**5)))
    (web / "1" / ARCHIVES[0]).write_bytes(bytes(10**5))
    with pytest.raises(UnavailableError) as caught:
        fashion_mnist()
    assert "truncated or corrupt: it goes on after 1,000 bytes.\n" in str(caught.value)
    assert "/1/: it sends more than 1,000 bytes.\n" in str(caught.value)


def test_without_pooch_it_says_what_to_install(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(UnavailableError, match=r"pip install '\.\[data\]'(.|\n)*PURENN_DATA"):
        fashion_mnist()


def test_without_a_home_it_says_how(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pooch.os_cache", lambda project: Path("~nobody-of-that-name").expanduser())
    with pytest.raises(UnavailableError, match=r"home directory\.\nTo provide"):
        fashion_mnist()


@pytest.mark.parametrize("kind", ["terminal", "file", "closed"])
def test_terminals_show_progress(web: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: kind == "terminal")
    monkeypatch.setattr(sys, "stderr", None if kind == "closed" else stream)
    put_sample(web / "0")
    fashion_mnist()
    assert ("100%" in stream.getvalue()) == (kind == "terminal")


FAKE_APT = """#!/bin/bash
[[ $* == *Dir::State::lists=*update ]] && touch updated
[[ $* == *download* && -e updated ]] && tar -cf dataset-fashion-mnist_1_all.deb -C "$ROOT" usr
"""


def test_the_files_come_out_of_debians_package(tmp_path: Path) -> None:
    for name, text in (("apt-get", FAKE_APT), ("dpkg-deb", '#!/bin/bash\ntar -xf "$2" -C "$3"')):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    put_sample(tmp_path / "root/usr/share/datasets/fashion-mnist")
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "ROOT": str(tmp_path / "root")}
    subprocess.run([SCRIPT, "to/here"], cwd=tmp_path, env=os.environ | path, check=True)
    assert set(contents(tmp_path / "to/here")) == set(ARCHIVES)
