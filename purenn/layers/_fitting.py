"""Checks of parameters, and of inputs that must fit them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVarTuple

import numpy as np

from purenn import checks
from purenn.array_checks import require_floats
from purenn.arrays import FLOAT32, FLOAT64, AnyArray, Array, P, Shape, X, Y, Z
from purenn.errors import DtypeError, LocatedError, ParametersError, ShapeError, TreeError
from purenn.tree import Frozen, walk

Ps = TypeVarTuple("Ps")


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
    with suppress(TreeError):  # only training asks for a tree
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
    except LocatedError as error:
        raise error.inside(index) from None
