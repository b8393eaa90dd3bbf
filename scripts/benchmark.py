"""Measures purenn against bare matrix products, PyTorch, JAX with optax, scikit-learn and thinc.

Each contender is a process of its own, warmed up, and they take turns with a pause in between. The
ratio of a round is purenn's time divided by the other's: the table, in Markdown, has the median
over the rounds and the quartiles.

Every contender gathers a shuffled batch, goes forward and backward, clips by value, and updates
with momentum, in float32; scikit-learn does not clip. In `adam` all update with Adam, unclipped;
in `normalized` and `quick` (batch normalization and dropout) and `cnn-small` (convolutions and
batch normalization) with AdamW, which decays neither biases nor scales. All see the same batches,
and the last column has the largest relative difference between their losses (in `normalized` and
in `quick` it is large, as each draws its own dropout). The "products alone" of an import are the
import of NumPy. To install the peers:
  .venv/bin/python -m pip install --constraint constraints.txt --editable '.[bench]'

Examples:
  .venv/bin/python scripts/benchmark.py --plot benchmark.png > benchmark.md
  .venv/bin/python scripts/benchmark.py --workloads article small --rounds 31
  .venv/bin/python scripts/benchmark.py --workloads article --against ../other-checkout
  taskset --cpu-list 0 .venv/bin/python scripts/benchmark.py
"""

from __future__ import annotations

import tempfile
from typing import IO, get_args

import attrs
import numpy as np

from benchmarks.contenders import CONTENDERS, PURENN
from benchmarks.report import header, machine, picture, row
from benchmarks.turns import Result, measure
from benchmarks.workloads import WORKLOADS, Name
from command_line import OptionalPath, OptionalPicture, command, run
from figures import write
from purenn import checks
from purenn.datasets import fashion_mnist
from purenn.errors import OptionError


def compare(
    workloads: tuple[Name, ...] = get_args(Name),
    rounds: int = 15,
    plot: OptionalPicture = None,
    against: OptionalPath = None,
) -> None:
    """Measure, print the table line by line, and draw the picture.

    Args:
        workloads: which to measure, or all; batch, width and depth show the growth with each.
        rounds: the number of turns of each contender.
        plot: where to draw the results, as PNG.
        against: a folder with another version of purenn to compare with, with the same interface.
    """
    checks.integer("--rounds", rounds)
    workloads, contenders = workloads or get_args(Name), list(CONTENDERS)
    if against is not None:
        if not (against / "purenn" / "__init__.py").is_file():
            raise OptionError(f"--against: expected a folder with purenn, got {against}.")
        path = str(against.resolve())
        own = [each for each in CONTENDERS if each.column == PURENN]
        contenders += [attrs.evolve(each, column=path, color="#56B4E9", path=path) for each in own]
    results: list[Result] = []
    with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        if "epoch" in workloads:  # before any work, since the images may not be had
            _write_images(file)
        print(header(contenders), flush=True)
        for workload in (each for each in WORKLOADS if each.name in workloads):
            job = attrs.evolve(workload, file=file.name) if workload.kind == "epoch" else workload
            results.append(measure(job, contenders, rounds))
            print(row(results[-1], contenders), flush=True)
    print(f"\nMedians and quartiles over {rounds} rounds. {machine()}")
    if plot is not None:
        write(plot, picture(results))


def _write_images(file: IO[bytes]) -> None:
    """Write Fashion-MNIST where contenders read it without purenn."""
    data = fashion_mnist()
    images, labels = data.train_images.reshape(-1, 28 * 28), data.train_labels.astype(np.int64)
    np.savez(file, images=images, labels=labels)
    file.flush()


main = command(compare, __doc__)


if __name__ == "__main__":
    run(main)
