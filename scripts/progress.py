"""How a run shows that it advances: a live bar on a terminal, and lines everywhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import attrs
from rich import progress
from rich.console import Console

# So many lines are enough for a run of many short epochs.
LINES = 20
WIDTH = 100


def standard_output() -> Console:
    """What scripts print to: as wide as the terminal, or of a fixed width where there is none."""
    return Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)


def say(console: Console, text: str) -> None:
    """Print text as it is: unwrapped, and with brackets that mean nothing but themselves."""
    console.print(text, markup=False, soft_wrap=True)
    console.file.flush()  # in a log file too, a line is there as soon as it is true


class Display(Protocol):
    """Whoever is told how training proceeds."""

    def step(self, done: int, loss: float, norm: float) -> None:
        """Tell what the last step gave, and how many steps have been done so far."""

    def epoch(self, number: int, metrics: Mapping[str, float]) -> None:
        """Tell what was measured after that epoch, counted from 1."""


@attrs.frozen
class Lines:
    """A line after an epoch; where there are many epochs, after some of them.

    Args:
        console: where to print.
        epochs: how many epochs there will be.
    """

    console: Console
    epochs: int

    def step(self, done: int, loss: float, norm: float) -> None:
        """Say nothing."""

    def epoch(self, number: int, metrics: Mapping[str, float]) -> None:
        """Print a line."""
        every = max(1, self.epochs // LINES)
        if number % every == 0 or number in {1, self.epochs}:
            say(self.console, epoch_line(number, self.epochs, metrics))


@attrs.frozen
class Live:
    """A bar with the last step's loss and gradient norm, below the lines.

    Args:
        lines: what is printed above the bar.
        bar: the bar.
        task: its task.
    """

    lines: Lines
    bar: progress.Progress
    task: progress.TaskID

    def step(self, done: int, loss: float, norm: float) -> None:
        """Move the bar."""
        self.bar.update(self.task, completed=done, loss=loss, norm=norm)

    def epoch(self, number: int, metrics: Mapping[str, float]) -> None:
        """Print a line above the bar."""
        self.lines.epoch(number, metrics)


@contextmanager
def shown(console: Console, epochs: int, steps: int) -> Iterator[Display]:
    """A display for a run of so many epochs of so many steps each."""
    lines = Lines(console, epochs)
    if not console.is_terminal:
        yield lines
        return
    columns = (
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TextColumn("loss {task.fields[loss]:.4f}  gradient norm {task.fields[norm]:.3g}"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=epochs * steps, loss=float("nan"), norm=float("nan"))
        yield Live(lines, bar, task)


def epoch_line(number: int, epochs: int, metrics: Mapping[str, float]) -> str:
    """One line for an epoch.

    >>> epoch_line(3, 20, {"loss": 0.386, "test_accuracy": 0.8751, "gradient_norm": 12.25})
    'epoch  3/20   loss 0.3860   test accuracy 87.51 %   gradient norm 12.2'
    """
    parts = [f"epoch {number:>{len(str(epochs))}}/{epochs}"]
    parts += [f"{name.replace('_', ' ')} {_number(name, value)}" for name, value in metrics.items()]
    return "   ".join(parts)


def _number(name: str, value: float) -> str:
    if name.endswith("accuracy"):
        return f"{100 * value:.2f} %"
    return f"{value:.3g}" if name.endswith("norm") else f"{value:.4f}"
