"""How contenders are measured: in turns, each in a process of its own, or calls in this one.

Machines are noisy: times move by a factor of two within minutes. Contenders that take turns see the
same noise, and the ratios of their times within a round hold still.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from importlib.util import find_spec
from pathlib import Path
from subprocess import PIPE, Popen

import attrs
import numpy as np
from rich.console import Console

from benchmarks.contenders import PURENN, Contender
from benchmarks.workloads import Workload
from purenn.errors import PurennError
from purenn.kernels.processor import cores

SCRIPTS = Path(__file__).parent.parent
PAUSE = 0.25  # seconds between two turns, in which one contender's threads fall asleep
TURN = 0.1  # seconds that a call in this process is repeated for, and before that unmeasured
THREADS = {f"{name}_NUM_THREADS": str(cores()) for name in ("OMP", "OPENBLAS")}
IMPORT = (
    "from time import perf_counter as t; s = t(); import {}; s = t() - s; import sys; "
    "from benchmarks.worker import peak_bytes as p; print(s, p(), flush=True); sys.stdin.readline()"
)


class WorkerError(PurennError):
    """The process of a contender failed."""


@attrs.frozen
class Series:
    """What a contender did."""

    seconds: Sequence[float]  # of a step, in each round
    peak: float  # memory of its process, in MiB
    values: Sequence[float] = ()  # its first losses, or its answer

    @property
    def time(self) -> float:
        """The median of the seconds."""
        return float(np.median(self.seconds))

    def ratio(self, other: Series) -> tuple[float, float, float]:
        """The quartiles, over the rounds, of its time divided by another's."""
        ratios = np.divide(self.seconds, other.seconds)
        low, median, high = map(float, np.quantile(ratios, (0.25, 0.5, 0.75)))
        return low, median, high


@attrs.frozen
class Result:
    """A workload, and what each contender did that is installed here."""

    workload: Workload
    series: dict[Contender, Series]

    @property
    def own(self) -> Series:
        """What purenn did."""
        return next(series for each, series in self.series.items() if each.column == PURENN)

    def fastest(self, column: str) -> Series | None:
        """What the fastest contender of a column did."""
        found = [series for each, series in self.series.items() if each.column == column]
        return max(found, key=lambda series: self.own.ratio(series)[1], default=None)

    @property
    def disagreement(self) -> float:
        """The largest relative difference between two contenders' losses, or their answers."""
        values = [series.values for series in self.series.values() if series.values] or [[1.0]]
        high, low = np.max(values, axis=0), np.min(values, axis=0)
        return float(np.max((high - low) / np.maximum(abs(high), abs(low)), initial=0.0))


def measure(workload: Workload, contenders: Sequence[Contender], rounds: int) -> Result:
    """Let contenders run a workload in turns, after one turn each to warm up."""
    taking = [each for each in contenders if workload.kind in each.kinds]
    present = [each for each in taking if all(map(find_spec, each.packages))]
    with ExitStack() as stack, Console(stderr=True).status(workload.title) as status:
        answers = [stack.enter_context(closing(_answers(each, workload))) for each in present]
        values = [next(each) for each in answers]
        turns: list[list[list[float]]] = []
        for done in range(1 + rounds):
            status.update(f"{workload.title}: round {done} of {rounds}")
            turns.append([next(each) for each in answers])
    seconds, peaks = np.transpose(turns[1:], (2, 1, 0))
    found = zip(seconds / workload.steps, peaks.max(axis=1) / 2**20, values, strict=True)
    return Result(workload, {each: Series(*did) for each, did in zip(present, found, strict=True)})


def _answers(contender: Contender, workload: Workload) -> Generator[list[float]]:
    """What all have to agree on, and then the seconds and the peak memory of each turn."""
    job = json.dumps(attrs.asdict(workload))
    args = [sys.executable, "-m", "benchmarks.worker", contender.module, job, contender.mode]
    if workload.kind == "import":
        yield []
        args = [sys.executable, "-c", IMPORT.format(contender.packages[0])]
    paths = os.pathsep.join(filter(None, (contender.path, os.environ.get("PYTHONPATH"))))
    env = {**os.environ, **THREADS, "PYTHONPATH": paths, "JAX_PLATFORMS": "cpu"}
    while True:
        # In a session of its own: an interruption of the benchmark does not reach it.
        with Popen(
            args, stdin=PIPE, stdout=PIPE, text=True, cwd=SCRIPTS, env=env, start_new_session=True
        ) as process:
            for line in process.stdout or ():
                yield [float(word) for word in line.split()]
                time.sleep(PAUSE)
                print(workload.steps, file=process.stdin, flush=True)
        if process.returncode or workload.kind != "import":
            raise WorkerError(f"{contender.column} failed: why stands above.")


def measure_calls(calls: Sequence[Callable[[], object]], rounds: int) -> list[Series]:
    """The seconds of each call, in turns."""
    repeats = [max(1, round(TURN / min(_seconds(call, 1) for _ in range(3)))) for call in calls]
    found = [list(map(_seconds, calls, repeats)) for _ in range(rounds)]
    return [Series(seconds, 0.0) for seconds in zip(*found, strict=True)]


def _seconds(call: Callable[[], object], repeats: int) -> float:
    time.sleep(PAUSE)  # a whole one: threads of BLAS are awake for some time
    for _ in range(repeats):
        call()
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats
