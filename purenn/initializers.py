"""First values of parameters: `(key, shape) -> array`, in float32.

Weights have the shape (inputs, outputs). The scaled kinds keep the variance of what flows through
a layer: forward (lecun, and he for rectifiers) or as a compromise both ways (glorot). `normal`
draws from a Gaussian of that standard deviation, `uniform` from the interval that has it.

>>> from purenn.keys import Key
>>> he_normal(slope=0.01)(Key(0), (784, 256)).shape
(784, 256)
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import overload

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import FLOAT32, Array, Matrix, Shape, Vector, require_sizes, seal
from purenn.errors import OptionError, ShapeError
from purenn.keys import Key

FLOAT32_MAX = float(np.finfo(np.float32).max)


@attrs.frozen(repr=False, eq=False)
class Initializer:
    """A function from a key and a shape to an array, and the expression that builds it."""

    name: str
    draw: Callable[[np.random.Generator, Shape], np.ndarray[Shape, np.dtype[np.float64]]]

    @overload
    def __call__(self, key: Key, shape: tuple[int]) -> Vector: ...
    @overload
    def __call__(self, key: Key, shape: tuple[int, int]) -> Matrix: ...
    @overload
    def __call__(self, key: Key, shape: Shape) -> Array: ...
    def __call__(self, key: Key, shape: Shape) -> Array:
        """An array of that shape, float32 and read-only.

        Raises:
            ShapeError: the shape is no tuple of whole numbers above 0, or not of two where the
                scale depends on the inputs and outputs.
        """
        require_sizes(self.name, shape)
        return seal(self.draw(key.generator(), shape).astype(FLOAT32))

    def __repr__(self) -> str:
        return self.name


def _fans(shape: Shape) -> tuple[int, int]:
    if len(shape) != 2:
        raise ShapeError(
            "A scaled initializer", f"takes the shape (inputs, outputs), and {shape} came."
        )
    return shape[0], shape[1]


def _normal(name: str, variance: Callable[[int, int], float]) -> Initializer:
    def draw(
        generator: np.random.Generator, shape: Shape
    ) -> np.ndarray[Shape, np.dtype[np.float64]]:
        return generator.standard_normal(shape) * sqrt(variance(*_fans(shape)))

    return Initializer(name, draw)


def _uniform(name: str, variance: Callable[[int, int], float]) -> Initializer:
    def draw(
        generator: np.random.Generator, shape: Shape
    ) -> np.ndarray[Shape, np.dtype[np.float64]]:
        limit = sqrt(3.0 * variance(*_fans(shape)))
        return generator.uniform(-limit, limit, shape)

    return Initializer(name, draw)


def _he(slope: float) -> Callable[[int, int], float]:
    return lambda inputs, outputs: 2.0 / ((1.0 + slope * slope) * inputs)


def _glorot(inputs: int, outputs: int) -> float:
    return 2.0 / (inputs + outputs)


def _lecun(inputs: int, outputs: int) -> float:
    return 1.0 / inputs


def _he_name(kind: str, slope: float) -> str:
    return f"{kind}(slope={slope})" if slope else f"{kind}()"


def he_normal(slope: float = 0.0) -> Initializer:
    """Variance 2 / ((1 + slope²) · inputs), for (leaky) rectifiers of that negative slope.

    He, Zhang, Ren and Sun, "Delving Deep into Rectifiers" (2015), equations 10 and 15.
    """
    a = checks.finite("The negative slope of he_normal", slope)
    return _normal(_he_name("he_normal", a), _he(a))


def he_uniform(slope: float = 0.0) -> Initializer:
    """As `he_normal`, drawn from an interval."""
    a = checks.finite("The negative slope of he_uniform", slope)
    return _uniform(_he_name("he_uniform", a), _he(a))


def glorot_normal() -> Initializer:
    """Variance 2 / (inputs + outputs). Glorot and Bengio (2010), equation 12."""
    return _normal("glorot_normal()", _glorot)


def glorot_uniform() -> Initializer:
    """As `glorot_normal`, drawn from an interval: equation 16."""
    return _uniform("glorot_uniform()", _glorot)


def lecun_normal() -> Initializer:
    """Variance 1 / inputs. LeCun, Bottou, Orr and Müller, "Efficient BackProp" (1998), 4.6.

    Often called Xavier by mistake; Xavier Glorot's own counts the outputs too.
    """
    return _normal("lecun_normal()", _lecun)


def lecun_uniform() -> Initializer:
    """As `lecun_normal`, drawn from an interval."""
    return _uniform("lecun_uniform()", _lecun)


def constant(value: float) -> Initializer:
    """`value` everywhere, for any shape.

    Raises:
        OptionError: the value is not finite, or not in float32.
    """
    number = checks.finite("The value of constant", value)
    if abs(number) > FLOAT32_MAX:
        raise OptionError(f"The value of constant must be a float32 number and is {value!r}.")
    return Initializer(f"constant({number})", lambda generator, shape: np.full(shape, number))


def zeros() -> Initializer:
    """Zero everywhere, for any shape."""
    return Initializer("zeros()", lambda generator, shape: np.zeros(shape))
