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
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs
import cattrs

from benchmarks.contenders import CONTENDERS
from benchmarks.results import Result, Series
from benchmarks.workloads import Workload

SCRIPTS = Path(__file__).parent.parent


class WorkerError(Exception):
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

    def __init__(self, name: str, workload: Workload, threads: int) -> None:
        self._name = name
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", name, json.dumps(attrs.asdict(workload))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=_environment(threads),
        )
        self.ready = cattrs.structure(self._answer(), Ready)

    def run(self, steps: int) -> Turn:
        """Let the contender run that many steps."""
        stream = self._process.stdin
        if stream is not None:
            stream.write(f"{steps}\n")
            stream.flush()
        return cattrs.structure(self._answer(), Turn)

    def _answer(self) -> object:
        stream = self._process.stdout
        line = stream.readline() if stream is not None else ""
        if not line:
            self._process.wait()
            self._log.seek(0)
            raise WorkerError(f"{self._name} failed:\n{self._log.read()[-2000:]}")
        answer: object = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate()
        self._log.close()


def _environment(threads: int) -> dict[str, str]:
    """The same number of threads for every library, on the CPU."""
    limits = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    paths = os.pathsep.join(filter(None, [str(SCRIPTS), os.environ.get("PYTHONPATH")]))
    return {**os.environ, **limits, "PYTHONPATH": paths, "JAX_PLATFORMS": "cpu"}


def measure(
    workload: Workload, names: tuple[str, ...], method: Method, progress: Callable[[], None]
) -> Result:
    """Let these contenders do a job in turns, after one turn each to warm up.

    `progress` is called after each round.
    """
    missing = tuple(name for name in names if CONTENDERS[name].missing)
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(Worker(name, workload, method.threads))
            for name in names
            if name not in missing
        }
        for worker in workers.values():
            worker.run(workload.steps)
        turns: dict[str, list[Turn]] = {name: [] for name in workers}
        for _ in range(method.rounds):
            for name, worker in workers.items():
                time.sleep(method.pause)
                turns[name].append(worker.run(workload.steps))
            progress()
        series = {name: _series(workload, worker, turns[name]) for name, worker in workers.items()}
    return Result(workload, series, missing)


def _series(workload: Workload, worker: Worker, turns: list[Turn]) -> Series:
    return Series(
        tuple(turn.seconds / workload.steps for turn in turns),
        max(turn.peak_bytes for turn in turns),
        tuple(worker.ready.check),
    )
