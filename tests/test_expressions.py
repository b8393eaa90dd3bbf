"""Values know the expression that builds them: `repr`, equality, pickles and copies follow."""

from __future__ import annotations

import copy
import gc
import re
import weakref
from collections.abc import Callable
from functools import partial
from typing import Annotated

import attrs
import numpy as np
import pytest
from contracts import copies
from refusals import evaluate, refused
from rich.pretty import pretty_repr

import purenn as nn
from purenn import checks, initializers, layers, losses, maker, optimizers, schedules
from purenn.arrays import FLOAT64
from purenn.errors import OptionError
from purenn.expressions import Call, Chained, Expressed
from purenn.layers import linear, relu
from purenn.schedules import Schedule, cosine
from purenn.training import measure_ignoring

HEAD = linear(3, weight=initializers.he_normal(0.1)) >> layers.block(linear(3) >> relu())
IGNORING = measure_ignoring(nn.binary_accuracy(0.0), -1)
VALUES: list[tuple[str, Expressed]] = [
    ("linear(3, weight=he_normal(slope=0.1)) >> block(linear(3) >> relu())", HEAD),
    ("linear(1) >> (relu() >> relu())", linear(1) >> (relu() >> relu())),
    ("stack(linear(2), linear(2))", layers.stack(linear(2), linear(2))),
    ("repeated(identity(), 3)", layers.repeated(layers.identity(), 3)),
    ("embedding(3, 2, dtype=dtype('float64'))", layers.embedding(3, 2, FLOAT64)),
    ("branches(relu(), dropout(0.5))", layers.branches(relu(), layers.dropout(0.5))),
    ("class_weighted(brier(), (1, 2))", losses.class_weighted(losses.brier(), [1, 2])),
    ("summed(weighted(brier(epsilon=0.1)))", losses.summed(losses.weighted(losses.brier(0.1)))),
    ("clip_by_value(1.0) >> momentum(0.9)", nn.clip_by_value(1.0) >> nn.momentum(0.9)),
    ("descend(momentum(0.9), cosine(0.1, 5))", nn.descend(nn.momentum(0.9), cosine(0.1, 5))),
    ("join(0.2, (3, constant(0.1)))", schedules.join(0.2, (3, schedules.constant(0.1)))),
    ("measure_ignoring(binary_accuracy(0.0), -1)", IGNORING),
]


def test_rich_shows_expressions_and_keys_and_nothing_within() -> None:
    child = nn.Key(3).child("a")
    assert pretty_repr((HEAD, child), max_width=999) == f"(Layer({str(HEAD)!r}), {child!r})"


@pytest.mark.parametrize(("shown", "value"), VALUES, ids=[shown for shown, _ in VALUES])
def test_copies_and_pickles_are_equal(shown: str, value: Expressed) -> None:
    for again in (value, *copies(value)):
        assert again == value
        assert hash(again) == hash(value)
        assert type(again) is type(value)
        assert repr(again) == shown
    assert [other for _, other in VALUES if other == value] == [value]
    restored = type(value).__new__(type(value))  # as skops does
    restored.__setstate__(value.__getstate__())
    assert restored == value
    assert restored.origin == value.origin


# The defaults, behind a bar, which are those of papers, of PyTorch or of optax.
DEFAULTS = """
batch_norm(| 0.9, 1e-5)  layer_norm(| 1e-5)  group_norm(2| 1e-5)  rms_norm(| 1e-6)  prelu(| 0.25)
leaky_relu(| 0.01)  elu(| 1.0)  max_pool(| 2, None, "valid")  average_pool(| 2, None, "valid")
conv(8, 3| stride=1, padding="same", groups=1)  softmax_cross_entropy(| 0.0)  softmax_focal(| 2.0)
huber(| 1.0)
sigmoid_focal(| 2.0, None)  sgd(0.1| 0.9)  adam(0.1| 0.9, 0.999, 1e-8)  adagrad(0.1| 1e-10)
adamw(0.1| 0.9, 0.999, 1e-8, 0.01)  nadam(0.1| 0.9, 0.999, 1e-8)  amsgrad(0.1| 0.9, 0.999, 1e-8)
rmsprop(0.1| 0.9, 1e-8)  lion(0.1| 0.9, 0.99, 0.001)  lamb(0.1| 0.9, 0.999, 1e-6, 0.01)
schedule_free_sgd(0.1| 0.9)  schedule_free_adamw(0.1| 0.9, 0.999, 1e-8, 0.01)
averaged(sgd(0.1)| 0.999)  lookahead(sgd(0.1)| 5, 0.5)  adaptive_clipping(| 0.01, 0.001)
gradient_noise(Key(0)| 0.01, 0.55)  one_cycle(0.1, 9| 0.3, 25.0, 1e4)  cosine(0.1, 9| 0.0)
cosine_restarts(0.1, 9| 1, 0.0)  polynomial(0.1, 9| 1.0, 0.0)  log_cosine(0.1, 9| 4)
random_flip(| 0.5)  random_erasing(| 0.5, (0.02, 0.33), (0.3, 1 / 0.3), 0.0)
"""
MAKERS = {**vars(nn.data), **vars(layers), **vars(losses), **vars(optimizers), **vars(schedules)}


