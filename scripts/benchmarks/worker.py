"""The process of one contender: it runs as many steps as it is told to, and says how long.

Started as `python -m benchmarks.worker CONTENDER WORKLOAD THREADS`, the workload as JSON. It gives
a line of JSON once it is set up, and then, for each line of standard input, a number of steps, one
more. What the contender itself prints is written, but not shown.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from time import perf_counter

from benchmarks.contenders import CONTENDERS
from benchmarks.workloads import Workload


def peak_bytes() -> int:
    """The most memory that this process ever had in RAM, or 0 where the system does not tell.

    Not `getrusage`: there a process starts from the peak of the one that started it.
    """
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    peaks = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")]
    return sum(peaks)


def keep_to_cores(count: int) -> None:
    """Leave only so many cores to this process, where the system can do that.

    Not every library can be told a number of threads, but all of them see the cores.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def main() -> None:
    """Serve one contender until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    keep_to_cores(int(sys.argv[3]))
    contender = CONTENDERS[sys.argv[1]].setup(Workload(**json.loads(sys.argv[2])))
    print(json.dumps({"check": contender.check()}), file=answers, flush=True)
    for line in sys.stdin:
        start = perf_counter()
        contender.run(int(line))
        seconds = perf_counter() - start
        answer = {"seconds": seconds, "peak_bytes": peak_bytes()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
