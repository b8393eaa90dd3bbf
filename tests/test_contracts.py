"""That the contract tests leave nothing out, and what holds of all that is listed here.

A public layer, loss, transform, optimizer, initializer or schedule without an example makes a test
fail. Layers, losses and transforms have contract tests in files of their own.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from contracts import FLOATS, all_bits, bits, frozen, makers, noise, require_fresh, state_bits
from layer_cases import LAYERS
from loss_cases import LOSSES
from transform_cases import TRANSFORMS

import purenn as nn
from purenn import layers, losses, transforms
from purenn.arrays import FloatDtype

INITIALIZERS = {
    "constant": nn.constant(0.25),
    "glorot_normal": nn.glorot_normal(),
    "glorot_uniform": nn.glorot_uniform(),
    "he_normal": nn.he_normal(slope=0.01),
    "he_uniform": nn.he_uniform(),
    "lecun_normal": nn.lecun_normal(),
    "lecun_uniform": nn.lecun_uniform(),
    "zeros": nn.zeros(),
}
SCHEDULES = {
    "cosine": nn.cosine(0.1, steps=10, final=0.01),
    "exponential": nn.exponential(0.1, factor=0.5, steps=10),
    "join": nn.join(0.1, (3, nn.linear_warm_up(0.2, steps=4)), (5, 0.05)),
    "linear_warm_up": nn.linear_warm_up(0.1, steps=10),
    "step_decay": nn.step_decay(0.1, factor=0.5, every=3),
}
OPTIMIZERS = {
    "clipped_sgd": nn.clipped_sgd(0.1, limit=0.5).transform,
    "nesterov_sgd": nn.nesterov_sgd(nn.cosine(0.1, steps=5)).transform,
    "sgd": nn.sgd(0.1).transform,
}


@pytest.mark.parametrize(
    ("kind", "listed"),
    [
        (nn.Layer, {case.maker for case in LAYERS}),
        (nn.Loss, {case.maker for case in LOSSES}),
        (nn.Transform, {case.maker for case in TRANSFORMS}),
        (nn.Initializer, set(INITIALIZERS)),
        (nn.Schedule, set(SCHEDULES)),
        (nn.Optimizer, set(OPTIMIZERS)),
    ],
)
def test_everything_public_has_an_example(kind: type, listed: set[str]) -> None:
    assert makers(kind) == listed


def test_what_the_packages_export_is_public() -> None:
    assert {*layers.__all__, *losses.__all__, *transforms.__all__} <= set(nn.__all__)


def test_all_public_names_exist_and_are_sorted() -> None:
    assert [name for name in nn.__all__ if name not in vars(nn)] == []
    assert len(nn.__all__) == len(set(nn.__all__))


def check_optimizer(optimizer: nn.Optimizer[object], dtype: FloatDtype) -> None:
    params = tuple([frozen(noise(seed, (3, 4)), dtype) for seed in (0, 1)])
    grads = tuple([frozen(noise(seed, (3, 4)), dtype) for seed in (2, 3)])
    before = all_bits((*params, *grads))
    state = optimizer.init(params)
    first, new = optimizer.update(state, grads)
    again, _ = optimizer.update(state, tuple([grad.copy() for grad in grads]))
    assert state_bits(first) == state_bits(again)
    assert all_bits(first.params) == all_bits(new)
    require_fresh(new, dtype)
    assert (state.step, first.step) == (0, 1)
    assert all_bits((*state.params, *grads)) == all_bits((*params, *grads)) == before


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("optimizer", [nn.sgd(0.1), nn.nesterov_sgd(0.1), nn.clipped_sgd(0.1)])
def test_optimizers_are_pure(optimizer: nn.Optimizer[object], dtype: FloatDtype) -> None:
    check_optimizer(optimizer, dtype)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_initializers_are_functions_of_key_and_shape(name: str) -> None:
    initializer = INITIALIZERS[name]
    values = initializer(nn.Key(7), (3, 4))
    assert bits(values) == bits(initializer(nn.Key(7), (3, 4)))
    assert values.shape == (3, 4)
    require_fresh((values,), FLOATS[0])


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_are_functions_of_the_step_in_floats(name: str) -> None:
    schedule = SCHEDULES[name]
    forwards = [schedule(step) for step in range(30)]
    backwards = [schedule(step) for step in reversed(range(30))]
    assert forwards == backwards[::-1]
    assert all(type(rate) is float and 0.0 <= rate <= 0.2 for rate in forwards)


@pytest.mark.parametrize(
    ("thing", "printed"),
    [
        (nn.brier(), "brier()"),
        (nn.brier(1e-7, "sum"), "brier(epsilon=1e-07, reduction='sum')"),
        (nn.cross_entropy(), "cross_entropy()"),
        (nn.cross_entropy(0.01), "cross_entropy(epsilon=0.01)"),
        (nn.softmax_cross_entropy("sum"), "softmax_cross_entropy(reduction='sum')"),
        (
            nn.clipped_sgd(0.1),
            "Optimizer(clip_by_value(1.0) >> momentum(0.9) >> learning_rate(0.1))",
        ),
    ],
)
def test_repr_shows_the_options_that_are_not_at_their_defaults(thing: object, printed: str) -> None:
    assert repr(thing) == printed


PRINTED: list[object] = [
    nn.linear(3, weight=nn.he_uniform(0.2), bias=nn.constant(0.5)),
    nn.linear(4) >> nn.leaky_relu(0.2) >> (nn.linear(2) >> nn.softmax()) >> nn.log_softmax(),
    nn.flatten() >> nn.serial(nn.identity()) >> nn.serial(nn.linear(1) >> nn.relu()),
    nn.serial(nn.serial(nn.sigmoid() >> nn.tanh())),
    nn.binary_cross_entropy(1e-3, reduction="sum"),
    nn.brier(epsilon=1e-7, reduction="sum"),
    nn.reporting(nn.cross_entropy(), descent=nn.softmax_cross_entropy("sum")),
    nn.binary_cross_entropy_with_logits("sum"),
    nn.mean_squared_error(),
    nn.clip_by_value(1.0) >> (nn.momentum(0.9) >> nn.global_norm_report()),
    nn.clip_by_global_norm(0.5) >> nn.nesterov(0.9) >> nn.learning_rate(SCHEDULES["join"]),
    nn.chain(nn.skip_nonfinite(3, nn.chain(nn.learning_rate(0.5)))),
    nn.clipped_sgd(0.1, limit=0.5),
    *INITIALIZERS.values(),
    *SCHEDULES.values(),
]


@pytest.mark.parametrize("thing", PRINTED, ids=repr)
def test_repr_is_the_expression_that_builds_it(thing: object) -> None:
    build: Callable[[str, dict[str, object]], object] = eval
    again = build(repr(thing), {name: vars(nn)[name] for name in nn.__all__})
    assert type(again) is type(thing)
    assert repr(again) == repr(thing)
