"""How a layer is compared with a peer's: in turns, in one process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter, sleep

import attrs

from benchmarks import turns
from benchmarks.turns import Series

TURN = 0.1  # seconds that calls are repeated for, and before that for others to wake threads
HEADER = "| layer | shape | µs | purenn's time ÷ PyTorch's |\n|---|---|---|---|"
Run = Callable[[], object]


@attrs.frozen
class Case:
    """A layer, forward and all cotangents, in both libraries."""

    name: str
    shape: tuple[int, ...]
    own: Run
    others: tuple[Run, ...]  # in each order of memory that the peer knows


def row(case: Case, rounds: int) -> str:
    """The line of a layer, measured."""
    own, *others = measured((case.own, *case.others), rounds)
    low, median, high = max((own.ratio(other) for other in others), key=lambda found: found[1])
    cells = (case.name, str(case.shape), f"{1e6 * own.time:.0f}")
    return f"| {' | '.join(cells)} | {median:.2f} ({low:.2f} to {high:.2f}) |"


def measured(runs: Sequence[Run], rounds: int) -> list[Series]:
    """The seconds of a call of each, in turns."""
    repeats = [max(1, round(TURN / min(_seconds(run, 1) for _ in range(3)))) for run in runs]
    found = [list(map(_seconds, runs, repeats)) for _ in range(rounds)]
    return [Series(seconds, 0.0) for seconds in zip(*found, strict=True)]


def _seconds(run: Run, repeats: int) -> float:
    sleep(turns.PAUSE)  # a whole one: threads of BLAS are awake for some time
    for _ in range(repeats):
        run()
    start = perf_counter()
    for _ in range(repeats):
        run()
    return (perf_counter() - start) / repeats
