"""What layers ask of parameters, and of inputs that have to fit them."""

from __future__ import annotations

from purenn import checks
from purenn.arrays import Array, Shape, require_floats
from purenn.errors import DtypeError, ParametersError, ShapeError


def require_entries(subject: str, params: object, size: int) -> None:
    """Check that there are parameters for so many layers."""
    if not isinstance(params, tuple) or len(params) != size:
        _refuse(subject, f"for each of its {size} layers", params)


def require_params(subject: str, params: object, kind: type) -> None:
    """Check that parameters are of the class that a layer has."""
    if not isinstance(params, kind):
        _refuse(subject, f"of class {kind.__name__}", params)


def _refuse(subject: str, expected: str, params: object) -> None:
    got = f"{checks.described(params)}. Make them with model.init(key, example)."
    raise ParametersError(subject, f"expected parameters {expected}, got {got}")


def require_shape(subject: str, name: str, leaf: Array, shape: Shape) -> None:
    """Check that a leaf of the parameters has the shape that a layer gives it."""
    if leaf.shape != shape:
        raise ParametersError(subject, f"expected {name} of shape {shape}, got {leaf.shape}.")


def require_fit(subject: str, leaf: Array, x: Array) -> None:
    """Check that an input has as many features as a leaf of the parameters, and its dtype."""
    if x.shape[-1] != leaf.shape[0]:
        expected = f"{leaf.shape[0]} features, as its parameters have"
        raise ShapeError(subject, f"expected {expected}, got {x.shape[-1]}.")
    require_dtype(subject, leaf, x)


def require_features(subject: str, leaf: Array, x: Array) -> None:
    """Check that an input is a batch of floats with features that fit a leaf of the parameters."""
    require_floats(subject, x, 2)
    require_fit(subject, leaf, x)


def require_dtype(subject: str, leaf: Array, x: Array) -> None:
    """Check that an input has the dtype of a leaf of the parameters."""
    if x.dtype != leaf.dtype:
        got = f"{x.dtype}. Convert one of them, for example with x.astype(np.{leaf.dtype})."
        raise DtypeError(subject, f"expected {leaf.dtype}, as its parameters are, got {got}")
