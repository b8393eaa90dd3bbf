"""Scripts run as people run them: in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import attrs

SCRIPTS = Path(__file__).parent.parent / "scripts"


@attrs.frozen
class Ended:
    """What a script left behind."""

    status: int
    output: str
    errors: str


def environment(**variables: str) -> dict[str, str]:
    """The surroundings of a script: one thread, for these matrices are small."""
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1", "COLUMNS": "100", **variables}


def command(script: str, *arguments: object) -> list[str]:
    return [sys.executable, str(SCRIPTS / script), *map(str, arguments)]


def run(script: str, *arguments: object, **variables: str) -> Ended:
    """Run a script to its end."""
    result = subprocess.run(
        command(script, *arguments),
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(result.returncode, result.stdout, result.stderr)
