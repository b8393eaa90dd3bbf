"""A run's folder: begun by `start`, taken up by `resume`, and had by one process at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from purenn import durable, jsons
from purenn.errors import FormatError, RunError, UnavailableError
from purenn.runs import config as configs
from purenn.runs.config import Config, read_config
from purenn.runs.environment import Environment, environment, noted
from purenn.runs.lock import locked
from purenn.runs.records import METRICS, TIMES

CONFIG = "config.json"
ENVIRONMENT = "environment.json"
CHECKPOINT = "checkpoint.npz"
SUMMARY = "summary.json"

LIMIT = 2**20  # bytes


@attrs.frozen
class Run:
    """A folder that this process has for itself, and the configuration in it."""

    folder: Path
    config: Config

    @property
    def checkpoint(self) -> Path:
        """Where the checkpoint is."""
        return self.folder / CHECKPOINT


@contextmanager
def start(folder: Path, config: Config) -> Iterator[Run]:
    """Begin a run in a folder of its own, which is made if need be.

    Raises:
        RunError: the folder holds a run, is in use, or cannot be written to. It is left as it was.
    """

    def check() -> None:
        _require_vacant(folder)

    check()
    with _prepared(folder, config, check) as run:
        _describe(run)
        yield run


@contextmanager
def resume(folder: Path, config: Config) -> Iterator[Run]:
    """Go on with the run in a folder, or begin it if there is none yet.

    Raises:
        RunError: the run there has another configuration, the folder is in use, or cannot be
            written to. It is left as it was.
    """

    def check() -> None:
        if (folder / CONFIG).exists():
            _require_equal(folder, config)
        else:
            _require_vacant(folder)

    check()
    with _prepared(folder, config, check) as run:
        if not (folder / CONFIG).exists():
            _describe(run)
        yield run


@contextmanager
def _prepared(folder: Path, config: Config, check: Callable[[], None]) -> Iterator[Run]:
    configs.encode(config)
    try:
        durable.make_folder(folder)
    except UnavailableError as error:
        raise RunError(f"{error}") from error
    with locked(folder, check):
        yield Run(folder, config)


def _describe(run: Run) -> None:
    # The configuration comes last: where it is, there is a run.
    write_file(run.folder / ENVIRONMENT, jsons.document(environment()))
    write_file(run.folder / CONFIG, configs.encode(run.config))


def _require_vacant(folder: Path) -> None:
    if (folder / CONFIG).exists():
        raise RunError(
            f"{folder} holds a run already. Go on with it by --resume, or choose another folder."
        )
    for name in (CHECKPOINT, METRICS, TIMES, SUMMARY):
        if (folder / name).exists():
            raise RunError(
                f"{folder} holds a {name}, but no {CONFIG}: it is no run of purenn's, or was "
                "damaged. Choose another folder."
            )


def _require_equal(folder: Path, config: Config) -> None:
    found = configs.differences(read_config(folder / CONFIG), config)
    if found:
        raise RunError(
            f"{folder} holds a run of another configuration:\n  "
            + "\n  ".join(found)
            + "\nGive the same settings, or choose another folder."
        )


def write_file(path: Path, content: bytes) -> None:
    """Put a file into a folder in one step: all of it, or what was there before.

    Raises:
        RunError: it cannot be written.
    """
    try:
        durable.write(path, content)
    except UnavailableError as error:
        raise RunError(f"{error}") from error


def note_environment(run: Run) -> None:
    """Write down in what a session's environment differs from the sessions' before, if it does.

    Raises:
        RunError: environment.json cannot be read or written.
    """
    known = read_environment(run.folder)
    found = noted(known, environment())
    if found != known:
        write_file(run.folder / ENVIRONMENT, jsons.document(found))


def read_environment(folder: Path) -> Environment:
    """The environment that a run was started in.

    Raises:
        RunError: there is no such file, or it holds something else.
    """
    path = folder / ENVIRONMENT
    try:
        found = jsons.parse(durable.read(path, LIMIT), str(path))
    except (FormatError, UnavailableError) as error:
        raise RunError(f"{error}") from None
    if not isinstance(found, dict):
        raise RunError(f"{path} holds no environment.")
    return found
