"""Contracts, checked: purity, determinism, dtypes, and gradients against central differences."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from purenn import checks, tree
from purenn.array_checks import require_array
from purenn.arrays import FLOAT64, Array, P, S, T, X, Y
from purenn.errors import DtypeError, ShapeError
from purenn.keys import Key
from purenn.layers import Layer
from purenn.layers._contract import Pass
from purenn.layers.combinators import steady
from purenn.losses import Loss, weighted
from purenn.matching import require_same
from purenn.optimizers import Optimizer
from purenn.optimizers._state import Owner
from purenn.saving import decode, encode
from purenn.testing import trials
from purenn.testing.trials import ContractError, bits, repeatable, require_pullback
from purenn.training.gradient import require_loss_function, require_pair

STEP = 1e-6  # of central differences, in float64
DRAWS = 3  # random directions for each leaf
CURE = "Convert it with x.astype(np.float64)."


def check_layer(
    layer: Layer[P, X, Y], example: X, key: Key | None = None, tolerance: float = 1e-5
) -> None:
    """Check a layer: purity, determinism, dtypes, and gradients against central differences.

    This checks the gradients of training, and those of `inference` where a part has it. In
    inference a sample must give the same alone as in a batch, if the layer accepts it alone. Leaves
    that are 0 at first are drawn at random, since they may hide the slopes of others.

    Args:
        example: a batch of inputs: float64 arrays and integers, of at least two samples. Near a
            kink of the layer a difference is not a slope, and far from 1 it is mostly rounding:
            draw normal random numbers.
        key: for the initial parameters and the layer's own randomness; `Key(0)` if None.
        tolerance: how far a slope may be from the difference, relative to the larger of it and 1.

    Raises:
        ContractError, TreeError: it breaks the contract; the message says how.
        DtypeError, ShapeError: the example or parameters are in float32, or there is one sample.
    """
    checks.instance("The layer of check_layer", layer, Layer)
    tolerance = checks.number("The tolerance of check_layer", tolerance, least=0.0)
    trials.require_double("The example of check_layer", example, CURE)
    for leaf in tree.leaves(example):
        if leaf.shape[:1] < (2,):
            problem = f"expected at least two samples, got the shape {leaf.shape}."
            raise ShapeError("The example of check_layer", problem)
    start = Key(0) if key is None else key
    params = repeatable(lambda: layer.init(start, example), "init", example)
    cure = "Make them in example.dtype, or give one: embedding(5, 3, np.float64)."
    trials.require_double("The parameters of check_layer", params, cure)
    params = trials.without_zeros(params, start)

    def elsewhere() -> Y:
        layer.vjp(params, trials.turned(example), start)
        return layer.apply(params, trials.turned(example))

    y = repeatable(partial(layer.apply, params, example), "apply", params, example, other=elsewhere)
    _check_slopes(layer, params, example, start, tolerance)
    trials.require_unmixed(partial(layer.apply, params), example, y, tolerance)
    trained = steady(layer)
    if bits(y) != bits(trained.vjp(params, example, start)[0]):
        cure = "Where training is something else, give Layer an inference."
        raise ContractError(f"The output of apply and that of the inference's vjp differ. {cure}")
    if trained is not layer:
        _check_slopes(trained, params, example, start, tolerance)
    # Integers do not say which dtype the output has.
    if all(map(trials.moves, tree.leaves(example))):
        _check_single_precision(layer, example, start)
    trials.check_expression(layer)


def _check_slopes(layer: Layer[P, X, Y], params: P, example: X, key: Key, tolerance: float) -> None:
    def passed() -> Pass[Y, P, X]:
        found = layer.vjp(params, example, key)
        require_pullback("vjp", found, "the output and a function, (y, pullback)")
        return found

    def elsewhere() -> Pass[Y, P, X]:
        return layer.vjp(params, trials.turned(example), key)

    first, pull = repeatable(passed, "vjp", params, example, other=elsewhere)
    if not all(map(trials.moves, tree.leaves(first))):
        raise ContractError(f"expected outputs of float64, got {checks.described(first)}.")
    cotangent = trials.random_like(first, key.child("cotangent"))
    nothing = tree.rebuild(first, tuple(map(np.zeros_like, tree.leaves(first))))

    def pulled(dy: Y) -> tuple[P, X]:
        found = pull(dy)
        require_pullback("pullback", found, "the gradient and a function, (grads, lambda: dx)")
        return found[0], found[1]()

    def other() -> None:
        pulled(nothing)
        elsewhere()

    arguments = params, example, cotangent, first
    grads, slopes = repeatable(lambda: pulled(cotangent), "pullback", *arguments, other=other)
    require_same(params, grads, "The parameters and the gradient")
    require_same(example, slopes, "The input and its cotangent")
    _check_frozen(params, grads, pull(nothing)[0])

    def value(new_params: P, new_example: X) -> float:
        y, _ = layer.vjp(new_params, new_example, key)
        return float(sum(map(np.vdot, tree.leaves(y), tree.leaves(cotangent))))

    _compare(lambda new: value(new, example), params, grads, "params", tolerance)
    _compare(lambda new: value(params, new), example, slopes, "the input", tolerance)


def check_loss(
    loss: Callable[[Y, T], tuple[float, object]], prediction: Y, target: T, tolerance: float = 1e-5
) -> None:
    """Check a loss: purity, dtype, and its cotangent against central differences.

    The prediction is an array of float64, or a tuple of them, of numbers not far from 1, where the
    loss is smooth; the tolerance is that of `check_layer`. A `Loss` is checked with a weight for
    each sample as well.

    Raises:
        ContractError, TreeError: it breaks the contract; the message says how.
        DtypeError: the prediction is in float32.
    """
    require_loss_function("The loss of check_loss", loss)
    checks.number("The tolerance of check_loss", tolerance, least=0.0)
    name = "The prediction of check_loss"
    for leaf in tree.leaves(prediction) or (prediction,):
        if (dtype := require_array(name, leaf, "np.float64").dtype) != FLOAT64:
            raise DtypeError(name, f"expected float64, got {dtype}. {CURE}")
    turned = trials.turned(prediction)
    call, other = (partial(loss, given, target) for given in (prediction, turned))
    found = repeatable(call, "the loss", prediction, target, other=other)
    require_pair(loss, found)
    value, cotangent = found
    if not isinstance(value, float):
        raise ContractError(f"expected a Python float as value, got {type(value).__name__}.")
    require_same(prediction, cotangent, "The prediction and its cotangent")
    _compare(lambda new: loss(new, target)[0], prediction, cotangent, "prediction", tolerance)
    _, slopes = loss(trials.narrow(prediction), trials.narrow(target))
    trials.require_narrow("the loss", slopes)
    if isinstance(loss, Loss):
        weights = np.linspace(1.0, 2.0, len(loss.per_sample(prediction, target)[0]))
        try:
            check_loss(weighted(loss).__call__, prediction, (target, weights), tolerance)
        except (ContractError, ValueError) as error:
            raise ContractError(f"With weights of samples: {error}") from None
    trials.check_expression(loss)


def check_optimizer(optimizer: Optimizer[S], params: P, steps: int = 5) -> None:
    """Check an optimizer or, by `descend(transform, rate)`, a transform: purity and dtypes.

    Parameters in float64 are tried in float32 too. A state keeps its structure, shapes and dtypes,
    and continues from a checkpoint to the same bits.

    Raises:
        ContractError, TreeError: it breaks the contract; the message says how.
    """
    checks.instance("The optimizer of check_optimizer", optimizer, Optimizer)
    checks.integer("The steps of check_optimizer", steps, 1)
    state = repeatable(lambda: optimizer.init(params), "init", params)
    owner = Owner(state)
    for step in range(steps):
        grads, others = (trials.random_like(params, key) for key in Key(step).split(2))
        update = partial(optimizer.update, state, loss=1.0)
        arguments, other = (state.params, state.slots, grads), partial(update, others)
        after, _ = repeatable(partial(update, grads), "update", *arguments, other=other)
        require_same(params, after.params, "The parameters before and after an update")
        require_same(state.slots, after.slots, "The states before and after an update")
        optimizer.advance(owner, grads, 1.0)
        if bits((owner.state.params, owner.state.slots)) != bits((after.params, after.slots)):
            cure = "Read old before writing new; let writes_over copy, and states be in C order."
            raise ContractError(f"fold and update give other numbers. {cure}")
        state = decode(encode(after), "The state").fitted(after)  # while the owner's goes on
    if any(leaf.dtype == np.float64 for leaf in tree.leaves(params)):
        check_optimizer(optimizer, trials.narrow(params), steps)
    trials.check_expression(optimizer)


def _check_frozen(params: object, grads: object, others: object) -> None:
    """Check that next values of frozen parts are no slopes: those vanish with the cotangent."""
    leaves = zip(tree.leaves(params), tree.leaves(grads), tree.leaves(others), strict=True)
    names = tree.leaf_names(tree.decompose(params, np.ndarray)[1])
    for (path, is_frozen), (now, after, other) in zip(names, leaves, strict=True):
        is_lost = now.size > 1 and now.any() and not after.any()  # a counter may come to 0
        if is_frozen and (is_lost or bits(after) != bits(other)):
            expected = f"the next value of the frozen {path} in its place, got a slope or 0"
            raise ContractError(f"The gradient: expected {expected}. Give what params have.")


def _compare(value: Callable[[T], float], at: T, slopes: object, what: str, most: float) -> None:
    """Compare slopes with central differences, one leaf at a time, along random directions."""
    nodes, structure = tree.decompose(at, np.ndarray)
    gradient = tree.leaves(slopes)

    def moved(index: int, by: Array) -> float:
        new = [*nodes[:index], np.asarray(nodes[index] + by), *nodes[index + 1 :]]
        return value(tree.compose_like(at, structure, new))

    for index, (path, is_frozen) in enumerate(tree.leaf_names(structure)):
        slope, rng = gradient[index], Key(0).child(what, index).generator()
        draws = 0 if is_frozen or not trials.moves(nodes[index]) else DRAWS
        for direction in rng.standard_normal((draws, *slope.shape)):
            ahead, behind = (moved(index, by * direction) for by in (STEP, -STEP))
            expected, found = (ahead - behind) / (2 * STEP), float(np.sum(slope * direction))
            if not abs(found - expected) <= most * max(1.0, abs(expected)):
                got = f"{found:.9g}, a central difference {expected:.9g}"
                raise ContractError(f"The slope of {f'{what}.{path}'.rstrip('.')} is {got}.")


def _check_single_precision(layer: Layer[P, X, Y], example: X, key: Key) -> None:
    x = trials.narrow(example)
    try:
        params = layer.init(key, x)
    except DtypeError as error:
        raise ContractError(str(error)) from None
    y, pull = layer.vjp(params, x, key)
    grads, dx = pull(y)
    for what, found in ("apply", layer.apply(params, x)), ("vjp", y), ("the gradient", grads):
        trials.require_narrow(what, found)
    require_same(params, grads, "The float32 parameters and the gradient")
    require_same(x, dx(), "The float32 input and its cotangent")