@pytest.mark.parametrize("call", re.findall(r"\w.+?\)(?=  |\n)", DEFAULTS))
def test_arguments_have_these_defaults(call: str) -> None:
    given, _, others = call.partition("|")
    whole = given + ", " * (given[-1] != "(") + others
    assert repr(evaluate(whole, {**MAKERS, "Key": nn.Key})) == f"{given})"


def test_what_is_built_alike_is_equal() -> None:
    assert linear(3) == linear(3) != linear(4)
    assert linear(3) != linear(3, bias=initializers.constant(0.5))
    assert layers.leaky_relu() == layers.leaky_relu(0.01) == layers.leaky_relu(slope=0.01)
    assert (relu() >> relu()) >> relu() == relu() >> relu() >> relu()
    assert relu() >> (relu() >> relu()) != relu() >> relu() >> relu()
    assert relu() != "relu()"
    assert schedules.constant(0.1) != initializers.constant(0.1)
    assert Call(relu) != Chained(relu)


@maker
def warm(rate: float, *steps: int, scale: float, name: str = "x") -> Schedule:
    """A schedule of one's own."""
    return schedules.constant(rate * scale * sum(steps))


@maker
def optional(first: int = 1, *others: int) -> Schedule:
    return schedules.constant(first + sum(others))


@maker
def by_place(first: int = 1, second: int = 2, /, third: int = 3) -> Schedule:
    return schedules.constant(first + 10 * second + 100 * third)


@maker
def named(**options: float) -> Schedule:
    return schedules.constant(sum(options.values()))


def test_makers_of_ones_own_may_take_arguments_of_any_kind() -> None:
    assert repr(warm(0.5, 3, 4, scale=2)) == "warm(0.5, 3, 4, scale=2)"
    assert repr(warm(0.5, scale=2, name="y")) == "warm(0.5, scale=2, name='y')"
    assert warm.__doc__ == "A schedule of one's own."
    assert named(a=1.0) != named(b=1.0)
    assert repr(by_place(1, 5, 6)) == "by_place(1, 5, third=6)"
    of_many = warm(0.5, 3, scale=2.0), optional(1, 2, 3), optional(), named(a=0.5, b=0.25)
    for schedule in (*of_many, by_place(), by_place(4), by_place(1, 5, 6), by_place(third=6)):
        for again in copies(schedule):
            assert again == schedule
            assert again(0) == schedule(0)


def leaky(x: nn.Matrix, slope: float) -> nn.Matrix:
    return np.where(x > 0, x, slope * x)


def test_makers_and_what_they_hold_are_forgotten_with_them() -> None:
    def built(held: nn.Key) -> weakref.ref[nn.Key]:
        @maker
        def mine(factor: float) -> Schedule:
            return Schedule(lambda step: factor * held.seed)

        assert mine(2.0)(0) == 6.0
        return weakref.ref(held)

    found = built(nn.Key(3))
    gc.collect()
    assert found() is None


