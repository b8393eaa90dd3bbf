"""Running a folder's configuration again, and telling whether the same came of it."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import attrs

from purenn import RunError, runs
from purenn.runs.environment import differences

SCRIPTS = Path(__file__).parent
NAME = re.compile(r"[a-z][a-z0-9_]*\.py")  # of a script, and nothing that leads out of the folder


@attrs.frozen
class Verdict:
    """What a repetition showed.

    Args:
        expected: the digest that the folder has.
        actual: the digest of the repetition.
        changes: the facts in which the environments differ, a sentence each.
    """

    expected: str
    actual: str
    changes: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether the parameters are the same to the last bit."""
        return self.expected == self.actual

    def __str__(self) -> str:
        listed = "".join(f"\n  {change}" for change in self.changes)
        if self.is_same:
            more = f"\nThe environment is another:{listed}" if self.changes else ""
            return f"The digest is the same: {self.actual}{more}"
        told = f"The digest is another:\n  {self.expected} there\n  {self.actual} here\n"
        if self.changes:
            return f"{told}The environment is another, which may explain it:{listed}"
        return (
            f"{told}The environment does not explain it, for it is the same. Look at what the "
            "configuration leaves out, such as the data."
        )


def verify(folder: Path) -> Verdict:
    """Run the configuration of a finished run again, in a temporary folder.

    Raises:
        RunError: the folder holds no finished run of these scripts, or the repetition failed.
    """
    config = runs.read_config(folder / "config.json")
    before = runs.read_summary(folder)
    if before is None:
        raise RunError(f"{folder} holds a run that did not finish: there is nothing to compare.")
    script = SCRIPTS / config.script
    if not NAME.fullmatch(config.script) or not script.is_file():
        raise RunError(f"{folder} holds a run of {config.script!r}: there is no such script here.")
    with tempfile.TemporaryDirectory() as place:
        again = Path(place) / "run"
        _perform(script, folder / "config.json", again)
        after = runs.read_summary(again)
        if after is None:
            raise RunError(f"{config.script} ended without a summary.")
        changes = differences(runs.read_environment(folder), runs.read_environment(again))
        return Verdict(before.digest, after.digest, changes)


def _perform(script: Path, config: Path, folder: Path) -> None:
    command = [sys.executable, str(script), "--config", str(config), "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RunError(
            f"{script.name} failed with status {done.returncode}:\n{done.stderr.strip()}"
        )
