"""Python and scripts as people run them: in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parent.parent / "scripts"
# What every run leaves.
RECORDS = {"config.json", "environment.json", "metrics.jsonl", "times.jsonl", "summary.json"}


def started(script: str, *arguments: object, **variables: str) -> subprocess.Popen[str]:
    """A script that has just been started, in one thread: these matrices are small."""
    return subprocess.Popen(
        [sys.executable, str(SCRIPTS / script), *map(str, arguments)],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(script: str, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    """A script, run to its end."""
    return python(SCRIPTS / script, *arguments, **{"OPENBLAS_NUM_THREADS": "1", **variables})


def python(
    *arguments: object, cwd: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Python with these arguments, run to its end."""
    command, env = [sys.executable, *map(str, arguments)], {**os.environ, **variables}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def told(*arguments: object, cwd: Path | None = None, **variables: str) -> str:
    """What Python prints with these arguments, without an error."""
    ended = python(*arguments, cwd=cwd, **variables)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
