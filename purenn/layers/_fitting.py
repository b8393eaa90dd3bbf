"""Checks of parameters and of inputs that must fit them, such as windows of images."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from math import inf
from typing import Literal, TypeVarTuple

import numpy as np

from purenn import array_checks, checks, errors
from purenn.array_checks import require_floats
from purenn.arrays import FLOAT32, FLOAT64, AnyArray, Array, Images, P, Shape, X, Y, Z
from purenn.errors import DtypeError, OptionError, ParametersError, ShapeError
from purenn.kernels.windows import Pair, Windows
from purenn.tree import Frozen, walk

Ps = TypeVarTuple("Ps")

Padding = Literal["same", "valid"]
Size = int | tuple[int, int]

MOST = 1024  # rows or columns that are added on a side, or take the place of one


def repacked(
    found: tuple[Y, Callable[[Y], tuple[P, X]]], change: Callable[[P, X], Z]
) -> tuple[Y, Callable[[Y], Z]]:
    """A training pass whose gradient and thunk are made of those of another."""
    y, pull = found
    return y, lambda dy: change(*pull(dy))


def guarded(layer: object, found: tuple[Y, Callable[[Y], Z]]) -> tuple[Y, Callable[[Y], Z]]:
    """A training pass whose pullback checks the cotangent of an output that is an array."""
    y: object = found[0] if checks.is_pair(found) and callable(found[1]) else None
    if not isinstance(y, np.ndarray):
        return found
    pull, shape, dtype = found[1], y.shape, y.dtype  # without y itself, which may be large

    def pullback(dy: Y) -> Z:
        if not isinstance(dy, np.ndarray) or dy.shape != shape or dy.dtype != dtype:
            expected = f"a cotangent like the output, a {dtype} array of shape {shape}"
            got = checks.described(dy) + ". Call it" * callable(dy)
            raise ShapeError(f"{layer!r}", f"expected {expected}, got {got}.")
        return pull(dy)

    return found[0], pullback


def require_entries(subject: str, params: object, size: int) -> None:
    """Check that there are parameters for each of `size` layers."""
    if not isinstance(params, tuple) or len(params) != size:
        _refuse(subject, f"for each of its {size} layers", params, "Make them")


def require_params(subject: str, params: object, kind: type) -> None:
    """Check that parameters are of the class that a layer has."""
    if not isinstance(params, kind):
        name = kind.__name__
        of_others = f"Wrap those of the layer inside, {name}(params), or make them"
        cure = of_others if name in ("Block", "Frozen") else "Make them"
        cure = f"{checks.redefined(type(params), kind)} {cure}".lstrip()
        _refuse(subject, f"of class {name}", params, cure)


def _refuse(subject: str, expected: str, params: object, cure: str) -> None:
    if hasattr(params, "params") and hasattr(params, "slots"):  # a State
        cure = "Take its params, or make them"
    elif isinstance(params, Frozen):
        cure = "Freeze the layer too: frozen(...). Or take their value, or make them"
    got = f"{checks.described(params)}. {cure} with model.init(key, example)."
    raise ParametersError(subject, f"expected parameters {expected}, got {got}")


def require_single(layer: object, params: object, example: object) -> None:
    """Check that initial parameters are not float64 for a float32 example: outputs would be too.

    The layers of a chain tell themselves, and what is frozen may be constants.
    """
    if not isinstance(example, np.ndarray) or example.dtype != FLOAT32:
        return
    with suppress(errors.TreeError):  # only training asks for a tree
        for path, leaf in walk(params, (np.ndarray, tuple, Frozen)):
            if isinstance(leaf, np.ndarray) and leaf.dtype == FLOAT64:
                expected = "expected parameters in float32, as the example is"
                got = f"got {path or 'an array'} in float64. Make it in example.dtype."
                raise DtypeError(f"{layer!r}", f"{expected}, {got}")


def require_shape(subject: str, name: str, leaf: Array, shape: Shape) -> None:
    """Check that a leaf of the parameters has the shape that a layer gives it."""
    if leaf.shape != shape:
        raise ParametersError(subject, f"expected {name} of shape {shape}, got {leaf.shape}.")


def require_features(subject: str, x: Array) -> None:
    """Check that an input is a batch of floats with features."""
    require_floats(subject, x, 2)


def require_pair(subject: str, x: object) -> None:
    """Check that an input is a pair."""
    if not checks.is_pair(x):
        cure = "Give (x, w), or put branches(...) or beside(...) before it."
        raise ShapeError(subject, f"expected a pair of inputs, got {checks.described(x)}. {cure}")


def require_rows(subject: str, x: Array) -> None:
    """Check that an input is a matrix of floats."""
    require_floats(subject, x)
    if x.ndim != 2:
        cure = "Put flatten() before it."
        if x.ndim == 1:
            cure = "Add an axis: x[np.newaxis] for one sample, x[:, np.newaxis] for one feature."
        got = f"{x.shape[1:]}. {cure}"
        raise ShapeError(subject, f"expected samples of shape (features,), got {got}")


def require_fit(subject: str, leaf: Array, x: Array) -> None:
    """Check that an input has as many features as a leaf of the parameters, and its dtype."""
    if x.shape[-1] != leaf.shape[0]:
        expected = f"{leaf.shape[0]} features, as its parameters have"
        raise ShapeError(subject, f"expected {expected}, got {x.shape[-1]}.")
    require_dtype(subject, leaf, x)


def require_dtype(subject: str, leaf: Array, x: AnyArray) -> None:
    """Check that an input has the dtype of a leaf of the parameters."""
    if x.dtype != leaf.dtype:
        got = f"{x.dtype}. Convert one of them, for example with x.astype(np.{leaf.dtype})."
        raise DtypeError(subject, f"expected {leaf.dtype}, as its parameters are, got {got}")


def located(index: int, function: Callable[[*Ps], Z], *arguments: *Ps) -> Z:
    """What a function of layer number `index` of several gives; its errors say where it is."""
    try:
        return function(*arguments)
    except errors.LocatedError as error:
        raise error.inside(index) from None


def require_images(subject: str, x: Images) -> None:
    """Check that `x` is a batch of images in floats."""
    require_floats(subject, x)
    array_checks.require_images(subject, x)


def pair(name: str, value: object, least: int = 1, most: float = inf) -> Pair:
    """One integer for rows and columns alike, or a tuple of one for each."""
    if isinstance(value, tuple) and not checks.is_pair(value):
        got = checks.described(value)
        raise OptionError(f"{name}: expected an integer or a pair of integers, got {got}.")
    rows, columns = value if isinstance(value, tuple) else (value, value)
    return checks.integer(name, rows, least, most), checks.integer(name, columns, least, most)


def by(sizes: Pair) -> str:
    """A size in words."""
    return " × ".join(map(str, sizes))


def sliding(
    name: str, size: Size, stride: Size | None, padding: Padding
) -> tuple[Pair, Callable[[str, Images], Windows]]:
    """The size of windows as a pair, and the function from images to the windows over them.

    A stride of None is the size. With "same" padding there are ceil(length / stride) windows along
    each axis. The rows that are missing are added on both sides, and one more at the end if their
    number is odd.
    """
    sizes = pair(f"The size of {name}", size)
    strides = sizes if stride is None else pair(f"The stride of {name}", stride)
    given: object = padding
    if not isinstance(given, str) or given not in ("same", "valid"):
        cure = "Put pad(...) before the layer for any other."
        got = checks.described(given)
        raise OptionError(f"The padding of {name}: expected 'same' or 'valid', got {got}. {cure}")

    def windows(subject: str, x: Images) -> Windows:
        start, step, count = _along(subject, x, 0, sizes[0], strides[0], padding)
        left, step_across, count_across = _along(subject, x, 1, sizes[1], strides[1], padding)
        return Windows(sizes, (step, step_across), (start, left), (count, count_across))

    return sizes, windows


def _along(
    subject: str, x: Images, axis: int, size: int, stride: int, padding: Padding
) -> tuple[int, int, int]:
    """Where the first window starts along an axis, the stride, and how many windows there are."""
    length = x.shape[1 + axis]
    step = min(stride, length)  # a larger one leads to no second window either
    if padding == "same":
        count = -(-length // step)
        return -(max((count - 1) * step + size - length, 0) // 2), step, count
    name = ("rows", "columns")[axis]
    if size > length:
        got = f"windows of {size} {name} do not fit images of {length}"
        raise ShapeError(subject, f"{got}. Use smaller ones, or put pad(...) before it.")
    left_out = (length - size) % step
    if left_out:
        got = f"windows of {size} {name}, {step} apart, leave out {left_out} of {length}"
        crop = f"(0, -{left_out}), 0" if axis == 0 else f"0, (0, -{left_out})"
        cure = f"Use another stride or padding='same', or crop: pad({crop}) before it."
        raise ShapeError(subject, f"{got}. {cure}")
    return 0, step, (length - size) // step + 1
