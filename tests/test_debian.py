from __future__ import annotations

import io
import tarfile
import tempfile
from functools import partial
from pathlib import Path

import pytest
from mini import ARCHIVES, MINI, is_mini, places

from purenn.datasets.acquire import Route
from purenn.datasets.commands import run_command
from purenn.datasets.debian import INSTALLED, from_package
from purenn.datasets.fashion_mnist import load_anywhere
from purenn.datasets.progress import Lines
from purenn.errors import UnavailableError

# Stand-ins for the two commands, so that no network is needed. `apt-get` writes down what it was
# asked, and a "package" is a tar archive.
APT = """#!/bin/sh
echo "$*" >> {log}
case "$*" in
*" update") {update} ;;
*" indextargets "*) {targets} ;;
*" download dataset-fashion-mnist") {download} ;;
*) exit 99 ;;
esac
"""
UNPACK = """#!/bin/sh
[ "$1" = --extract ] || exit 99
mkdir -p "$3" && tar -xf "$2" -C "$3" || {{ echo "dpkg-deb: error: no package" >&2; exit 2; }}
"""
LOCATE_FAILED = 'echo "E: Unable to locate package dataset-fashion-mnist" >&2; exit 100'
UBUNTU = "; ".join(
    f"echo '{line}'"
    for line in (
        "Ubuntu|http://archive.ubuntu.com/ubuntu/|noble|main",
        "Ubuntu|http://archive.ubuntu.com/ubuntu/|noble|restricted",
        "Ubuntu|http://archive.ubuntu.com/ubuntu/|noble-updates|main",
        "Ubuntu|http://archive.ubuntu.com/ubuntu/|noble-updates|universe",
        "Debian|http://deb.debian.org/debian/|trixie|main",
        "W: something else",
    )
)


