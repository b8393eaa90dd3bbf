"""Measures purenn against bare matrix products, PyTorch, JAX and scikit-learn."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, get_args

import attrs
import numpy as np
from rich.console import Console

from benchmarks import growth
from benchmarks.contenders import names
from benchmarks.machine import available_cores, machine
from benchmarks.processes import processes
from benchmarks.results import Growth, Report, Result, joined, read, write
from benchmarks.tables import machine_text, markdown, report_tables, summary_table
from benchmarks.turns import Method, measure
from benchmarks.workloads import WORKLOADS, Workload
from command_line import exit_status, parse
from progress import say, standard_output
from purenn.datasets import fashion_mnist

DESCRIPTION = """Measures purenn against the bare matrix products of the same job, PyTorch, JAX with
optax, and scikit-learn, on this machine. Each contender is a process of its own, warmed up. They
take turns with a pause in between, and what counts is the median over the rounds of the ratio to
another's time in the same round: times alone say little, since machines are noisy.

Every contender does the whole job: it gathers a shuffled batch, goes forward and backward, clips by
value, and updates with momentum, in float32. scikit-learn cannot clip, and does without. JAX takes
part twice: with every loss read as it comes, and running ahead of whoever looks at them.

The peers come with `pip install 'purenn[bench]'`. One that is missing is reported as missing.

Examples:

python scripts/benchmark.py
python scripts/benchmark.py --workload article small --rounds 31
python scripts/benchmark.py --plot runs/benchmark.png
python scripts/benchmark.py --show runs/benchmark.json --plot runs/benchmark.png
"""

Name = Literal[
    "article",
    "spiral",
    "small",
    "wide",
    "serve-1",
    "serve-1000",
    "epoch",
    "growth",
    "processes",
]
NAMES: tuple[Name, ...] = get_args(Name)


@attrs.frozen
class Command:
    """What to measure, and how.

    Args:
        workload: what to measure; everything if nothing is named.
        rounds: how many turns each contender gets.
        pause: the seconds between two turns, in which one contender's threads fall asleep.
        threads: how many each contender may use; 0 stands for one on each core.
        json: where to write the results.
        plot: where to draw them, as PNG.
        markdown: where to write a summary of them.
        show: results of another run, to print and draw instead of measuring.
    """

    workload: tuple[Name, ...] = ()
    rounds: int = 15
    pause: float = 0.25
    threads: int = 0
    json: Path = Path("runs/benchmark.json")
    plot: Path | None = None
    markdown: Path | None = None
    show: Path | None = None


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for, print it, write it, and draw it. Gives the exit status."""
    command = parse(Command, Command(), arguments, DESCRIPTION)
    console = standard_output()
    if command.show is None:
        report = measured(command, console)
        say(console, f"results: {command.json}")
    else:
        report = read(command.show)
        say(console, machine_text(report.machine))
        for table in report_tables(report):
            console.print(table)
    if report.results:
        console.print(summary_table(report))
    if command.markdown is not None:
        command.markdown.write_text(markdown(report))
        say(console, f"summary: {command.markdown}")
    if command.plot is not None:
        draw(report, command.plot)
        say(console, f"picture: {command.plot}")
    return 0


def draw(report: Report, path: Path) -> None:
    """Draw a report. Nothing else here needs matplotlib."""
    from benchmarks.pictures import picture
    from figures import png

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png(picture(report)))


def measured(command: Command, console: Console) -> Report:
    """Measure, and print and write after each part: an interruption costs no more than one."""
    threads = command.threads or available_cores()
    whole = Report(machine(threads), command.rounds)
    wanted = command.workload or NAMES
    method = Method(command.rounds, command.pause, threads)
    with tempfile.TemporaryDirectory(prefix="purenn-benchmark-") as folder:
        if "epoch" in wanted:
            save_images(Path(folder))
        say(console, machine_text(whole.machine))
        for part in parts(whole, wanted, method, Path(folder), console):
            for table in report_tables(part):
                console.print(table)
            whole = joined(whole, part)
            write(whole, command.json)
    return whole


def save_images(folder: Path) -> None:
    """Put the images where each contender's process reads them without any code of purenn's."""
    data = fashion_mnist()
    np.save(folder / "images.npy", data.train_images.reshape(-1, 28 * 28))
    np.save(folder / "labels.npy", data.train_labels)


def parts(
    blank: Report, wanted: Sequence[Name], method: Method, folder: Path, console: Console
) -> Iterator[Report]:
    """What is wanted, one part after the other, each as a report of that alone."""
    for workload in WORKLOADS:
        if workload.name in wanted:
            job = attrs.evolve(workload, folder=str(folder))
            result = measure_shown(job, names(job), method, console)
            yield attrs.evolve(blank, results=(result,))
    for axis in growth.axes() if "growth" in wanted else ():
        results = [measure_shown(job, growth.NAMES, method, console) for job in axis.workloads]
        yield attrs.evolve(blank, growth=(Growth(axis.name, axis.sizes, tuple(results)),))
    if "processes" in wanted:
        with console.status("processes"):
            figures = processes(method.rounds)
        yield attrs.evolve(blank, processes=(figures,))


def measure_shown(
    workload: Workload, contenders: Sequence[str], method: Method, console: Console
) -> Result:
    """Measure one job, and show on a terminal how far it is."""
    with console.status(workload.name) as status:

        def progress(done: int) -> None:
            status.update(f"{workload.name}, {workload.net}: round {done} of {method.rounds}")

        return measure(workload, contenders, method, progress)


if __name__ == "__main__":
    try:
        sys.exit(exit_status(lambda: main(sys.argv[1:])))
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. What was measured until then is written.")
