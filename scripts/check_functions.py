"""Compares the portable functions with NumPy's in float64, for every float32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
import tyro
from rich.progress import track

from command_line import command, run
from console import say, standard_output
from purenn import checks
from purenn.arrays import Array, Vector
from purenn.errors import OptionError
from purenn.kernels.portable.exponentials import exp, expm1, sigmoid, tanh
from purenn.kernels.portable.logarithms import log, log1p
from purenn.kernels.portable.trigonometry import cos, sin

DESCRIPTION = """Goes through all 2**32 numbers of float32 and prints, for each function, the
largest error in units in the last place, and how many results are not the nearest float32. The
reference is NumPy's function in float64, which is off by less than 1e-8 of these units. It takes
some minutes per function, but hours for cos and sin, which are slow for large arguments: check
fewer numbers with --every.

Examples:
  .venv/bin/python scripts/check_functions.py exp tanh
  .venv/bin/python scripts/check_functions.py cos sin --every 1001
"""

Name = Literal["exp", "expm1", "tanh", "sigmoid", "log", "log1p", "cos", "sin"]
Names = Annotated[
    tuple[Name, ...],
    tyro.conf.Positional,
    tyro.conf.arg(metavar="FUNCTION...", help_behavior_hint=""),
]
Function = Callable[[Array, Array], Array]

FUNCTIONS: dict[Name, tuple[Function, Callable[[Array], Array]]] = {
    "exp": (exp, np.exp),
    "expm1": (expm1, np.expm1),
    "tanh": (tanh, np.tanh),
    "sigmoid": (sigmoid, lambda x: np.divide(1.0, 1.0 + np.exp(-x))),
    "log": (log, np.log),
    "log1p": (log1p, np.log1p),
    "cos": (cos, np.cos),
    "sin": (sin, np.sin),
}
ALL, CHUNK = 2**32, 2**16


def check(functions: Names, every: int = 1) -> None:
    """Print the errors of each function.

    Args:
        functions: the functions to check.
        every: check one in this many numbers.
    """
    checks.integer("--every", every)
    if not functions:
        raise OptionError(f"expected at least one function of {', '.join(FUNCTIONS)}, got none.")
    console = standard_output()
    for name in functions:
        largest, wrong, step = 0.5, 0, CHUNK * every
        starts = range(0, ALL, step)
        for start in track(starts, name, console=console, disable=not console.is_terminal):
            bits = np.arange(start, min(start + step, ALL), every).astype(np.uint32)
            error, count = errors(name, bits.view(np.float32))
            largest, wrong = max(largest, error), wrong + count
        numbers = -(-ALL // every)
        said = f"{largest:.6f} units at most, {wrong:,} of {numbers:,} not the nearest"
        say(console, f"{name}: {said}")


def errors(name: Name, x: Vector) -> tuple[float, int]:
    """The largest error in units in the last place, and how many results are not the nearest.

    The largest is taken to be at least 1/2, so that those of the nearest need not be computed.
    """
    function, reference = FUNCTIONS[name]
    found = function(x, np.empty_like(x))
    with np.errstate(all="ignore"):
        exact = reference(x.astype(np.float64))
        nearest = exact.astype(np.float32)
        wrong = (found != nearest) & ~(np.isnan(found) & np.isnan(nearest))
        if not wrong.any():
            return 0.5, 0
        unit = np.spacing(np.abs(nearest[wrong]).astype(np.float32))
        units = np.abs(found[wrong] - exact[wrong]) / unit
    return float(np.where(np.isnan(units), np.inf, units).max()), int(np.count_nonzero(wrong))


main = command(check, DESCRIPTION)


if __name__ == "__main__":
    run(main)
