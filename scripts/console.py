"""How a run shows that it advances: a live bar on a terminal, and lines everywhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from purenn import runs
from purenn.text import inert

P = TypeVar("P")
S = TypeVar("S")

LINES = 20  # and checkpoints are enough for a run of many short epochs
WIDTH = 100


def standard_output() -> Console:
    """What scripts print to: as wide as the terminal, or of a fixed width for files and pipes."""
    return Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)


def say(console: Console, text: str) -> None:
    """Print text as it is: not wrapped, and without a meaning of brackets, colons and controls."""
    console.print(inert(text), markup=False, emoji=False, soft_wrap=True)
    console.file.flush()  # into a log file at once, too


def cadence(epochs: int) -> runs.Cadence:
    """How often a run of so many epochs writes checkpoints; as often it says a line."""
    return runs.Cadence(epochs=-(-epochs // LINES), shown=0.5)


def follow(
    training: Iterator[runs.Progress[P, S]], start: runs.Progress[P, S], steps: int, epochs: int
) -> runs.Progress[P, S]:
    """Let `runs.train` go on from its start, show how it goes, and give where it stands at the end.

    An epoch has so many steps, and there are so many epochs in all.
    """
    now, console, every = start, standard_output(), cadence(epochs).epochs
    if start.state.step:
        say(console, f"{start.state.step:,} steps are done already.")
    text, hidden = TextColumn("{task.description}"), not console.is_terminal
    columns = BarColumn(), text, TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task("", total=epochs * steps)
        for now in training:
            done = now.epoch * steps + now.batch
            said = f"loss {now.loss:.4f}  gradient norm {now.norm:.3g}"
            bar.update(task, completed=done, description=said)
            if now.batch == 0 and (now.epoch % every == 0 or now.epoch in {1, epochs}):
                say(console, epoch_line(now.epoch, epochs, metrics_of(now.records[-1])))
    return now


def metrics_of(record: runs.Record) -> dict[str, float]:
    """What was measured, without the number of the epoch."""
    return {name: value for name, value in record.items() if name != "epoch"}


def column(records: tuple[runs.Record, ...], name: str) -> list[float]:
    """One metric of all epochs."""
    return [record[name] for record in records]


def epoch_line(number: int, epochs: int, metrics: Mapping[str, float]) -> str:
    """One line for an epoch, counted from 1.

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
