"""Matrix products with the same bits on every machine: exact on grids, and rounded once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, reduce

import attrs
import numpy as np

from purenn.arrays import FLOAT64, Array, Matrix, Stack, Vector, typed_like
from purenn.kernels.memory import empty
from purenn.kernels.ops import ProductPullback
from purenn.kernels.portable.grids import (
    EXTREME,
    NO_EXPONENT,
    Exponents,
    Slices,
    add_nonfinite,
    exponents,
    finite,
    multiplied,
    on_grid,
    rounded,
    square_sums,
)

# Longer sums are taken in parts, so that norms, and with them grids, stay small.
LONGEST = 4096
# One grid serves for both axes of a matrix if its norms differ by such a power of two at most.
ALIKE = 2


@attrs.frozen
class Grid:
    """A matrix on grids for sums along an axis; divided by 2**shift first, if there is a shift."""

    slices: Slices
    shift: Exponents | None = None


class Factor:
    """A matrix that is multiplied, with its grids, made when they are needed.

    What is not finite is 0 on the grids.
    """

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix
        self._grids: dict[int, tuple[Grid, ...]] = {}

    @cached_property
    def is_finite(self) -> bool:
        """Whether all elements are."""
        return bool(np.isfinite(self._sums[0]).all()) or bool(np.isfinite(self.matrix).all())

    @cached_property
    def _sums(self) -> tuple[Vector, Vector]:
        return square_sums(self.matrix)

    def along(self, axis: int) -> tuple[Grid, ...]:
        """The parts of the matrix for sums along that axis, each on its grid."""
        if axis not in self._grids:
            x, sums = self.matrix, self._sums
            if not self.is_finite:
                x = finite(x)
                sums = square_sums(x)
            if max(x.shape) > LONGEST:
                parts = _parts(x, axis)
                self._grids[axis] = tuple([_grids(x, square_sums(x), axis)[axis] for x in parts])
            else:
                self._grids |= {key: (grid,) for key, grid in _grids(x, sums, axis).items()}
        return self._grids[axis]


def _parts(x: Matrix, axis: int) -> list[Matrix]:
    spans = [slice(start, start + LONGEST) for start in range(0, x.shape[axis], LONGEST)]
    return [x[span] if axis == 0 else x[:, span] for span in spans]


def _grids(x: Matrix, sums: tuple[Vector, Vector], axis: int) -> dict[int, Grid]:
    """The grid for sums along an axis, or one for both axes."""
    powers = exponents(x, sums)[::-1]  # those of the columns are for sums along axis 0
    own, length = powers[axis], x.shape[axis]
    known = own[own > NO_EXPONENT]
    if np.abs(known).max(initial=0) > EXTREME:
        scaled = typed_like(np.ldexp(x, -own), x)
        return {axis: Grid(on_grid(scaled, np.zeros_like(own), length), own)}
    ends = [(power.min(initial=-NO_EXPONENT), power.max(initial=NO_EXPONENT)) for power in powers]
    highest = max(high for _, high in ends)
    if highest - min(low for low, _ in ends) > ALIKE:
        return {axis: Grid(on_grid(x, own, length))}
    grid = Grid(on_grid(x, np.full((1, 1), highest, np.int32), max(x.shape)))
    return {0: grid, 1: grid}


def contract(a: Factor, axis: int, b: Factor, other: int) -> Matrix:
    """The sum of `a * b` along an axis of each, for all pairs of their other indices. Writable."""

    def multiply(one: Array, two: Array) -> Array:
        left = one if axis == 1 else one.T
        return np.dot(left, two if other == 0 else two.T, empty(shape, FLOAT64))

    shape = a.matrix.shape[1 - axis], b.matrix.shape[1 - other]
    found = [
        _shifted(multiplied(multiply, one.slices, two.slices), one.shift, two.shift)
        for one, two in zip(a.along(axis), b.along(other), strict=True)
    ]
    total = reduce(np.add, found) if found else np.zeros(shape)
    y = typed_like(rounded(total, a.matrix.dtype), a.matrix)
    if not (a.is_finite and b.is_finite):
        add_nonfinite(multiply, a.matrix, b.matrix, y)
    return y


def _shifted(found: Array, rows: Exponents | None, columns: Exponents | None) -> Array:
    """A product of what was divided by powers of two."""
    if rows is None and columns is None:
        return found
    shift = np.zeros(found.shape, np.int32)
    shift += 0 if rows is None else rows.reshape(-1, 1)
    shift += 0 if columns is None else columns.reshape(1, -1)
    with np.errstate(over="ignore", under="ignore"):
        scaled: Array = np.ldexp(found, shift)
    return scaled


def product_vjp(x: Matrix, weight: Matrix) -> tuple[Matrix, ProductPullback]:
    """`x @ weight`, writable, and its pullback."""
    one, other = Factor(x), Factor(weight)

    def pull(dy: Matrix) -> tuple[Matrix, Callable[[], Matrix]]:
        slope = Factor(dy)
        return contract(one, 0, slope, 0), lambda: contract(slope, 1, other, 1)

    return contract(one, 1, other, 0), pull


def products(stack: Stack, other: Stack) -> Stack:
    """The products of the matrices in two stacks. Writable."""
    y = empty((stack.shape[0], stack.shape[1], other.shape[2]), stack.dtype)
    for out, one, two in zip(y, stack, other, strict=True):
        out[...] = contract(Factor(one), 1, Factor(two), 0)
    return y
