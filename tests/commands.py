"""Python and scripts as people run them: in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SCRIPTS = Path(__file__).parent.parent / "scripts"
# What every run leaves.
RECORDS = {"config.json", "environment.json", "metrics.jsonl", "times.jsonl", "summary.json"}


def run(script: str, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    """A script, run to its end."""
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", **variables}
    return python(SCRIPTS / script, *arguments, env=env)


def python(
    *arguments: object, cwd: Path | None = None, env: Mapping[str, str] = os.environ
) -> subprocess.CompletedProcess[str]:
    """Python with these arguments, run to its end."""
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def told(*arguments: object, cwd: Path | None = None, env: Mapping[str, str] = os.environ) -> str:
    """What Python prints with these arguments, without an error."""
    ended = python(*arguments, cwd=cwd, env=env)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
