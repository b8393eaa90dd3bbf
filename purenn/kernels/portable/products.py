"""Matrix products with the same bits on every machine: exact on grids, and rounded once.

And what is made of them: orthonormal rows, which LAPACK gives other bits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, reduce
from typing import NamedTuple

import numpy as np

from purenn.arrays import FLOAT32, Matrices, Matrix, read_only, typed_like
from purenn.kernels.memory import empty
from purenn.kernels.ops import ProductPullback
from purenn.kernels.portable import grids
from purenn.kernels.portable.grids import EXTREME, NO_EXPONENT, Exponents
from purenn.kernels.products import product
from purenn.kernels.threads import beside

# Longer sums are taken in parts, so that norms, and with them grids, stay small.
LONGEST = 4096
# Bits that may be lost where what is large in one factor meets what is small in the other.
SPARE = 4
# Rows that are made orthogonal to those before them by one product.
TOGETHER = 32
NO_SHIFT: Exponents = np.zeros((1, 1), np.int32)


class Grid(NamedTuple):
    """A matrix on grids for sums along an axis, divided by 2**shift first."""

    slices: tuple[Matrix, ...]
    shift: Exponents = NO_SHIFT


class Factor:
    """A matrix that is multiplied, with its grids, made when they are needed.

    What is not finite is 0 on the grids.
    """

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix
        sums = grids.square_sums(matrix)
        self._alike = grids.alike(sums)
        is_sound = self._alike is not None or np.isfinite(sums).all()  # the first is quick
        self._finite = matrix if is_sound else grids.finite(matrix)
        self.is_finite = self._finite is matrix
        self._sums = sums if self.is_finite else grids.square_sums(self._finite)
        self._grids: dict[int, tuple[Grid, ...]] = {}

    @cached_property
    def _powers(self) -> tuple[Exponents, Exponents]:
        """Powers of two above the norms, for sums along either axis: one above all if alike."""
        if self._alike is not None:
            common = np.array([[self._alike]], np.int32)
            return common, common
        powers, count = grids.exponents(self._finite, self._sums), len(self.matrix)
        return powers[count:].reshape(1, -1), powers[:count].reshape(-1, 1)

    def powers_across(self, axis: int) -> Exponents | None:
        """Powers of two above the norms across an axis, by the index along it, unless alike."""
        return self._powers[1 - axis].reshape(-1) if self._alike is None else None

    def times(self, powers: Exponents, axis: int) -> Factor:
        """The finite part of the matrix times powers of two, by the index along an axis."""
        with np.errstate(under="ignore"):
            scaled = np.ldexp(self._finite, powers.reshape((1, -1) if axis else (-1, 1)))
        return Factor(typed_like(scaled, self.matrix))

    def growth(self, before: Factor, axis: int) -> int:
        """By which power of two the norms for sums along an axis have grown at most."""
        return int(np.maximum.reduce(self._powers[axis] - before._powers[axis], axis=None))

    def along(self, axis: int) -> tuple[Grid, ...]:
        """The parts of the matrix for sums along that axis, each on its grid."""
        if axis not in self._grids:
            length, longest = self.matrix.shape[axis], max(self.matrix.shape)
            if length > LONGEST:
                parts = np.split(self.matrix, range(LONGEST, length, LONGEST), axis)
                self._grids[axis] = tuple([grid for x in parts for grid in Factor(x).along(axis)])
            elif longest <= LONGEST and self._alike is not None:
                self._grids[0] = self._grids[1] = (_grid(self._finite, self._powers[0], longest),)
            else:
                self._grids[axis] = (_grid(self._finite, self._powers[axis], length),)
        return self._grids[axis]


def _grid(x: Matrix, powers: Exponents, count: int) -> Grid:
    """The grid for sums of `count` elements, with powers of two above their norms."""
    if x.dtype == FLOAT32 or np.abs(powers[powers > NO_EXPONENT]).max(initial=0) <= EXTREME:
        return Grid(grids.on_grid(x, powers, count))
    scaled = typed_like(np.ldexp(x, -powers), x)
    return Grid(grids.on_grid(scaled, np.zeros_like(powers), count), powers)


def contract(a: Factor, axis: int, b: Factor, other: int) -> Matrix:
    """The sum of `a * b` along an axis of each, for all pairs of their other indices. Writable."""

    def multiply(one: Matrix, two: Matrix) -> Matrix:
        return product(one if axis == 1 else one.T, two if other == 0 else two.T)

    left, right = _balanced(a, axis, b, other)
    found = []
    for one, two in zip(left.along(axis), right.along(other), strict=True):
        part = grids.multiplied(multiply, one.slices, two.slices)
        if not one.shift is two.shift is NO_SHIFT:
            part = grids.shifted(part, one.shift.reshape(-1, 1) + two.shift.reshape(1, -1))
        found.append(part)
    total = reduce(np.add, found)
    y = typed_like(grids.rounded(total, a.matrix.dtype), a.matrix)
    if not (a.is_finite and b.is_finite):
        grids.add_nonfinite(multiply, a.matrix, b.matrix, y)
    return y


def _balanced(a: Factor, axis: int, b: Factor, other: int) -> tuple[Factor, Factor]:
    """Factors of the same product, in both of which what is summed is about as large.

    A grid is as fine as the norm of all terms allows: where large numbers meet small ones, as
    columns in other units meet their weights, these would be lost on it. So both are multiplied by
    powers of two that cancel, unless little would be lost.
    """
    one, two = a.powers_across(axis), b.powers_across(other)
    if one is None or two is None or not one.size:
        return a, b
    most = int(np.maximum.reduce(one)), int(np.maximum.reduce(two))
    together = int(np.maximum.reduce(one + two))
    if sum(most) - together <= SPARE or together > 2 * np.finfo(a.matrix.dtype).maxexp - 2:
        return a, b  # in the second case numbers might overflow
    shift = (two - one) // 2
    left, right = a.times(shift, axis), b.times(-shift, other)
    is_worse = left.growth(a, axis) + right.growth(b, other) > SPARE  # for some of the sums
    return (a, b) if is_worse else (left, right)


def product_vjp(x: Matrix, weight: Matrix) -> tuple[Matrix, ProductPullback]:
    """`x @ weight`, writable, and its pullback."""
    one, other = Factor(x), Factor(weight)

    def pull(dy: Matrix) -> tuple[Matrix, Callable[[], Matrix]]:
        slope = Factor(dy)
        dx = beside(lambda: read_only(contract(slope, 1, other, 1)), x.size * weight.shape[1])
        return read_only(contract(one, 0, slope, 0)), dx

    return contract(one, 1, other, 0), pull


def products(stack: Matrices, other: Matrices) -> Matrices:
    """The products of the matrices in two stacks. Writable."""
    y = empty((stack.shape[0], stack.shape[1], other.shape[2]), stack.dtype)
    for out, one, two in zip(y, stack, other, strict=True):
        out[...] = contract(Factor(one), 1, Factor(two), 0)
    return y


def orthonormal_rows(x: Matrix) -> Matrix:
    """Rows that span the same, by Gram and Schmidt, each twice: "twice is enough" (Kahan)."""
    found: Matrix = np.zeros_like(x)
    for start in range(0, len(x), TOGETHER):
        rows, before = x[start : start + TOGETHER], Factor(found[:start])
        for _ in range(2 if start else 0):
            shares = contract(Factor(rows), 1, before, 1)
            rows = rows - contract(Factor(shares), 1, before, 0)
        for index, row in enumerate(rows, start):
            near, rest = found[start:index], row
            for _ in range(2):
                shares = np.add.reduce(near * rest, axis=1, keepdims=True)
                rest = rest - np.add.reduce(near * shares, axis=0)
            found[index] = rest / np.sqrt(np.add.reduce(rest * rest))
    return found
