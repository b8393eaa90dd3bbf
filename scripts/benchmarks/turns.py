"""How contenders are measured: each in a process of its own, in turns, by ratios within a round.

Machines are noisy: times move by a factor of two within minutes. Contenders that take turns see
the same noise, and the ratio to the first of them, round by round, is what holds still.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

import attrs
import cattrs

from benchmarks.contenders import CONTENDERS
from benchmarks.results import Result, Series
from benchmarks.workloads import Workload
from purenn import PurennError

SCRIPTS = Path(__file__).parent.parent


class WorkerError(PurennError):
    """The process of a contender ended before it was told to."""


@attrs.frozen
class Ready:
    """What a contender says once it is set up: the numbers that all have to agree on."""

    check: list[float]


@attrs.frozen
class Turn:
    """What a contender says after its turn."""

    seconds: float
    peak_bytes: int


@attrs.frozen
class Method:
    """How to measure.

    Args:
        rounds: how many turns each contender gets.
        pause: the seconds between two turns, in which the threads of one contender fall asleep.
        threads: how many each contender may use.
    """

    rounds: int
    pause: float
    threads: int


class Worker:
    """The process of one contender, from outside."""

    def __init__(self, name: str, process: subprocess.Popen[str], log: TextIO) -> None:
        self._name = name
        self._process = process
        self._log = log
        self.ready = cattrs.structure(self._answer(), Ready)

    def run(self, steps: int) -> Turn:
        """Let the contender run that many steps."""
        if self._process.stdin is not None:
            self._process.stdin.write(f"{steps}\n")
            self._process.stdin.flush()
        return cattrs.structure(self._answer(), Turn)

    def _answer(self) -> object:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            self._log.seek(0)
            raise WorkerError(f"{self._name} failed:\n{self._log.read()[-2000:]}")
        answer: object = json.loads(line)
        return answer


@contextmanager
def started(name: str, workload: Workload, threads: int) -> Iterator[Worker]:
    """The process of a contender, which ends with the context.

    Raises:
        WorkerError: it fails to set up the job.
    """
    job = json.dumps(attrs.asdict(workload))
    command = (sys.executable, "-m", "benchmarks.worker", name, job, str(threads))
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=_environment(threads),
        ) as process,
    ):
        yield Worker(name, process, log)


def _environment(threads: int) -> dict[str, str]:
    """The same number of threads for every library, on the CPU."""
    limits = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    paths = os.pathsep.join(filter(None, [str(SCRIPTS), os.environ.get("PYTHONPATH")]))
    return {**os.environ, **limits, "PYTHONPATH": paths, "JAX_PLATFORMS": "cpu"}


def measure(
    workload: Workload, names: Sequence[str], method: Method, progress: Callable[[int], None]
) -> Result:
    """Let these contenders do a job in turns, after one turn each to warm up.

    `progress` is told how many rounds are done.
    """
    missing = tuple(name for name in names if CONTENDERS[name].is_missing)
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(started(name, workload, method.threads))
            for name in names
            if name not in missing
        }
        for worker in workers.values():
            worker.run(workload.steps)
        turns: dict[str, list[Turn]] = {name: [] for name in workers}
        for number in range(1, method.rounds + 1):
            for name, worker in workers.items():
                time.sleep(method.pause)
                turns[name].append(worker.run(workload.steps))
            progress(number)
        series = {name: _series(workload, worker, turns[name]) for name, worker in workers.items()}
    return Result(workload, series, missing)


def _series(workload: Workload, worker: Worker, turns: list[Turn]) -> Series:
    return Series(
        tuple(turn.seconds / workload.steps for turn in turns),
        max(turn.peak_bytes for turn in turns),
        tuple(worker.ready.check),
    )
