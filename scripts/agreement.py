"""Published numbers beside one's own: whether they agree, and tables that show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
from rich.console import Console
from rich.table import Table

import article_published as published
from purenn.reports import ClassScores

# Where the last bit decides, the traces of two machines part by less than this.
TOLERANCE = 0.01


@attrs.frozen
class Check:
    """One number of the article and ours.

    Args:
        what: which number it is.
        published: as the article prints it.
        ours: printed alike.
        demand: how near it has to be.
        agrees: whether it is.
    """

    what: str
    published: str
    ours: str
    demand: str
    agrees: bool


def same_digits(what: str, digits: str, value: float) -> Check:
    """A loss that must print the article's four decimals."""
    ours = f"{value:.4f}"
    return Check(what, digits, ours, "same digits", ours == digits)


def near(what: str, digits: str, value: float) -> Check:
    """A loss that must be within the tolerance."""
    distance = abs(value - float(digits))
    return Check(what, digits, f"{value:.4f}", f"within {TOLERANCE}", distance <= TOLERANCE)


def at_least(what: str, accuracy: float, value: float) -> Check:
    """An accuracy that must not be lower."""
    shown = f"{100 * accuracy:.2f} %", f"{100 * value:.2f} %"
    return Check(what, *shown, "at least", value >= accuracy)


def constant(what: str, digits: str, values: Sequence[float]) -> Check:
    """Losses that must not move; where they stand is decided by the last bit."""
    still = min(values) == max(values)
    ours = f"{values[0]:.4f}" if still else f"{min(values):.4f} to {max(values):.4f}"
    return Check(what, digits, ours, "does not move", still)


def exploding_checks(losses: Sequence[float]) -> tuple[Check, ...]:
    """Run 1: the opening, and the last hundred epochs, which must be one number."""
    last = len(losses) - 1
    opening = losses[: len(published.EXPLODING)]
    return (
        *_each(same_digits, 0, published.EXPLODING, opening),
        constant(f"epochs {last - 99} to {last}", published.EXPLODING_END, losses[-100:]),
    )


def clipped_checks(losses: Sequence[float], accuracy: float) -> tuple[Check, ...]:
    """Run 2: the opening, the end, and all points on the right side."""
    opening = losses[: len(published.CLIPPED)]
    first = len(losses) - len(published.CLIPPED_END)
    return (
        *_each(same_digits, 0, published.CLIPPED, opening),
        *_each(same_digits, first, published.CLIPPED_END, losses[first:]),
        at_least("training accuracy", 1.0, accuracy),
    )


def fashion_checks(losses: Sequence[float], accuracy: float) -> tuple[Check, ...]:
    """Run 3: three epochs to the digit, the others nearly, and the test accuracy."""
    exact = 3
    return (
        *_each(same_digits, 1, published.FASHION[:exact], losses[:exact]),
        *_each(near, 1 + exact, published.FASHION[exact:], losses[exact:]),
        at_least("test accuracy", published.FASHION_ACCURACY, accuracy),
    )


def _each(
    check: Callable[[str, str, float], Check],
    first: int,
    digits: Sequence[str],
    values: Sequence[float],
) -> list[Check]:
    pairs = enumerate(zip(digits, values, strict=True), start=first)
    return [check(f"epoch {number}", *pair) for number, pair in pairs]


def show_agreement(console: Console, checks: Sequence[Check]) -> None:
    """Print all checks of a run, one below the other."""
    table = Table()
    table.add_column("")
    table.add_column("the article", justify="right")
    table.add_column("purenn", justify="right")
    table.add_column("demanded")
    table.add_column("agrees", justify="center")
    for check in checks:
        verdict = "[green]yes[/]" if check.agrees else "[bold red]NO[/]"
        table.add_row(check.what, check.published, check.ours, check.demand, verdict)
    console.print(table)


def class_table(scores: Sequence[ClassScores]) -> Table:
    """The article's last table, each of its numbers followed by ours."""
    table = Table(title="By class: the article's numbers, ours", title_justify="left")
    table.add_column("class")
    for name in ("precision", "recall", "F1"):
        table.add_column(name, justify="right")
    table.add_column("images", justify="right")
    for row, theirs in zip(scores, published.FASHION_CLASSES, strict=True):
        ours = (row.precision, row.recall, row.f1)
        pairs = [f"[dim]{a:.4f}[/]  {b:.4f}" for a, b in zip(theirs, ours, strict=True)]
        table.add_row(row.name, *pairs, str(row.support))
    return table
