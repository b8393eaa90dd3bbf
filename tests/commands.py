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


def run(script: str, *arguments: object, **variables: str) -> Ended:
    """Run a script to its end, in one thread: these matrices are small."""
    result = subprocess.run(
        [sys.executable, str(SCRIPTS / script), *map(str, arguments)],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(result.returncode, result.stdout, result.stderr)
