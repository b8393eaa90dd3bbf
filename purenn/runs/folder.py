"""A run's folder: begun by `start`, taken up again by `resume`, one process at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import attrs
from filelock import lock_descriptor

from purenn import checks, files, jsons
from purenn.errors import OptionError, RunError
from purenn.kernels.threads import in_each_fork
from purenn.runs.config import Config, changes, read_config
from purenn.runs.environment import ENVIRONMENT, environment
from purenn.runs.records import METRICS, TIMES

CONFIG = "config.json"
CHECKPOINT = "checkpoint.safetensors"
BEST = "best.safetensors"
SUMMARY = "summary.json"
LOCK = ".lock"

# The locked descriptors of this process, and the folders that they are in. Its forks share the
# descriptors, and must not keep them locked.
HELD: dict[int, Path] = {}


def _let_go() -> None:
    while HELD:
        os.close(HELD.popitem()[0])


in_each_fork(_let_go)


@contextmanager
def locked(folder: Path, check: Callable[[], None]) -> Iterator[None]:
    """Hold a folder, which is made if need be; `check` may object, also once nobody can change it.

    Two things are locked: the folder itself, where the operating system can do that, so that
    nothing is freed if somebody removes files in it; and `.lock`, which names the process.
    """
    check()
    files.make_folder(folder)
    files.require_regular(folder / LOCK)
    with ExitStack() as stack:
        with suppress(OSError):  # Windows opens no folders, and NFS does not lock them
            _take(stack, os.open(folder, os.O_RDONLY), folder)
        with files.translated(folder, "written to"):
            descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | files.NO_FOLLOW, 0o666)
            _take(stack, descriptor, folder)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        check()
        yield


def _take(stack: ExitStack, descriptor: int, folder: Path) -> None:
    HELD[descriptor] = folder
    stack.callback(_close, descriptor)
    if not lock_descriptor(descriptor, blocking=False):
        owner = "another process"
        with suppress(OSError, ValueError):
            owner = f"process {int((folder / LOCK).read_bytes())}"
        raise RunError(f"{folder} is in use by {owner}. Wait, or choose another folder.")


def _close(descriptor: int) -> None:
    if HELD.pop(descriptor, None):  # not so in a fork
        os.close(descriptor)


@attrs.frozen
class Run:
    """A folder that this process holds, as an absolute path, and the configuration of its run."""

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
def start(folder: files.AnyPath, config: Config) -> Iterator[Run]:
    """Start a run in a folder of its own, which is created if missing.

    Write `with start(folder, config) as run:`. A folder that holds a run or is in use raises
    RunError, and is left as it was.
    """
    checks.instance("config", config, Config)
    place = files.absolute(folder)
    with locked(place, lambda: _require_vacant(place)):
        jsons.write(place / ENVIRONMENT, environment())
        # The configuration comes last: where it is, there is a run.
        jsons.write(place / CONFIG, attrs.asdict(config))
        yield Run(place, config)


@contextmanager
def resume(
    folder: files.AnyPath, config: Config | None = None, *, may_change: Sequence[str] = ()
) -> Iterator[Run]:
    """Resume the run in a folder.

    Write `with resume(folder) as run:`.

    Args:
        folder: if it holds no run, one is started, provided that a configuration is given.
        config: the configuration that the run must have; by default, that in the folder.
        may_change: settings that may differ from the folder's, such as `("epochs",)`; numbers may
            only grow. The new ones apply from now on, and `begin` writes them to the file. The old
            ones are not kept: if steps already done depend on them, by a schedule say, the run is
            not what its configuration would give from the start.

    Raises:
        RunError: the run has another configuration, or the folder is in use. It is left as it was.
    """
    checks.instance("may_change", may_change, Sequence, "Give names of settings.")
    if isinstance(may_change, str):
        raise OptionError(f"may_change: expected a tuple of names, got {may_change!r}.")
    for name in may_change:
        checks.instance("may_change", name, str)
    if config is not None:
        checks.instance("config", config, Config)
    place = files.absolute(folder)
    if config is not None and not files.exists(place / CONFIG):
        with start(place, config) as run:
            yield run
        return
    with locked(place, lambda: _require_run(place, config, may_change)):
        yield Run(place, read_config(place / CONFIG) if config is None else config)


def differences(first: files.AnyPath, second: files.AnyPath) -> tuple[str, ...]:
    """The names of the files in which two folders differ, byte for byte.

    Left out are times.jsonl, the seconds in summary.json, and the lock.
    """
    one, other = files.require_folder(first), files.require_folder(second)
    names = sorted((files.names(one) | files.names(other)) - {TIMES, LOCK})
    return tuple(name for name in names if _content(one / name) != _content(other / name))


def _content(path: Path) -> object:
    if not path.is_file():
        return path.is_dir()
    facts = jsons.read(path) if path.name == SUMMARY else None
    return {**facts, "seconds": 0} if isinstance(facts, dict) else files.read(path)


def _require_vacant(folder: Path) -> None:
    for name in (CONFIG, CHECKPOINT, BEST, METRICS, TIMES, SUMMARY):
        if files.exists(folder / name):
            can_resume = files.exists(folder / CONFIG)
            cure = "Resume it, or choose" if can_resume else f"It has no {CONFIG}: choose"
            raise RunError(f"{folder} holds a run already. {cure} another folder.")


def _require_run(folder: Path, config: Config | None, may_change: Sequence[str]) -> None:
    if not files.exists(folder / CONFIG):
        raise RunError(f"{folder} holds no run: {CONFIG} is missing. Choose another folder.")
    known = read_config(folder / CONFIG)
    if config is not None and (found := changes(known, config, may_change)):
        free = f" (but for {', '.join(may_change)}; numbers may only grow)" if may_change else ""
        listed = "\n  ".join(found)
        raise RunError(
            f"{folder} holds a run with another configuration:\n  {listed}\n"
            f"Give the same settings{free}, or choose another folder."
        )
