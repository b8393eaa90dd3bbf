"""Scripts run as people run them: in a process of their own."""

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
    with started(script, *arguments, **variables) as process:
        output, errors = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)