class Machine:
    """A PATH with stand-ins for apt-get and dpkg-deb, and a temporary folder of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log = folder / "log"
        self.package = folder / "package.tar"
        self.commands = folder / "commands"
        self.temporary = folder / "tem porary"
        self.commands.mkdir()
        self.temporary.mkdir()
        monkeypatch.setenv("PATH", f"{self.commands}:/usr/bin:/bin")
        monkeypatch.setattr(tempfile, "tempdir", str(self.temporary))

    def install(self, download: str, update: str = ":", targets: str = ":") -> None:
        script = APT.format(log=self.log, update=update, targets=targets, download=download)
        self._command("apt-get", script)
        self._command("dpkg-deb", UNPACK.format())

    def pack(self, archives: dict[str, bytes]) -> str:
        """Make the package; the shell command that downloads it."""
        with tarfile.open(self.package, "w") as tar:
            for name, archive in archives.items():
                member = tarfile.TarInfo(f".{INSTALLED / name}")
                member.size = len(archive)
                tar.addfile(member, io.BytesIO(archive))
        return f"cp {self.package} ./dataset-fashion-mnist_0.0_all.deb"

    def asked(self) -> list[str]:
        return self.log.read_text().splitlines()

    def _command(self, name: str, script: str) -> None:
        path = self.commands / name
        path.write_text(script)
        path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def route(said: io.StringIO) -> Route:
    return Route("apt-get", partial(from_package, run=run_command, progress=Lines(said)))


def test_files_come_out_of_the_package(machine: Machine, tmp_path: Path) -> None:
    machine.install(machine.pack(ARCHIVES))
    said = io.StringIO()
    where = places(tmp_path / "cache", route(said))
    assert is_mini(load_anywhere(MINI, where, Lines(said)))
    assert {path.name: path.read_bytes() for path in where.cache.iterdir()} == ARCHIVES
    assert list(machine.temporary.iterdir()) == []
    assert said.getvalue() == (
        "Fetching Debian's package dataset-fashion-mnist (31 MB) with apt-get, "
        "without installing it\n"
    )


def test_apt_has_directories_of_its_own(machine: Machine, tmp_path: Path) -> None:
    machine.install(machine.pack(ARCHIVES))
    load_anywhere(MINI, places(tmp_path / "cache", route(io.StringIO())), Lines(io.StringIO()))
    update, download = machine.asked()
    assert update.endswith(" update")
    assert download.endswith(" download dataset-fashion-mnist")
    for call in (update, download):
        for name in ("State", "State::lists", "State::status", "Cache", "Cache::archives", "Log"):
            assert f"--option=Dir::{name}={machine.temporary}/purenn-" in call
        assert "Dir::Etc" not in call


def test_an_update_that_fails_in_part_does_not_matter(machine: Machine, tmp_path: Path) -> None:
    failed = 'echo "E: The repository of somebody else is out of reach." >&2; exit 100'
    machine.install(machine.pack(ARCHIVES), update=failed)
    where = places(tmp_path / "cache", route(io.StringIO()))
    assert is_mini(load_anywhere(MINI, where, Lines(io.StringIO())))


def test_ubuntus_universe_is_asked_where_it_is_not_listed(machine: Machine, tmp_path: Path) -> None:
    copy = machine.pack(ARCHIVES)
    saved = f'cp "{machine.temporary}"/purenn-*/sources.list {tmp_path}/sources.list'
    download = f'case "$*" in *Dir::Etc::sourcelist=*) {copy}; {saved};; *) {LOCATE_FAILED};; esac'
    machine.install(download, targets=UBUNTU)
    said = io.StringIO()
    assert is_mini(load_anywhere(MINI, places(tmp_path / "cache", route(said)), Lines(said)))
    source = (
        "deb [signed-by=/usr/share/keyrings/ubuntu-archive-keyring.gpg] "
        "http://archive.ubuntu.com/ubuntu/ noble universe"
    )
    assert (tmp_path / "sources.list").read_text() == f"{source}\n"
    assert f"Fetching it from further package sources: {source}\n" in said.getvalue()
    assert [call.split()[-1] for call in machine.asked()] == [
        "update",
        "dataset-fashion-mnist",
        "$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)",
        "update",
        "dataset-fashion-mnist",
    ]


@pytest.mark.parametrize(
    ("download", "message"),
    [
        (
            LOCATE_FAILED,
            r"apt-get cannot fetch \S+: E: Unable to locate .* \[status 100\] \(update: Err:1",
        ),
        (":", r"apt-get cannot fetch dataset-fashion-mnist: \[status 0\]"),
        (
            "echo no tar > dataset-fashion-mnist_0.0_all.deb",
            r"dpkg-deb cannot unpack \S+_0\.0_all\.deb: dpkg-deb: error: no package \[status 2\]",
        ),
    ],
)
def test_apts_own_words_tell_why_it_fails(
    machine: Machine, tmp_path: Path, download: str, message: str
) -> None:
    machine.install(download, update="echo 'Err:1 http://deb nothing'; echo 'Reading lists...'")
    where = places(tmp_path / "cache", route(io.StringIO()))
    with pytest.raises(UnavailableError, match=f"  - apt-get: {message}"):
        load_anywhere(MINI, where, Lines(io.StringIO()))
    assert not where.cache.exists()
    assert list(machine.temporary.iterdir()) == []


def test_a_package_without_the_files_is_refused(machine: Machine, tmp_path: Path) -> None:
    labels = MINI[1].archive
    machine.install(machine.pack({name: ARCHIVES[name] for name in ARCHIVES if name != labels}))
    where = places(tmp_path / "cache", route(io.StringIO()))
    with pytest.raises(UnavailableError, match=f"_all.deb has no {labels}"):
        load_anywhere(MINI, where, Lines(io.StringIO()))


def test_the_files_in_a_package_are_verified_too(machine: Machine, tmp_path: Path) -> None:
    labels = MINI[1].archive
    machine.install(machine.pack({**ARCHIVES, labels: ARCHIVES[MINI[3].archive]}))
    where = places(tmp_path / "cache", route(io.StringIO()))
    with pytest.raises(
        UnavailableError,
        match=r"deb:/usr/share/datasets/fashion-mnist/train-labels-idx1-ubyte\.gz is not train-la"
        r"bels-idx1-ubyte: it holds t10k-labels-idx1-ubyte \(the files were swapped\)",
    ):
        load_anywhere(MINI, where, Lines(io.StringIO()))
    assert [path.name for path in where.cache.iterdir()] == [MINI[0].archive]
    assert list(machine.temporary.iterdir()) == []


def test_a_system_without_apt_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    where = places(tmp_path / "cache", route(io.StringIO()))
    with pytest.raises(UnavailableError, match=r"  - apt-get: there is no command apt-get here\."):
        load_anywhere(MINI, where, Lines(io.StringIO()))


def test_a_command_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"^sleep took more than 0\.1 seconds\.$"):
        run_command(("sleep", "60"), tmp_path, 0.1)


def test_a_command_that_cannot_be_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        UnavailableError, match=r"^true cannot be run: No such file or directory\.$"
    ):
        run_command(("true",), tmp_path / "nowhere", 1.0)


def test_both_outputs_of_a_command_are_read_in_english(tmp_path: Path) -> None:
    outcome = run_command(("sh", "-c", "echo $LC_ALL; echo oops >&2; exit 3"), tmp_path, 10.0)
    assert outcome.status == 3
    assert outcome.lines == ("C", "oops")
