"""Elementwise rules in float64, block by block, for arrays of float32 and float64."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import nan

import numpy as np

from purenn.arrays import FLOAT64, A, Array, FloatDtype
from purenn.kernels.blocks import cut
from purenn.kernels.memory import empty
from purenn.kernels.portable.numbers import Constants

Wide = np.ndarray[tuple[int], np.dtype[np.float64]]

# `(x, spare, dtype)`: the rule changes `x` to its result, exact enough for `dtype`. It may write to
# the spare arrays, which are as long as `x` and of unspecified content.
Rule = Callable[[Wide, list[Wide], FloatDtype], object]

# Elements of each of `1 + SPARE` arrays that fit into the second cache together.
BLOCK, SPARE = 2**13, 7


def blockwise(rule: Rule) -> Callable[[Array, A], A]:
    """The function `(x, out) -> out` of a rule: the result for each element, in the dtype of `out`.

    `out` may be `x`. A NaN has the same bits whatever it comes from. No floating-point error is
    reported.
    """

    def function(x: Array, out: A) -> A:
        flat = x.reshape(-1)
        results = out.reshape(-1)  # a copy if there are gaps
        work = empty((1 + SPARE, min(BLOCK, x.size)), FLOAT64)
        with np.errstate(all="ignore"):
            for piece, result in cut(BLOCK, flat, results):
                block, *spare = work[:, : piece.size]
                np.copyto(block, piece)
                rule(block, spare, out.dtype)
                wrong = np.isnan(block)
                if wrong.any():
                    block[wrong] = nan
                np.copyto(result, block, casting="same_kind")
        if not out.flags.c_contiguous:
            np.copyto(out, results.reshape(out.shape))
        return out

    return function


def polynomial(z: Wide, coefficients: Constants, out: Wide) -> Wide:
    """The polynomial with these coefficients, from the highest power down, by Horner's rule."""
    np.multiply(z, coefficients[0], out)
    for coefficient in coefficients[1:-1]:
        np.add(out, coefficient, out)
        np.multiply(out, z, out)
    return np.add(out, coefficients[-1], out)


def multiply_by_all(x: Wide, factors: Iterable[Wide]) -> None:
    """Multiply x by one factor after the other."""
    for factor in factors:
        np.multiply(x, factor, x)
