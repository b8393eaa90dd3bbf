"""Trains one net under different kernels, threads and instructions, to show what differs.

The net is that of scripts/spiral.py with one seed, under several kernels and numbers of threads of
OpenBLAS, and without the processor's newer instructions, in fast and in portable arithmetic.
Nothing is clipped, and the rate is high, so that the last bits matter. Prints the last losses and
the digests of the parameters as a table in Markdown. Takes two minutes.

Examples:
  .venv/bin/python scripts/compare_machines.py --plot machines.png
  .venv/bin/python scripts/compare_machines.py --epochs 10
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import attrs

from command_line import OptionalPicture, command, run
from console import column, say, standard_output
from figures import COLORS, blank, write
from purenn import checks, runs
from purenn.testing import environments
from verification import performed

SCRIPT = Path(__file__).with_name("spiral.py")
ARITHMETICS = ("fast", "portable")
OPTIONS = "--clip none --learning-rate 0.3 --schedule constant --warm-up 0"


@attrs.frozen
class Trained:
    """What came of a training, and where."""

    where: str
    losses: tuple[float, ...]
    digest: str


def compare(epochs: int = 60, plot: OptionalPicture = None) -> None:
    """Train everywhere, and print the table.

    Args:
        epochs: the number of epochs.
        plot: where to draw the losses, as PNG.
    """
    checks.integer("--epochs", epochs)
    console = standard_output()
    found: list[list[Trained]] = []
    say(console, "| where | fast: last loss | digest | portable: last loss | digest |")
    say(console, "|---|---|---|---|---|")
    for variables in environments():
        found.append([trained(variables, name, epochs) for name in ARITHMETICS])
        cells = [f"{each.losses[-1]:.6f} | `{each.digest[:12]}`" for each in found[-1]]
        say(console, f"| {' | '.join([found[-1][0].where, *cells])} |")
    for name, everywhere in zip(ARITHMETICS, zip(*found, strict=True), strict=True):
        say(console, f"\n{name}: different digests: {len({each.digest for each in everywhere})}")
    if plot is not None:
        draw(plot, found)


def trained(variables: dict[str, str], arithmetic: str, epochs: int) -> Trained:
    """A training in a process of its own."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "run"
        options = [*OPTIONS.split(), "--epochs", str(epochs), "--arithmetic", arithmetic]
        summary = performed([sys.executable, SCRIPT, *options], folder, variables)
        facts = runs.read_environment(folder)
        kernel, threads = facts.get("blas_kernel", "?"), facts.get("blas_threads", "?")
        where = f"{kernel}, threads: {threads}"
        if "NPY_DISABLE_CPU_FEATURES" in variables:
            where += ", baseline instructions"
        return Trained(where, tuple(column(runs.read_records(folder), "loss")), summary.digest)


def draw(path: Path, found: Sequence[Sequence[Trained]]) -> None:
    """Draw the losses, with a panel for each arithmetic."""
    figure = blank(10, 3.6)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, name, everywhere in zip(panels, ARITHMETICS, zip(*found, strict=True), strict=True):
        for number, each in enumerate(everywhere):
            marker = "o" if len(each.losses) == 1 else ""
            axes.plot(each.losses, marker, color=COLORS[number % len(COLORS)], linewidth=1.2)
        title = f"{name}: one run, {len(found)} kernels and instruction sets"
        axes.set(title=title, xlabel="epoch", yscale="log")
    figure.axes[0].set_ylabel("loss")
    write(path, figure)


main = command(compare, __doc__)


if __name__ == "__main__":
    run(main)
