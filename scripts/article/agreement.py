"""Published numbers beside one's own: whether they agree, and a table that shows it.

Training is chaotic, and the last bits of the article's sums belonged to its author's machine. What
is demanded is what its digits can prove; and of the parameters the same bits as on every machine,
since the runs are portable. Epochs are counted from 1, though the article counts those of runs 1
and 2 from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
from rich.table import Column, Table

from article import printed

EXACT = 3  # the first epochs of run 3, which the last bit does not reach

# Ten runs whose first weights differed in the last bits of float32 ended at 89.3 ± 0.25 %, and none
# of their losses from epoch 4 on was more than 0.009 from the article's. The demands leave room
# for twice as much loss, and more than three standard deviations of the accuracy.
TOLERANCE = 0.02
LOWEST, HIGHEST = 0.885, 0.903


@attrs.frozen
class Check:
    """A number as the article prints it, ours printed alike, and how near it has to be."""

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


def same_bits(published: str, ours: str) -> Check:
    """Parameters that must have the digest that they have on every machine."""
    what, shown = "digest of the parameters", (published[:8], ours[:8])
    return Check(what, *shown, "same bits", published == ours)


def between(what: str, accuracy: float, value: float, lowest: float, highest: float) -> Check:
    """An accuracy that must lie in a band."""
    band = f"{100 * lowest:.1f} to {100 * highest:.1f} %"
    demand = f"{100 * lowest:g} %" if lowest == highest else band
    shown = f"{100 * accuracy:.2f} %", f"{100 * value:.2f} %"
    return Check(what, *shown, demand, lowest <= value <= highest)


def constant(what: str, digits: str, values: Sequence[float]) -> Check:
    """Losses that must not move; where they stand is decided by the last bit."""
    still = min(values) == max(values)
    ours = f"{values[0]:.4f}" if still else f"{min(values):.4f} to {max(values):.4f}"
    return Check(what, digits, ours, "does not move", still)


def exploding_checks(losses: Sequence[float], accuracy: float) -> tuple[Check, ...]:
    """Run 1: the opening, and the last hundred epochs, which must be one number."""
    last = len(losses)
    opening = losses[: len(printed.EXPLODING)]
    end = constant(f"epochs {last - 99} to {last}", printed.EXPLODING_END, losses[-100:])
    return (*_each(same_digits, 1, printed.EXPLODING, opening), end)


def clipped_checks(losses: Sequence[float], accuracy: float) -> tuple[Check, ...]:
    """Run 2: the opening, the end, and all points on the right side."""
    opening = losses[: len(printed.CLIPPED)]
    before = len(losses) - len(printed.CLIPPED_END)
    return (
        *_each(same_digits, 1, printed.CLIPPED, opening),
        *_each(same_digits, 1 + before, printed.CLIPPED_END, losses[before:]),
        between("training accuracy", 1.0, accuracy, 1.0, 1.0),
    )


def fashion_checks(losses: Sequence[float], accuracy: float) -> tuple[Check, ...]:
    """Run 3: three epochs to the digit, the others nearly, and the test accuracy."""
    return (
        *_each(same_digits, 1, printed.FASHION[:EXACT], losses[:EXACT]),
        *_each(near, 1 + EXACT, printed.FASHION[EXACT:], losses[EXACT:]),
        between("test accuracy", printed.FASHION_ACCURACY, accuracy, LOWEST, HIGHEST),
    )


def _each(
    check: Callable[[str, str, float], Check],
    first: int,
    digits: Sequence[str],
    values: Sequence[float],
) -> list[Check]:
    pairs = enumerate(zip(digits, values, strict=True), start=first)
    return [check(f"epoch {number}", *pair) for number, pair in pairs]


def check_table(checks: Sequence[Check]) -> Table:
    """All checks of a run, one below the other."""
    right = (Column(name, justify="right") for name in ("the article", "purenn"))
    table = Table("", *right, "demanded", Column("agrees", justify="center"))
    for check in checks:
        verdict = "[green]yes[/]" if check.agrees else "[bold red]NO[/]"
        table.add_row(check.what, check.published, check.ours, check.demand, verdict)
    return table
