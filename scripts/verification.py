"""Running a folder's configuration again, and telling whether the same came of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from purenn import runs
from purenn.errors import RunError
from purenn.runs.folder import CONFIG

SCRIPTS = Path(__file__).parent
NAME = re.compile(r"[a-z][a-z0-9_]*\.py")  # of a script, and nothing that leads out of the folder


def verified(folder: Path) -> tuple[bool, str]:
    """Whether a finished run gives the same digest again, and what to tell about it."""
    config = runs.read_config(folder / CONFIG)
    before = runs.read_summary(folder)
    if before is None:
        raise RunError(f"{folder} holds a run that is not finished. Resume it first.")
    script = SCRIPTS / config.script
    if not NAME.fullmatch(config.script) or not script.is_file():
        which = f"{config.script!r}, which is not one of the scripts."
        raise RunError(f"{folder} holds a run of {which}")
    with tempfile.TemporaryDirectory() as place:
        again = Path(place) / "run"
        command = sys.executable, script, "--config", folder.absolute() / CONFIG
        after = performed(command, again, {})
        environments = runs.read_environment(folder), runs.read_environment(again)
        changes = runs.environment_differences(*environments)
        if before.digest != after.digest and environments[0].get("arithmetic") == "portable":
            # No other fact explains it then.
            changes = tuple(x for x in changes if x.startswith(("purenn:", "commit:")))
        return before.digest == after.digest, told(before.digest, after.digest, changes)


def performed(
    command: Sequence[str | Path], folder: Path, variables: dict[str, str]
) -> runs.Summary:
    """What came of a script's run in a folder: an interpreter, the script, and its options."""
    args, env = [*command, "--folder", folder], os.environ | variables
    done = subprocess.run(args, env=env, capture_output=True, text=True, check=False)
    summary = runs.read_summary(folder) if folder.exists() else None
    if summary is None:  # 1 may also say that an article's numbers do not agree
        raise RunError(f"{Path(command[1]).name} failed:\n{done.stderr.strip()}")
    return summary


def told(before: str, after: str, changes: tuple[str, ...]) -> str:
    """What two digests, and what changed in the environment, have to say."""
    listed = "".join(f"\n  {change}" for change in changes)
    if before == after:
        more = f"\nThe environment differs:{listed}" if changes else ""
        return f"The digest is the same: {after}{more}"
    reason = f"The environment differs, which may explain it:{listed}"
    if not changes:
        reason = (
            "No environment explains it. Look at what the configuration leaves out: were more "
            "epochs asked for with --resume? Were the data the same?"
        )
    return f"The digest differs:\n  {before} there\n  {after} here\n{reason}"
