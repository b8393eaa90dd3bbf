"""Contracts, checked: purity, determinism, dtypes, and gradients against central differences."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import numpy as np

from purenn import checks, tree
from purenn.arrays import FLOAT64, FLOATS, AnyArray, Array, require_array
from purenn.errors import DtypeError, OptionError, PurennError, ShapeError
from purenn.expressions import Expressed
from purenn.keys import Key
from purenn.layers import Layer
from purenn.layers._contract import P, X, Y
from purenn.layers.combinators import steady
from purenn.losses import Loss, weighted
from purenn.matching import require_same
from purenn.optimizers import Optimizer
from purenn.optimizers._contract import S
from purenn.training.gradient import T, require_pair

STEP = 1e-6  # of central differences, in float64
DRAWS = 3  # random directions for each leaf
CURE = "Convert it with x.astype(np.float64)."


class ContractError(PurennError, AssertionError):
    """A layer, loss or optimizer that breaks its contract."""


def check_layer(
    layer: Layer[P, X, Y], example: X, key: Key | None = None, tolerance: float = 1e-5
) -> None:
    """Check a layer: purity, determinism, dtypes, and gradients against central differences.

    Checked are the gradients of training, and those of `inference` where a part has it.

    Args:
        layer: any layer or model; it may draw from its key.
        example: a batch of inputs: float64 arrays and integers, of at least two samples. Near a
            kink of the layer no difference is a slope: draw random numbers.
        key: for the initial parameters and the layer's own randomness; `Key(0)` if None.
        tolerance: how far a slope may be from the difference, relative to the larger of it and 1.

    Raises:
        ContractError, TreeError: it breaks the contract; the message says how.
        DtypeError, ShapeError: the example or parameters are in float32, or there is one sample.
    """
    checks.instance("The layer of check_layer", layer, Layer)
    checks.number("The tolerance of check_layer", tolerance, least=0.0)
    _require_double("The example of check_layer", example, CURE)
    for leaf in tree.leaves(example):
        if leaf.shape[:1] < (2,):
            problem = f"expected at least two samples, got the shape {leaf.shape}."
            raise ShapeError("The example of check_layer", problem)
    start = Key(0) if key is None else key
    params = _repeatable(lambda: layer.init(start, example), "init", example)
    cure = "Make them in example.dtype, or give one: embedding(5, 3, np.float64)."
    _require_double("The parameters of check_layer", params, cure)
    y = _repeatable(lambda: layer.apply(params, example), "apply", params, example)
    _check_slopes(layer, params, example, start, tolerance)
    trained = steady(layer)
    if _bits(y) != _bits(trained.vjp(params, example, start)[0]):
        cure = "Where training is something else, give Layer an inference."
        raise ContractError(f"The output of apply and that of the inference's vjp differ. {cure}")
    if trained is not layer:
        _check_slopes(trained, params, example, start, tolerance)
    if all(map(_moves, tree.leaves(example))):  # integers do not say which dtype the output has
        _check_single_precision(layer, example, start)
    _check_expression(layer)


def _check_slopes(layer: Layer[P, X, Y], params: P, example: X, key: Key, tolerance: float) -> None:
    before = _bits((params, example))
    found = layer.vjp(params, example, key)
    _require_pullback("vjp", found, "the output and a function, (y, pullback)")
    if _bits((params, example)) != before:
        raise ContractError("vjp changes its arguments.")
    first, pull = found
    if not all(map(_moves, tree.leaves(first))):
        raise ContractError(f"expected outputs of float64, got {checks.described(first)}.")
    cotangent = _random_like(first, key.child("cotangent"))
    pulled = _repeatable(lambda: pull(cotangent), "pullback", params, example, cotangent)
    _require_pullback("pullback", pulled, "the gradient and a function, (grads, lambda: dx)")
    grads, dx = pulled
    require_same(params, grads, "The parameters and the gradient")
    slopes = dx()
    require_same(example, slopes, "The input and its cotangent")
    if _bits(first) != _bits(layer.vjp(params, example, key)[0]):
        raise ContractError("Two outputs of vjp for one key differ.")

    def value(new_params: P, new_example: X) -> float:
        y, _ = layer.vjp(new_params, new_example, key)
        return float(sum(map(np.vdot, tree.leaves(y), tree.leaves(cotangent))))

    _compare(lambda new: value(new, example), params, grads, "params", tolerance)
    _compare(lambda new: value(params, new), example, slopes, "the input", tolerance)


def check_loss(
    loss: Callable[[Y, T], tuple[float, object]], prediction: Y, target: T, tolerance: float = 1e-5
) -> None:
    """Check a loss: purity, dtype, and its cotangent against central differences.

    The prediction is an array of float64, or a tuple of them, where the loss is smooth; the
    tolerance is that of `check_layer`. A `Loss` is checked with a weight for each sample as well.

    Raises:
        ContractError, TreeError: it breaks the contract; the message says how.
        DtypeError: the prediction is in float32.
    """
    checks.function("The loss of check_loss", loss)
    checks.number("The tolerance of check_loss", tolerance, least=0.0)
    name = "The prediction of check_loss"
    for leaf in tree.leaves(prediction) or (prediction,):
        if (dtype := require_array(name, leaf, "np.float64").dtype) != FLOAT64:
            raise DtypeError(name, f"expected float64, got {dtype}. {CURE}")
    found = _repeatable(lambda: loss(prediction, target), "the loss", prediction, target)
    require_pair(loss, found)
    value, cotangent = found
    if not isinstance(value, float):
        raise ContractError(f"expected a Python float as value, got {type(value).__name__}.")
    require_same(prediction, cotangent, "The prediction and its cotangent")
    _compare(lambda new: loss(new, target)[0], prediction, cotangent, "prediction", tolerance)
    _require_narrow("the loss", loss(_narrow(prediction), _narrow(target))[1])
    if isinstance(loss, Loss):
        weights = np.linspace(1.0, 2.0, len(loss.per_sample(prediction, target)[0]))
        try:
            check_loss(weighted(loss).__call__, prediction, (target, weights), tolerance)
        except (ContractError, ValueError) as error:
            raise ContractError(f"With weights of samples: {error}") from None
    _check_expression(loss)


def check_optimizer(optimizer: Optimizer[S], params: P, steps: int = 5) -> None:
    """Check an optimizer or, by `descend(transform, rate)`, a transform: purity and dtypes.

    Raises:
        ContractError, TreeError: it breaks the contract; the message says how.
    """
    checks.instance("The optimizer of check_optimizer", optimizer, Optimizer)
    checks.integer("The steps of check_optimizer", steps, 1)
    state = _repeatable(lambda: optimizer.init(params), "init", params)
    for step in range(steps):
        grads = _random_like(params, Key(step))
        update = partial(optimizer.update, state, grads, 1.0)
        after, moved = _repeatable(update, "update", state.params, state.slots, grads)
        if _bits(after.params) != _bits(moved):
            raise ContractError("The parameters and those of the new state differ.")
        require_same(params, after.params, "The parameters before and after an update")
        if after.step != state.step + 1:
            raise ContractError(f"expected step {state.step + 1}, got {after.step}.")
        state = after
    _check_expression(optimizer)


def _repeatable(call: Callable[[], T], name: str, *arguments: object) -> T:
    """The result of a call, after it was seen to change no argument and to repeat itself."""
    before = _bits(arguments)
    result, again = call(), call()
    if _bits(arguments) != before:
        raise ContractError(f"{name} changes its arguments.")
    if _bits(result) != _bits(again):
        raise ContractError(f"{name} gives another result when called again.")
    return result


def _require_pullback(name: str, found: object, expected: str) -> None:
    if not (checks.is_pair(found) and callable(found[1])):
        raise ContractError(f"{name}: expected {expected}, got {checks.both(found)}.")


def _require_double(name: str, value: object, cure: str) -> None:
    if any(leaf.dtype == np.float32 for leaf in tree.leaves(value)):  # no difference is exact
        raise DtypeError(name, f"expected float64, got float32. {cure}")


def _bits(value: object) -> list[object]:
    """All that there is to see of a value, such as a pair of a loss and its cotangent."""
    if isinstance(value, tuple):
        return [bits for part in value for bits in _bits(part)]
    if callable(value):
        return []
    found, _ = tree.decompose(value, (*tree.LEAF_TYPES, np.generic))
    return [(x.dtype.str, x.tobytes()) if isinstance(x, np.ndarray) else repr(x) for x in found]


def _random_like(value: T, key: Key) -> T:
    """The tree with random numbers in place of its floats."""
    rng, old = key.generator(), tree.leaves(value)
    new = [rng.standard_normal(x.shape).astype(x.dtype) if _moves(x) else x for x in old]
    return tree.rebuild(value, tuple(new))


def _moves(leaf: AnyArray) -> bool:
    return leaf.dtype in FLOATS


def _compare(value: Callable[[T], float], at: T, slopes: object, what: str, most: float) -> None:
    """Compare slopes with central differences, one leaf at a time, along random directions."""
    nodes, structure = tree.decompose(at, np.ndarray)
    gradient = tree.leaves(slopes)

    def moved(index: int, by: Array) -> float:
        new = [*nodes[:index], nodes[index] + by, *nodes[index + 1 :]]
        return value(tree.compose_like(at, structure, new))

    for index, (path, is_frozen) in enumerate(tree.leaf_names(structure)):
        slope, rng = gradient[index], Key(0).child(what, index).generator()
        draws = 0 if is_frozen or not _moves(nodes[index]) else DRAWS
        for direction in rng.standard_normal((draws, *slope.shape)):
            ahead, behind = (moved(index, by * direction) for by in (STEP, -STEP))
            expected, found = (ahead - behind) / (2 * STEP), float(np.sum(slope * direction))
            if not abs(found - expected) <= most * max(1.0, abs(expected)):
                got = f"{found:.9g}, a central difference {expected:.9g}"
                raise ContractError(f"The slope of {f'{what}.{path}'.rstrip('.')} is {got}.")


def _check_single_precision(layer: Layer[P, X, Y], example: X, key: Key) -> None:
    x = _narrow(example)
    try:
        params = layer.init(key, x)
    except DtypeError as error:
        raise ContractError(str(error)) from None
    y, pull = layer.vjp(params, x, key)
    grads, dx = pull(y)
    for what, found in ("apply", layer.apply(params, x)), ("vjp", y), ("the gradient", grads):
        _require_narrow(what, found)
    require_same(x, dx(), "The float32 input and its cotangent")


def _narrow(value: T) -> T:
    return tree.map_leaves(lambda leaf: leaf.astype(np.float32) if _moves(leaf) else leaf, value)


def _require_narrow(what: str, value: object) -> None:
    if any(leaf.dtype == np.float64 for leaf in tree.leaves(value)):
        raise ContractError(f"{what} turns float32 into float64.")


def _check_expression(value: object) -> None:
    if isinstance(value, Expressed):
        with suppress(OptionError):  # it or a part of it was made without @maker
            again = copy.deepcopy(value)
            if (again, hash(again), repr(again)) != (value, hash(value), repr(value)):
                raise ContractError(f"{value!r} is not equal to its copy.")
