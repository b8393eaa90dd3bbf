"""Matrix products with the same bits on every machine: exact on grids, and rounded once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import attrs
import numpy as np

from purenn.arrays import FLOAT64, Array, Matrix, Vector, typed_like
from purenn.kernels.memory import empty
from purenn.kernels.portable.grids import (
    NO_EXPONENT,
    Slices,
    exponents,
    on_grid,
    square_sums,
    summed,
)

# Longer sums are taken in parts, so that norms, and with them grids, stay small.
LONGEST = 4096
# One grid serves for both axes of a matrix if its norms differ by such a power of two at most.
ALIKE = 2
# A matrix is divided by the power of two of its largest norm if that is beyond this one.
EXTREME = 400


Thunk = Callable[[], Matrix]


@attrs.frozen
class Grid:
    """A matrix on a grid for sums along an axis, divided by 2**shift first."""

    slices: Slices
    shift: int


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
                x = typed_like(np.where(np.isfinite(x), x, x.dtype.type(0.0)), x)
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
    most = max(int(power.max(initial=NO_EXPONENT)) for power in powers)
    shift = most if abs(most) > EXTREME and most > NO_EXPONENT else 0
    if shift:
        x = typed_like(np.ldexp(x, -shift), x)
    if most - min(int(power.min(initial=most)) for power in powers) > ALIKE:
        return {axis: Grid(on_grid(x, powers[axis] - shift, x.shape[axis]), shift)}
    one = np.full((1, 1), most - shift, np.int32)
    grid = Grid(on_grid(x, one, max(x.shape)), shift)
    return {0: grid, 1: grid}


def contract(a: Factor, axis: int, b: Factor, other: int) -> Matrix:
    """The sum of `a * b` along an axis of each, for all pairs of their other indices. Writable."""

    def multiply(one: Array, two: Array) -> Array:
        left = one if axis == 1 else one.T
        return np.dot(left, two if other == 0 else two.T, empty(shape, FLOAT64))

    shape = a.matrix.shape[1 - axis], b.matrix.shape[1 - other]
    total: Array = np.zeros(shape)
    parts = zip(a.along(axis), b.along(other), strict=True)
    for index, (one, two) in enumerate(parts):
        found = summed(multiply, one.slices, two.slices)
        if one.shift + two.shift:
            np.ldexp(found, one.shift + two.shift, found)
        total = np.add(total, found, found) if index else found
    y = empty(shape, a.matrix.dtype)
    with np.errstate(over="ignore", under="ignore"):
        np.add(total, 0.0, y, casting="same_kind")  # the sign of 0 depends on the order
    if not (a.is_finite and b.is_finite):
        raw = multiply(_signs(a.matrix), _signs(b.matrix))
        np.copyto(y, raw, where=~np.isfinite(raw), casting="same_kind")
        np.copyto(y, np.nan, where=np.isnan(raw))
    return y


def _signs(x: Matrix) -> Array:
    """The signs of what is finite, and what is not as it is: no sum of these overflows."""
    return np.where(np.isfinite(x), np.sign(x), x).astype(FLOAT64)


def product(x: Matrix, weight: Matrix) -> Matrix:
    """`x @ weight`. Writable."""
    return contract(Factor(x), 1, Factor(weight), 0)


def product_vjp(
    x: Matrix, weight: Matrix
) -> tuple[Matrix, Callable[[Matrix], tuple[Matrix, Thunk]]]:
    """`x @ weight`, writable, and its pullback: of the weight, and then of x."""
    one, other = Factor(x), Factor(weight)

    def pull(dy: Matrix) -> tuple[Matrix, Thunk]:
        slope = Factor(dy)
        return contract(one, 0, slope, 0), lambda: contract(slope, 1, other, 1)

    return contract(one, 1, other, 0), pull
