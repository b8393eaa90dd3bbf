"""Running the commands of other programs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import attrs

from purenn.errors import UnavailableError


@attrs.frozen
class Outcome:
    """How a command ended: its status, and the lines it wrote to both of its outputs."""

    status: int
    lines: tuple[str, ...]


# Runs a command in a folder for at most so many seconds.
Run = Callable[[tuple[str, ...], Path, float], Outcome]


def run_command(command: tuple[str, ...], folder: Path, seconds: float) -> Outcome:
    """Run a command, whose messages are to be in English.

    Raises:
        UnavailableError: there is no such command, it cannot be run, or it takes too long.
    """
    name = command[0]
    if shutil.which(name) is None:
        raise UnavailableError(f"there is no command {name} here.")
    try:
        done = subprocess.run(
            ("env", "LC_ALL=C", *command),
            cwd=folder,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"{name} took more than {seconds:g} seconds.") from error
    except OSError as error:
        raise UnavailableError(f"{name} cannot be run: {error.strerror}.") from error
    return Outcome(done.returncode, tuple(done.stdout.splitlines()))
