"""Optimizers, transforms and wrappers of one's own: what they give, and where they look."""

from __future__ import annotations

from typing import Generic

import attrs
import numpy as np
import pytest
from contracts import S, bits, normal
from refusals import refused

import purenn as nn
from purenn import optimizers as opt
from purenn.arrays import Array, Leaves
from purenn.data import batches_in_order
from purenn.errors import DivergenceError, TreeError

Pair = tuple[Array, Array]
PARAMS: Pair = (np.ones((3, 2), np.float32), np.array(2.0, np.float32))
NORM = nn.batch_norm().init(nn.Key(0), normal(1, 5, 4))


@attrs.frozen(eq=False)
class Remembered(nn.Node):
    notes: dict[str, int]


@pytest.mark.parametrize("transform", [nn.momentum(0.9), nn.clip_by_value(1.0) >> nn.momentum(0.9)])
def test_another_update_than_it_was_made_with_is_used(transform: nn.Transform[object]) -> None:
    halves = attrs.evolve(transform, update=lambda state, grads, point: (state, (grads[0] / 2,)))
    optimizer, params = nn.descend(halves, 1.0), (np.ones(2),)
    moved = optimizer.update(optimizer.init(params), params)[1]
    assert moved[0].tolist() == [0.5, 0.5]


def test_what_an_optimizer_of_ones_own_gives_is_read_only_frozen_parts_too() -> None:
    def twice(parts: Leaves) -> Leaves:
        return tuple([2.0 * leaf for leaf in parts])

    given, empty = (PARAMS, NORM), nn.Empty()
    doubled = opt.Optimizer(lambda point: empty, lambda s, g, f, point: (s, twice(g), twice(f)))
    _, params = doubled.update(doubled.init(given), given)
    assert bits(params) == bits(nn.map_leaves(lambda leaf: np.asarray(2.0 * leaf), given))
    arrays = nn.tree.leaves(params)
    assert all(type(leaf) is np.ndarray and not leaf.flags.writeable for leaf in arrays)


def test_a_transform_may_give_numpys_scalars_for_leaves_without_axes() -> None:
    signs = opt.stateless(lambda grads, point: tuple([np.sign(leaf) for leaf in grads]))
    optimizer = nn.descend(signs, 0.5)
    _, (_, scalar) = optimizer.update(optimizer.init(PARAMS), PARAMS)
    assert scalar.tolist() == 1.5


def test_an_error_with_a_state_that_grows_is_not_hidden() -> None:
    def update(
        state: tuple[Leaves, ...], grads: Leaves, point: nn.Point
    ) -> tuple[tuple[Leaves, ...], Leaves]:
        if state:
            raise ValueError("the true error")
        return (grads,), grads

    optimizer = nn.descend(opt.Transform(lambda point: (), update), 0.1)
    state, _ = optimizer.update(optimizer.init(PARAMS), PARAMS)
    with pytest.raises(TreeError, match="Start from init of this optimizer") as caught:
        optimizer.update(state, PARAMS)
    assert repr(caught.value.__cause__) == "ValueError('the true error')"


def last_leaf(inner: nn.Transform[nn.Empty]) -> nn.Transform[nn.Empty]:
    """A transform that leaves all leaves but the last alone."""

    def last(grads: Leaves, point: nn.Point) -> Leaves:
        here = attrs.evolve(point, params=point.params[-1:])
        return (*grads[:-1], *inner.update(nn.Empty(), grads[-1:], here)[1])

    return opt.stateless(last)


@pytest.mark.parametrize("inner", [opt.scaled(float), nn.weight_decay(0.1)], ids=repr)
def test_a_transform_for_some_leaves_cannot_look_at_paths(inner: nn.Transform[nn.Empty]) -> None:
    optimizer = nn.descend(last_leaf(inner), 0.1)
    with refused(TreeError, "nothing can look at their paths: chain it outside."):
        optimizer.update(optimizer.init(PARAMS), PARAMS)
    plain = nn.descend(last_leaf(nn.clip_by_value(1.0)), 1.0)
    _, (_, scalar) = plain.update(plain.init(PARAMS), PARAMS)
    assert scalar.tolist() == 1.0


