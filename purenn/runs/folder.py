"""A run's folder: begun by `start`, taken up again by `resume`, one process at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from purenn import files, jsons
from purenn.errors import RunError
from purenn.files import AnyPath
from purenn.runs.config import Config, differences, read_config
from purenn.runs.environment import ENVIRONMENT, environment
from purenn.runs.lock import locked
from purenn.runs.records import METRICS, TIMES

CONFIG = "config.json"
CHECKPOINT = "checkpoint.safetensors"
BEST = "best.safetensors"
SUMMARY = "summary.json"


@attrs.frozen
class Run:
    """A folder that this process holds, and the configuration of the run in it."""

    folder: Path
    config: Config

    @property
    def checkpoint(self) -> Path:
        """The file with the last checkpoint."""
        return self.folder / CHECKPOINT

    @property
    def best(self) -> Path:
        """The file with the best epoch's parameters, if `train` was told what is best."""
        return self.folder / BEST


@contextmanager
def start(folder: AnyPath, config: Config) -> Iterator[Run]:
    """Begin a run in a folder of its own, which is made if need be.

    Raises:
        RunError: the folder holds a run or is in use. It is left as it was.
        UnavailableError: it cannot be written to.
    """
    place = files.expanded(folder)
    with _held(place, lambda: _require_vacant(place)):
        yield _begun(place, config)


@contextmanager
def resume(
    folder: AnyPath, config: Config | None = None, *, may_change: Collection[str] = ()
) -> Iterator[Run]:
    """Go on with the run in a folder.

    Args:
        folder: the folder.
        config: the configuration that the run must have; it is begun if there is none yet. Left
            out, it is the one in the folder: `run.config`.
        may_change: settings that may differ from the folder's, such as `("epochs",)`: those given
            here hold from now on, and `begin` writes them to config.json.

    Raises:
        RunError: the run has another configuration, or the folder is in use. It is left as it was.
        FormatError, UnavailableError: a file in it is malformed, or cannot be read or written.
    """
    place = files.expanded(folder)

    def check() -> None:
        if config is not None and not files.exists(place / CONFIG):
            _require_vacant(place)
        else:
            _require_run(place, config, may_change)

    with _held(place, check):
        if config is None:
            yield Run(place, read_config(place / CONFIG))
        elif files.exists(place / CONFIG):
            yield Run(place, config)
        else:
            yield _begun(place, config)


@contextmanager
def _held(folder: Path, check: Callable[[], None]) -> Iterator[None]:
    check()
    files.make_folder(folder)
    with locked(folder, check):
        yield


def _begun(folder: Path, config: Config) -> Run:
    # The configuration comes last: where it is, there is a run.
    files.write(folder / ENVIRONMENT, jsons.dump(environment(), indent=2))
    files.write(folder / CONFIG, config.encode())
    return Run(folder, config)


def note_config(run: Run) -> None:
    """Write down what of the configuration has changed since the last session, if anything."""
    if differences(read_config(run.folder / CONFIG), run.config):
        files.write(run.folder / CONFIG, run.config.encode())


def _require_vacant(folder: Path) -> None:
    if files.exists(folder / CONFIG):
        raise RunError(f"{folder} holds a run already. Resume it, or choose another folder.")
    for name in (CHECKPOINT, BEST, METRICS, TIMES, SUMMARY):
        if files.exists(folder / name):
            raise RunError(
                f"{folder} holds a {name}, but no {CONFIG}: it is not a run of purenn's, or was "
                "damaged. Choose another folder."
            )


def _require_run(folder: Path, config: Config | None, may_change: Collection[str]) -> None:
    if not files.exists(folder / CONFIG):
        raise RunError(f"{folder} holds no run. Start one there, or choose another folder.")
    known = read_config(folder / CONFIG)
    found = () if config is None else differences(known, config, may_change)
    if found:
        raise RunError(
            f"{folder} holds a run with another configuration:\n  "
            + "\n  ".join(found)
            + "\nGive the same settings, or choose another folder."
        )
