"""Settings that make no sense are refused where they are given, and named."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from refusals import refused

import purenn as nn
from purenn.loss import Reduction
from purenn.schedules import constant

HUGE = 10**400  # an integer beyond all floats
NO_NUMBERS: list[object] = [
    *[math.nan, math.inf, -math.inf, HUGE, -HUGE, np.float32("nan"), True, "1", None, 1j],
    *[Fraction(1, 2), np.array([1.0]), np.bool(True), np.longdouble("inf")],
]

Setting = Callable[[float], object]
Count = Callable[[int], object]

# Every setting that is a number, by the name that an error gives it.
POSITIVE: dict[str, Setting] = {
    "The limit of clip_by_value": nn.clip_by_value,
    "The limit of clip_by_global_norm": nn.clip_by_global_norm,
    "The epsilon of binary_cross_entropy": nn.binary_cross_entropy,
    "The epsilon of cross_entropy": nn.cross_entropy,
    "The rate of step_decay": lambda value: nn.step_decay(value, 0.5, 10),
    "The factor of step_decay": lambda value: nn.step_decay(0.1, value, 10),
    "The rate of exponential": lambda value: nn.exponential(value, 0.5, 10),
    "The factor of exponential": lambda value: nn.exponential(0.1, value, 10),
    "The rate of cosine": lambda value: nn.cosine(value, 10),
    "The rate of linear_warm_up": lambda value: nn.linear_warm_up(value, 10),
}
NOT_NEGATIVE: dict[str, Setting] = {
    "A learning rate": nn.learning_rate,
    "The final rate of cosine": lambda value: nn.cosine(0.1, 10, final=value),
}
RATES: dict[str, Setting] = {
    "constant": constant,
    "sgd": nn.sgd,
    "nesterov_sgd": nn.nesterov_sgd,
    "clipped_sgd": nn.clipped_sgd,
    "the first of join": nn.join,
    "another of join": lambda rate: nn.join(0.1, (5, rate)),
}
FRACTIONS: dict[str, Setting] = {
    "The decay of momentum": nn.momentum,
    "The decay of nesterov": nn.nesterov,
    "The slope of leaky_relu": nn.leaky_relu,
}
FINITE: dict[str, Setting] = {
    "The negative slope of he_normal": nn.he_normal,
    "The negative slope of he_uniform": nn.he_uniform,
    "The value of constant": nn.constant,
    "The threshold of binary_accuracy": nn.binary_accuracy,
}
COUNTS: dict[str, Count] = {
    "The features of linear": nn.linear,
    "The steps of step_decay's stairs": lambda steps: nn.step_decay(0.1, 0.5, steps),
    "The steps of exponential": lambda steps: nn.exponential(0.1, 0.5, steps),
    "The steps of cosine": lambda steps: nn.cosine(0.1, steps),
    "The steps of linear_warm_up": lambda steps: nn.linear_warm_up(0.1, steps),
    "The start of a joined schedule": lambda steps: nn.join(0.1, (steps, 0.2)),
}
REDUCTIONS: dict[str, Callable[[Reduction], object]] = {
    "mean_squared_error": nn.mean_squared_error,
    "softmax_cross_entropy": nn.softmax_cross_entropy,
    "binary_cross_entropy_with_logits": nn.binary_cross_entropy_with_logits,
    "brier": lambda reduction: nn.brier(reduction=reduction),
    "cross_entropy": lambda reduction: nn.cross_entropy(reduction=reduction),
    "binary_cross_entropy": lambda reduction: nn.binary_cross_entropy(reduction=reduction),
}


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize(
    ("name", "make"),
    [*POSITIVE.items(), *NOT_NEGATIVE.items(), *FRACTIONS.items(), *FINITE.items()],
)
def test_what_is_no_finite_number_is_refused(name: str, make: Setting, value: float) -> None:
    with refused(nn.OptionError, f"{name} must be a finite number and is {value!r}."):
        make(value)


@pytest.mark.parametrize("value", [0, 0.0, -0.0, -1, np.float32(-0.5)])
@pytest.mark.parametrize(("name", "make"), POSITIVE.items())
def test_what_must_be_above_0_is(name: str, make: Setting, value: float) -> None:
    with refused(nn.OptionError, f"{name} must be above 0 and is {value!r}."):
        make(value)


@pytest.mark.parametrize(("name", "make"), NOT_NEGATIVE.items())
def test_what_must_not_be_negative_is_not(name: str, make: Setting) -> None:
    with refused(nn.OptionError, f"{name} must be at least 0 and is -0.1."):
        make(-0.1)
    make(0)


@pytest.mark.parametrize("make", RATES.values(), ids=RATES)
def test_rates_are_refused_wherever_they_are_given(make: Setting) -> None:
    with refused(nn.OptionError, "A learning rate must be at least 0 and is -0.1."):
        make(-0.1)
    make(0)


@pytest.mark.parametrize("value", [-0.1, 1, 1.0, 5])
@pytest.mark.parametrize(("name", "make"), FRACTIONS.items())
def test_what_must_be_a_fraction_is(name: str, make: Setting, value: float) -> None:
    with refused(nn.OptionError, f"{name} must be at least 0 and below 1, and is {value}."):
        make(value)
    make(0)


@pytest.mark.parametrize("value", [0, -1, 1.0, np.float64(3), True, "3", None, math.nan, (3,)])
@pytest.mark.parametrize(("name", "make"), COUNTS.items())
def test_what_must_be_a_count_is(name: str, make: Count, value: int) -> None:
    with refused(nn.OptionError, f"{name} must be a whole number of at least 1 and is {value!r}."):
        make(value)


@pytest.mark.parametrize("value", [0.5, 0.7, 1.0])
@pytest.mark.parametrize("loss", ["brier", "cross_entropy", "binary_cross_entropy"])
def test_an_epsilon_that_clips_everything_is_refused(loss: str, value: float) -> None:
    makers = {
        "brier": nn.brier,
        "cross_entropy": nn.cross_entropy,
        "binary_cross_entropy": nn.binary_cross_entropy,
    }
    with refused(
        nn.OptionError, f"The epsilon of {loss} must be at least 0 and below 0.5, and is {value}."
    ):
        makers[loss](value)


def test_brier_may_have_no_epsilon_but_no_negative_one() -> None:
    nn.brier(0.0)
    with refused(nn.OptionError, "must be at least 0 and below 0.5, and is -0.1."):
        nn.brier(-0.1)


@pytest.mark.parametrize("make", REDUCTIONS.values(), ids=REDUCTIONS)
@pytest.mark.parametrize("reduction", ["average", "Mean", "", None, 1, ["sum"]])
def test_reductions_are_mean_or_sum(
    make: Callable[[Reduction], object], reduction: Reduction
) -> None:
    with refused(nn.OptionError, f'A reduction is "mean" or "sum", and {reduction!r} came.'):
        make(reduction)


def test_a_constant_that_no_float32_is_is_refused() -> None:
    with refused(nn.OptionError, "must be a float32 number and is 1e+39."):
        nn.constant(1e39)
    assert nn.constant(-3.4e38)(nn.Key(0), (1,))[0] < -3e38


def test_joined_schedules_must_begin_one_after_the_other() -> None:
    for starts in ((5, 5), (5, 3)):
        with refused(
            nn.OptionError,
            f"The starts of joined schedules must increase, and {[0, *starts]} came.",
        ):
            nn.join(0.1, (starts[0], 0.2), (starts[1], 0.3))


@pytest.mark.parametrize("schedule", [constant(0.1), nn.cosine(0.1, 5), nn.join(0.1, (5, 0.2))])
def test_steps_are_counted_from_0(schedule: nn.Schedule) -> None:
    with refused(nn.OptionError, "Steps are counted from 0, and -1 came."):
        schedule(-1)


# --- keys ----------------------------------------------------------------------------------------

NO_INDICES: list[object] = [True, 1.0, "1", None, np.float64(1.0), np.array(1), (1,)]


@pytest.mark.parametrize("value", NO_INDICES, ids=repr)
def test_keys_are_made_of_whole_numbers(value: int) -> None:
    with refused(nn.OptionError, f"The seed of a Key must be a whole number and is {value!r}."):
        nn.Key(value)
    index = f"An index folded into a Key must be a whole number and is {value!r}."
    with refused(nn.OptionError, index):
        nn.Key(0).fold_in(value)
    with refused(nn.OptionError, index):
        nn.Key(0, (value,))
    with refused(nn.OptionError, f"A count of keys must be a whole number and is {value!r}."):
        nn.Key(0).split(value)


@pytest.mark.parametrize("seed", [-1, 2**128])
def test_seeds_have_limits(seed: int) -> None:
    with refused(nn.OptionError, f"must be at least 0 and below {2**128}, and is {seed}."):
        nn.Key(seed)


@pytest.mark.parametrize("index", [-1, 2**32])
def test_indices_have_limits(index: int) -> None:
    message = f"must be at least 0 and below {2**32}, and is {index}."
    with refused(nn.OptionError, message):
        nn.Key(0).fold_in(index)
    with refused(nn.OptionError, message):
        nn.Key(0, (3, index))
    with refused(nn.OptionError, message):
        nn.Key(0).split(index)


@pytest.mark.parametrize("path", [5, [1], None, "12"])
def test_the_path_of_a_key_is_a_tuple(path: tuple[int, ...]) -> None:
    with refused(nn.OptionError, f"must be a tuple of indices and is {path!r}."):
        nn.Key(0, path)


# --- chains --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "wrong"),
    [((), "few"), ((nn.EMPTY,), "few"), ((nn.EMPTY,) * 3, "many"), ((nn.EMPTY,) * 4, "many")],
)
def test_a_state_of_another_length_is_refused(state: tuple[nn.Empty, nn.Empty], wrong: str) -> None:
    chain = nn.clip_by_value(1.0) >> nn.learning_rate(0.1)
    grads = (np.ones(2),)
    with refused(nn.TreeError, f"The state has too {wrong} entries for its chain."):
        chain.update(state, grads, grads, 0)
    with refused(nn.TreeError, f"The state has too {wrong} entries for its chain."):
        chain.descend(state, grads, grads, 0)


@pytest.mark.parametrize("dtype", [np.dtype(np.int32), np.dtype(np.float16)])
def test_parameters_are_not_converted_to_what_is_no_float(dtype: np.dtype[np.float32]) -> None:
    with refused(nn.OptionError, f"are float32 or float64, and the dtype {dtype} came."):
        nn.to_dtype((np.ones(2),), dtype)
