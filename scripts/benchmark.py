"""purenn against the bare matrix products, PyTorch, JAX and scikit-learn, on this machine.

Each contender is a process of its own. They take turns, and what counts is the median over the
rounds of the ratio to the first of them; times alone say little, since machines are noisy.
Every contender does the whole job: it gathers a shuffled batch, runs forward and backward, clips
by value, and updates with momentum, in float32.

Examples:
    python scripts/benchmark.py
    python scripts/benchmark.py --workload article small --rounds 30
    python scripts/benchmark.py --json runs/benchmark.json --plot runs/benchmark.png
    python scripts/benchmark.py --load runs/benchmark.json --plot runs/benchmark.png

The peers come with `pip install 'purenn[bench]'`; one that is missing is reported as missing.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Literal

import attrs
import numpy as np
import tyro
from benchmarks.contenders import names
from benchmarks.machine import available_cores, machine
from benchmarks.results import Report, Result, write
from benchmarks.tables import machine_text, table
from benchmarks.turns import Method, measure
from benchmarks.workloads import WORKLOADS, Workload
from rich.console import Console

from purenn.datasets import fashion_mnist

Name = Literal["article", "spiral", "small", "wide", "serve-1", "serve-1000", "epoch"]


@attrs.frozen
class Options:
    """What to measure, and how.

    Args:
        workload: the jobs to measure; all of them if none is named.
        rounds: how many turns each contender gets.
        pause: the seconds between two turns.
        threads: how many threads each contender may use; 0 means one for each core.
        json: where to write the results.
    """

    workload: tuple[Name, ...] = ()
    rounds: int = 15
    pause: float = 0.25
    threads: int = 0
    json: Path = Path("runs/benchmark.json")


def main(options: Options) -> None:
    """Measure, print a table for each workload, and write the results."""
    console = Console()
    method = Method(options.rounds, options.pause, options.threads or available_cores())
    here = machine(method.threads)
    console.print(machine_text(here))
    results: list[Result] = []
    for workload in WORKLOADS:
        if not options.workload or workload.name in options.workload:
            results.append(_measured(workload, method, console))
            write(Report(here, options.rounds, tuple(results)), options.json)


def _measured(workload: Workload, method: Method, console: Console) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        job = _with_data(workload, Path(folder)) if workload.kind == "epoch" else workload
        with console.status(f"{workload.name} ...") as status:
            done = 0

            def progress() -> None:
                nonlocal done
                done += 1
                status.update(f"{workload.name}: round {done} of {method.rounds}")

            result = measure(job, names(job), method, progress)
    console.print(table(result))
    return result


def _with_data(workload: Workload, folder: Path) -> Workload:
    """Put the images where every contender's process reads them, without code of purenn's."""
    data = fashion_mnist()
    np.save(folder / "images.npy", data.train_images.reshape(-1, 28 * 28))
    np.save(folder / "labels.npy", data.train_labels)
    return attrs.evolve(workload, folder=str(folder))


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__, prog=Path(sys.argv[0]).name))