@attrs.frozen(eq=False)
class Two(Generic[S]):
    weights: S
    rest: S


def two(inner: nn.Optimizer[S]) -> nn.Optimizer[Two[S]]:
    """A wrapper with an optimizer for the first leaf, and one like it for the others."""

    def parts(point: nn.Point) -> list[nn.Point]:
        return [attrs.evolve(point, params=each) for each in (point.params[:1], point.params[1:])]

    def start(point: nn.Point) -> Two[S]:
        return Two(*map(inner.start, parts(point)))

    def move(
        state: Two[S], grads: Leaves, frozen: Leaves, point: nn.Point
    ) -> tuple[Two[S], Leaves, Leaves]:
        one, other = parts(point)
        weights, first, _ = inner.move(state.weights, grads[:1], frozen, one)
        rest, others, _ = inner.move(state.rest, grads[1:], frozen, other)
        return Two(weights, rest), (*first, *others), frozen

    return opt.Optimizer(start, move)


def check_skipping(optimizer: nn.Optimizer[S], samples: list[int]) -> None:
    def loss(y: nn.Matrix, target: nn.Matrix) -> tuple[float, nn.Matrix]:
        factor = np.nan if 2.0 in target else 1.0
        return factor, y * factor

    x: nn.Matrix = np.arange(4.0)[:, np.newaxis]
    step = nn.training_step(nn.linear(1), loss, optimizer)
    batches = batches_in_order(nn.dataset(x, x), 1, nn.Key(0))
    _, reports = nn.fold(step, optimizer.init(nn.linear(1).init(nn.Key(0), x)), batches)
    assert [report.samples for report in reports] == samples


def test_steps_are_skipped_within_wrappers_of_ones_own_too() -> None:
    check_skipping(two(opt.skip_nonfinite(nn.sgd(0.1), 2)), [1, 1, 0, 1])
    check_skipping(two(opt.accumulated(opt.skip_nonfinite(nn.sgd(0.1), 2), 4)), [1, 1, 0, 0])
    inner = opt.accumulated(opt.skip_nonfinite(nn.sgd(0.1), 2), 2)
    check_skipping(opt.accumulated(inner, 3), [1, 1, 0, 0])
    check_skipping(opt.averaged(two(opt.skip_nonfinite(nn.sgd(0.1), 2))), [1, 1, 0, 1])
    optimizer, bad = two(opt.skip_nonfinite(nn.sgd(0.1), 1)), (np.array(np.nan), np.ones(1))
    state, _ = optimizer.update(optimizer.init(bad), bad)
    with pytest.raises(DivergenceError, match=r"skipped 1 update in a row.*, first in 0\.$"):
        optimizer.update(state, bad)


def test_averages_of_some_leaves_are_not_those_to_evaluate() -> None:
    halves, whole = two(opt.averaged(nn.sgd(0.1))), opt.averaged(two(nn.sgd(0.1)))
    assert bits(opt.evaluation_params(whole.init(PARAMS))) == bits(PARAMS)
    with refused(TreeError, "got those of some. Put averaged(...) around the whole optimizer."):
        opt.evaluation_params(halves.init(PARAMS))


def after_two_steps(optimizer: nn.Optimizer[S]) -> nn.State[nn.Linear, S]:
    x, model = normal(0, 4, 2), nn.linear(1)
    step = nn.training_step(model, nn.mean_squared_error(), optimizer)
    batches = batches_in_order(nn.dataset(x, x[:, :1]), 2, nn.Key(0))
    return nn.fold(step, optimizer.init(model.init(nn.Key(0), x)), batches)[0]


def test_what_an_optimizer_of_ones_own_keeps_need_be_no_tree() -> None:
    remembering = opt.Optimizer(
        lambda point: Remembered({}),
        lambda state, grads, frozen, point: (Remembered({"step": point.step}), grads, frozen),
    )
    end = after_two_steps(remembering)
    assert end.slots.notes == {"step": 1}
    assert opt.evaluation_params(end) is end.params


def test_an_update_that_makes_nan_warns() -> None:
    rooted = nn.descend(opt.stateless(lambda g, point: tuple(map(np.sqrt, g))), 0.1)
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError):
        after_two_steps(rooted)
