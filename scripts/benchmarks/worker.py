"""The process of a contender: `python -m benchmarks.worker MODULE WORKLOAD MODE`.

It prints its first losses. Then it reads numbers of steps, runs so many, and prints the seconds
that they took and its peak memory in bytes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import SupportsFloat

from benchmarks.workloads import Workload

CHECKED = 10  # first losses, by which contenders are compared
# Runs so many steps to their end. Returns the loss of each, or the first row of the last answer.
Run = Callable[[int], Sequence[SupportsFloat]]


def peak_bytes() -> int:
    """The peak memory of this process, or 0 where the system does not tell.

    Not `getrusage`: there a process starts from the peak of the one that started it.
    """
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def main(module: str, workload: str, mode: str) -> None:
    """Serve until standard input ends."""
    setup: Callable[[Workload, str], Run] = import_module(f"benchmarks.{module}").contender
    run = setup(Workload(**json.loads(workload)), mode)
    print(*map(float, run(CHECKED)), flush=True)
    for line in sys.stdin:
        start = perf_counter()
        run(int(line))
        print(perf_counter() - start, peak_bytes(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
