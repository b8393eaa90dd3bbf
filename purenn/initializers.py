"""Initializers, the first values of parameters: `(key, shape, dtype) -> array`.

Weights have the shape (inputs, outputs). The scaled kinds preserve variance through a layer: in the
forward pass (lecun, and he for rectifiers), or as a compromise in both passes (glorot). Those in
`_normal` draw from a normal distribution of that variance, those in `_uniform` from a uniform one.

Weights of convolutions have the shape (rows, columns, channels, features). An output depends on a
window of pixels, and a pixel affects as many outputs: they have rows * columns * channels (of one
group) inputs and rows * columns * features outputs, as in other libraries.

>>> from purenn.keys import Key
>>> he_normal(slope=0.01)(Key(0), (784, 256)).shape
(784, 256)
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, prod, sqrt
from typing import TYPE_CHECKING

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import FLOAT32, Array, Float, FloatDtype, Shape, read_only
from purenn.checks import NotNegative, Number
from purenn.errors import OptionError, PurennError, ShapeError
from purenn.expressions import Expressed, maker
from purenn.kernels.memory import Sizes, empty
from purenn.keys import Key

Variance = Callable[[int, int], float]  # from the numbers of inputs and outputs

if TYPE_CHECKING:  # numpy.random takes milliseconds to import
    Draw = Callable[[np.random.Generator, Shape], Array]


@attrs.frozen(repr=False, eq=False, getstate_setstate=False)
class Initializer(Expressed):
    """A function from a key, a shape and a dtype to an array.

    `draw` is `(generator, shape) -> array` of floats; the generator is at the start of the stream.
    """

    draw: Draw = attrs.field(validator=checks.called)

    @np.errstate(over="ignore")  # which is found out at the end
    def __call__(
        self, key: Key, shape: Sizes, dtype: FloatDtype | type[Float] = FLOAT32
    ) -> np.ndarray[Sizes, np.dtype[Float]]:
        """A read-only array; OptionError if an entry overflows in the dtype, or all vanish."""
        checks.instance(f"The key of {self!r}", key, Key)
        if not isinstance(shape, tuple):
            raise OptionError(f"{self!r}: expected a shape as a tuple, got {shape!r}.")
        sizes = tuple(checks.integer(f"A size in the shape of {self!r}", size) for size in shape)
        kind = checks.float_dtype(f"{self!r}", dtype)
        try:
            drawn = np.asarray(self.draw(key.generator(), sizes))
            array = empty(shape, kind)
        except PurennError:
            raise
        except (MemoryError, ValueError) as error:
            raise OptionError(f"{self!r} cannot make an array of shape {sizes}.") from error
        if drawn.dtype.kind not in "fiub" or drawn.shape not in ((), sizes):
            got = checks.described(drawn)
            raise OptionError(f"{self!r}: expected an array of shape {sizes}, got {got}.")
        array[...] = drawn
        if not np.isfinite(array).all():
            why = "gives NaN" if np.isnan(drawn).any() else f"overflows in {kind}"
            raise OptionError(f"{self!r} {why}.")
        if np.any(drawn) and not np.any(abs(array) >= np.finfo(kind).tiny):
            raise OptionError(f"{self!r} vanishes in {kind}.")
        return read_only(array)


def _fans(shape: Shape) -> tuple[int, int]:
    if len(shape) < 2:
        expected = "(inputs, outputs) or (rows, columns, channels, features)"
        raise ShapeError("A scaled initializer", f"expected {expected}, got {shape}.")
    window = prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


def _normal(variance: Variance) -> Initializer:
    return Initializer(
        lambda rng, shape: rng.standard_normal(shape) * sqrt(variance(*_fans(shape)))
    )


def _uniform(variance: Variance) -> Initializer:
    return Initializer(
        lambda rng, shape: (2.0 * rng.random(shape) - 1.0) * sqrt(3.0 * variance(*_fans(shape)))
    )


def _he(slope: float) -> Variance:
    if slope * slope == inf:
        raise OptionError(f"The slope of an initializer: {slope!r} is too large.")
    return lambda inputs, outputs: 2.0 / ((1.0 + slope * slope) * inputs)


@maker
def he_normal(slope: Number = 0.0) -> Initializer:
    """Variance 2 / ((1 + slope²) · inputs), for ReLU, or leaky ReLU of that slope.

    He, Zhang, Ren and Sun, "Delving Deep into Rectifiers" (2015), equations 10 and 15.
    """
    return _normal(_he(slope))


@maker
def he_uniform(slope: Number = 0.0) -> Initializer:
    """`he_normal` with a uniform distribution."""
    return _uniform(_he(slope))


@maker
def glorot_normal() -> Initializer:
    """Glorot or Xavier initialization: variance 2 / (inputs + outputs).

    Glorot and Bengio, "Understanding the Difficulty of Training Deep Feedforward Neural Networks"
    (2010), equation 12.
    """
    return _normal(lambda inputs, outputs: 2.0 / (inputs + outputs))


@maker
def glorot_uniform() -> Initializer:
    """`glorot_normal` with a uniform distribution: equation 16."""
    return _uniform(lambda inputs, outputs: 2.0 / (inputs + outputs))


@maker
def lecun_normal() -> Initializer:
    """Variance 1 / inputs. LeCun, Bottou, Orr and Müller, "Efficient BackProp" (1998), 4.6."""
    return _normal(lambda inputs, outputs: 1.0 / inputs)


@maker
def lecun_uniform() -> Initializer:
    """`lecun_normal` with a uniform distribution."""
    return _uniform(lambda inputs, outputs: 1.0 / inputs)


@maker
def normal(deviation: NotNegative = 1.0) -> Initializer:
    """Normal with mean 0 and this standard deviation, for any shape."""
    return Initializer(lambda rng, shape: rng.standard_normal(shape) * deviation)


@maker
def uniform(bound: NotNegative = 1.0) -> Initializer:
    """Uniform from `-bound` to `bound`, for any shape."""
    return Initializer(lambda rng, shape: (2.0 * rng.random(shape) - 1.0) * bound)


@maker
def truncated_normal(deviation: NotNegative = 1.0) -> Initializer:
    """Normal with mean 0, drawn again where it is beyond two standard deviations, for any shape.

    The deviation is that before truncation; that of the result is 0.88 times as large.
    """

    def draw(rng: np.random.Generator, shape: Shape) -> Array:
        drawn = rng.standard_normal(shape)
        while (beyond := np.abs(drawn) > 2.0).any():
            drawn[beyond] = rng.standard_normal(np.count_nonzero(beyond))
        return drawn * deviation

    return Initializer(draw)


@maker
def orthogonal(gain: Number = 1.0) -> Initializer:
    """A random matrix with orthonormal rows or columns, whichever are fewer, times the gain.

    With more than two axes, all but the last count as inputs. Saxe, McClelland and Ganguli, "Exact
    Solutions to the Nonlinear Dynamics of Learning in Deep Linear Neural Networks" (2014); uniform
    among all such matrices, following Mezzadri, "How to Generate Random Matrices from the Classical
    Compact Groups" (2007).
    """

    def draw(rng: np.random.Generator, shape: Shape) -> Array:
        from purenn.kernels.portable.products import orthonormal_rows

        if len(shape) < 2:
            raise ShapeError("orthogonal", f"expected (..., inputs, outputs), got {shape}.")
        sizes = prod(shape[:-1]), shape[-1]
        rows = orthonormal_rows(rng.standard_normal((min(sizes), max(sizes))))
        found = np.multiply(rows if sizes[0] < sizes[1] else rows.T, gain, dtype=np.float64)
        return found.reshape(shape)

    return Initializer(draw)


@maker
def constant(value: Number) -> Initializer:
    """`value` everywhere, for any shape."""
    return Initializer(lambda rng, shape: np.full(shape, value))


@maker
def zeros() -> Initializer:
    """Zero everywhere, for any shape."""
    return Initializer(lambda rng, shape: np.zeros(shape))
