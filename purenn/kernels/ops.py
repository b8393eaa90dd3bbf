"""The operations whose bits depend on the machine: `FAST` has BLAS and NumPy's own functions.

BLAS sums in another order on each processor and number of threads, and the exponential and its kin
differ between instruction sets. What else NumPy does to floats rounds in one way everywhere, as
long as each operation is a call of its own. `purenn.kernels.portable` has other operations.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np

from purenn.arrays import FLOAT32, FLOAT64, Array, Images, Matrices, Matrix, Vector, read_only
from purenn.kernels import pooling
from purenn.kernels.convolutions import Filters, convolve, input_cotangent, weight_cotangent
from purenn.kernels.elementwise import scalar
from purenn.kernels.memory import empty_like
from purenn.kernels.processor import has_avx512
from purenn.kernels.products import product, products
from purenn.kernels.threads import beside
from purenn.kernels.windows import Windows

Function = Callable[[Array, Array], object]  # of the elements of the first, into the second
ProductPullback = Callable[[Matrix], tuple[Matrix, Callable[[], Matrix]]]


def product_vjp(x: Matrix, weight: Matrix) -> tuple[Matrix, ProductPullback]:
    """`x @ weight`, writable, and its pullback: to slopes of the weight, and a thunk of x's."""

    def pull(dy: Matrix) -> tuple[Matrix, Callable[[], Matrix]]:
        dx = beside(lambda: read_only(product(dy, weight.T)), x.size * weight.shape[1])
        return read_only(product(x.T, dy)), dx

    return product(x, weight), pull


def power(x: Array, exponent: float, out: Array) -> Array:
    """`x**exponent`, for elements that are not negative."""
    return np.power(x, x.dtype.type(exponent), out)


def sigmoid(x: Array, out: Array) -> Array:
    """`1 / (1 + exp(-x))`, where the exponent stops just short of overflow."""
    np.maximum(x, scalar(-88.0 if x.dtype == FLOAT32 else -709.0, x.dtype), out=out)
    np.negative(out, out)
    np.exp(out, out)
    np.add(out, scalar(1.0, x.dtype), out)
    return np.divide(scalar(1.0, x.dtype), out, out)


# NumPy vectorizes these two only with AVX-512; elsewhere it calls the C library for each element,
# which takes five to ten times as long. What they are made of here is vectorized everywhere.


def expm1(x: Array, out: Array) -> Array:
    """`exp(x) - 1` of numbers that are not positive, as `2 t / (1 - t)` for `t = tanh(x / 2)`."""
    if x.dtype == FLOAT64:  # for which tanh is slow too
        return np.expm1(x, out)
    np.multiply(x, scalar(0.5, x.dtype), out)
    np.tanh(out, out)
    below = np.subtract(scalar(1.0, x.dtype), out, empty_like(out))
    np.divide(out, below, out)
    return np.multiply(out, scalar(2.0, x.dtype), out)


def log1p(x: Array, out: Array) -> Array:
    """`log(1 + x)` of numbers in [0, 1], with what the rounding of `1 + x` loses."""
    more = np.add(x, scalar(1.0, x.dtype), empty_like(x))
    lost = np.subtract(more, scalar(1.0, x.dtype), empty_like(x))
    np.subtract(x, lost, lost)
    np.divide(lost, more, lost)
    np.log(more, more)
    return np.add(more, lost, out)


@attrs.frozen
class Ops:
    """Operations of layers and losses; the fast ones, unless others are given."""

    product_vjp: Callable[[Matrix, Matrix], tuple[Matrix, ProductPullback]] = product_vjp
    products: Callable[[Matrices, Matrices], Matrices] = products
    convolve: Callable[[Images, Filters, Vector, Windows], Images] = convolve
    weight_cotangent: Callable[[Images, Images, Windows, Filters], Filters] = weight_cotangent
    input_cotangent: Callable[[Images, Filters, Windows, Images], Images] = input_cotangent
    window_maximum: Callable[[Images, Windows], Images] = pooling.maximum
    exp: Function = np.exp
    expm1: Function = np.expm1 if has_avx512() else expm1  # of numbers that are not positive
    log: Function = np.log
    log1p: Function = np.log1p if has_avx512() else log1p  # of numbers in [0, 1]
    tanh: Function = np.tanh
    sigmoid: Function = sigmoid
    cos: Function = np.cos
    sin: Function = np.sin
    power: Callable[[Array, float, Array], object] = power


FAST = Ops()
