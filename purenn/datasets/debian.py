"""Files out of Debian's package dataset-fashion-mnist, without installing it.

apt gets directories of its own in a temporary folder, so neither rights nor up-to-date package
lists are needed; the package sources and keys are the system's. Ubuntu has the package in its
component universe, which is asked as well where the system does not list it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from purenn.datasets import idx
from purenn.datasets.commands import Outcome, Run
from purenn.datasets.files import Deliveries, SourceFile
from purenn.datasets.folders import locate
from purenn.datasets.progress import Progress
from purenn.errors import UnavailableError

PACKAGE = "dataset-fashion-mnist"
# Where the package puts the files.
INSTALLED = Path("/usr/share/datasets/fashion-mnist")
# The component that has the package, of distributions that can be set up without it, and the file
# of the keys that sign it.
COMPONENTS = {"Ubuntu": ("universe", "/usr/share/keyrings/ubuntu-archive-keyring.gpg")}

QUERY_SECONDS = 60.0
UPDATE_SECONDS = 300.0
DOWNLOAD_SECONDS = 900.0

# Nothing but the lists of packages is fetched (no icons, translations or lists of files), servers
# that do not answer are given up soon, and no hook of the system's own updates runs. Root does not
# become the user _apt for a while, as _apt may not be allowed to write to the temporary folder.
CONFIGURATION = """\
#clear APT::Update;
#clear Acquire::IndexTargets;
Acquire::IndexTargets::deb::Packages {
  MetaKey "$(COMPONENT)/binary-$(ARCHITECTURE)/Packages";
  flatMetaKey "Packages";
  ShortDescription "Packages";
  Description "$(RELEASE)/$(COMPONENT) $(ARCHITECTURE) Packages";
  flatDescription "$(RELEASE) Packages";
  Optional "0";
};
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::http::Timeout "10";
Acquire::https::Timeout "10";
APT::Sandbox::User "root";
"""
TARGET = "$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)"


def from_package(files: tuple[SourceFile, ...], run: Run, progress: Progress) -> Deliveries:
    """The archives of files in the package, as they come, each with its place in there.

    Raises:
        UnavailableError: apt or the package is not to be had; the message has apt's own words.
    """
    with tempfile.TemporaryDirectory(prefix="purenn-") as name:
        folder = Path(name)
        package = _download(folder, run, progress)
        unpacked = folder / "unpacked"
        outcome = run(("dpkg-deb", "--extract", str(package), str(unpacked)), folder, QUERY_SECONDS)
        if outcome.status != 0:
            raise UnavailableError(f"dpkg-deb cannot unpack {package.name}: {_summary(outcome)}.")
        inside = unpacked / INSTALLED.relative_to("/")
        for file in files:
            place = locate(inside, file)
            if place is None:
                raise UnavailableError(f"{package.name} has no {file.archive}.")
            yield file, idx.read_raw(place), f"{package.name}:{INSTALLED / place.name}"


def _download(folder: Path, run: Run, progress: Progress) -> Path:
    """The package, fetched into a folder."""
    apt = _set_up(folder)
    progress.say(f"Fetching Debian's package {PACKAGE} (31 MB) with apt-get, without installing it")
    try:
        return _attempt(apt, folder, run)
    except UnavailableError:
        sources = _further_sources(apt, folder, run)
        if not sources:
            raise
    progress.say(f"Fetching it from further package sources: {'; '.join(sources)}")
    return _attempt((*apt, *_restricted(folder, sources)), folder, run)


def _set_up(folder: Path) -> tuple[str, ...]:
    """The beginning of an apt-get command that reads and writes its state in a folder."""
    for directory in ("lists/partial", "archives/partial", "parts"):
        (folder / directory).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "apt.conf").write_text(CONFIGURATION)
    directories = {
        "State": folder,
        "State::lists": folder / "lists",
        "State::status": folder / "status",
        "Cache": folder,
        "Cache::archives": folder / "archives",
        "Log": folder,
    }
    options = (f"--option=Dir::{name}={path}" for name, path in directories.items())
    return ("apt-get", f"--config-file={folder / 'apt.conf'}", "--quiet", *options)


def _attempt(apt: tuple[str, ...], folder: Path, run: Run) -> Path:
    # The status of update says little: one source of many that is out of reach spoils it.
    update = run((*apt, "update"), folder, UPDATE_SECONDS)
    download = run((*apt, "download", PACKAGE), folder, DOWNLOAD_SECONDS)
    found = sorted(folder.glob(f"{PACKAGE}_*.deb"))
    if download.status == 0 and found:
        return found[0]
    raise UnavailableError(
        f"apt-get cannot fetch {PACKAGE}: {_summary(download)} (update: {_summary(update)})."
    )


def _further_sources(apt: tuple[str, ...], folder: Path, run: Run) -> tuple[str, ...]:
    """Lines for components that the system does not ask, of repositories that it does ask."""
    listed = run((*apt, "indextargets", "--format", TARGET), folder, QUERY_SECONDS)
    targets = [line.split("|") for line in listed.lines if line.count("|") == TARGET.count("|")]
    known = {(uri, release, component) for _, uri, release, component in targets}
    lines: dict[str, None] = {}
    for origin, uri, release, _ in targets:
        component, keys = COMPONENTS.get(origin, ("", ""))
        if component and (uri, release, component) not in known:
            lines[f"deb [signed-by={keys}] {uri} {release} {component}"] = None
    return tuple(lines)


def _restricted(folder: Path, sources: tuple[str, ...]) -> tuple[str, ...]:
    """Options that make apt ask these package sources and no others."""
    (folder / "sources.list").write_text("".join(f"{line}\n" for line in sources))
    return (
        f"--option=Dir::Etc::sourcelist={folder / 'sources.list'}",
        f"--option=Dir::Etc::sourceparts={folder / 'parts'}",
    )


def _summary(outcome: Outcome) -> str:
    """The last errors among the lines of a command, or its last line, and its status."""
    errors = [line for line in outcome.lines if line.startswith(("E:", "Err:", "dpkg-deb: error"))]
    said = errors[-2:] or list(outcome.lines[-1:])
    return " ".join((*said, f"[status {outcome.status}]"))