def test_functions_with_arguments_are_part_of_what_a_model_says() -> None:
    def model(slope: float) -> nn.Layer[nn.Empty, nn.Matrix, nn.Matrix]:
        return layers.activation(partial(leaky, slope=slope), np.multiply)

    assert repr(model(0.5)).startswith("activation(partial(leaky, slope=0.5), ")
    assert [again == model(0.5) for again in copies(model(0.5))] == [True] * 3
    assert model(0.5) != model(0.25)
    assert model(0.5).apply(nn.tree.EMPTY, np.array([[-1.0, 4.0]])).tolist() == [[-0.5, 4.0]]


SEEN: list[object] = []


@maker
def checked(rate: checks.Positive = 1.0, count: Annotated[int, "plain"] = 2) -> Schedule:
    SEEN.append(rate)
    return schedules.constant(rate)


def test_arguments_that_are_annotated_as_a_kind_are_checked_and_converted() -> None:
    assert (checked(), checked(3, count=4)(0)) == (checked(1.0), 3.0)
    assert repr(checked(3)) == "checked(rate=3)"
    assert {type(rate) for rate in SEEN} == {float}

    class Local(Schedule):
        """A class that only a type checker can look up."""

    @maker
    def partly(unknown: Local | None, rate: checks.Positive) -> Schedule:
        return Schedule(lambda step: rate)

    assert repr(partly(None, 1)).endswith("partly(None, 1)")
    with refused(OptionError, "partly: expected a finite number > 0, got 0."):
        partly(None, 0)

    @maker
    def generic(where: slice[int, int, int]) -> Schedule:
        return schedules.constant(1.0)

    assert repr(generic(slice(1))).endswith("generic(slice(None, 1, None))")


FLAGS: list[object] = []


@maker
def built(
    rate: Callable[[int], float], key: nn.Key | None = None, *, is_on: bool = True, **others: bool
) -> Schedule:
    FLAGS.append(is_on)
    return Schedule(rate)


def test_functions_bools_and_classes_of_purenns_are_checked_where_annotations_name_them() -> None:
    shown = "built(float, more=True, key=Key(1), is_on=False)"
    assert repr(built(float, nn.Key(1), is_on=False, more=True)) == shown
    assert built(float, None) == built(float)
    evaluate("built(float, is_on=np.True_)", globals())
    assert [type(flag) for flag in FLAGS] == [bool] * 4
    with refused(OptionError, "The key of built: expected a Key, got 0. Give Key(0), say."):
        evaluate("built(float, 0)", globals())
    with refused(OptionError, "The is_on of built: expected a bool, got 1."):
        evaluate("built(float, is_on=1)", globals())


class Compiled:
    """What Cython and Nuitka make of a function, which is of no class of Python's own."""

    def __init__(self) -> None:
        self.__globals__, self.__name__ = globals(), "own"

    def __call__(self, slope: checks.Fraction = 0.5) -> Expressed:
        return layers.leaky_relu(slope)


def test_compiled_functions_may_be_makers() -> None:
    made = maker(Compiled())
    assert made(0.25).expression == Call(made, (), (("slope", 0.25),))
    with pytest.raises(OptionError, match="The slope of own: expected a finite number"):
        made(1.0)
    with pytest.raises(OptionError, match="maker: expected a function"):
        maker(made(0.25).__repr__)


def test_without_a_maker_a_value_equals_itself_alone() -> None:
    own = [Schedule(float), Schedule(float)]
    assert own[0] == copy.copy(own[0]) == copy.deepcopy(own[0]) != own[1]
    assert len(set(own)) == 2
    assert repr(own[0]) == "<Schedule made without @maker>"
    assert own[0] != schedules.constant(0.1) != own[0]
    changed: nn.Layer[nn.Empty, nn.Matrix, nn.Matrix] = attrs.evolve(relu(), apply=nn.tanh().apply)
    assert (repr(changed), changed == relu()) == ("<AnyRank made without @maker>", False)


@pytest.mark.parametrize("number", [np.float32(0.5), np.float16(0.5), np.array([0.5])[0]])
def test_makers_write_numbers_down_as_pythons(number: float) -> None:
    assert repr(schedules.constant(number)) == "constant(0.5)"
    assert type(schedules.constant(number)(0)) is float
    assert repr(named(rate=number)) == "named(rate=0.5)"
    assert evaluate("{named(rate=np.array(0.5))}", globals()) == {named(rate=0.5)}
    assert repr(schedules.join(number, (3, number))) == "join(0.5, (3, 0.5))"
