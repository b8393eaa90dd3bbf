"""Training on real images, to an accuracy that broken gradients do not reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from sample import sample
from threadpoolctl import threadpool_limits

import purenn as nn
from purenn.arrays import Array

EPOCHS = 40
BATCH_SIZE = 32

# Of the training images. What does not train both layers stays well below.
TRAINED = 0.98

# On matrices as small as these, threads only wait for each other.
pytestmark = pytest.mark.usefixtures("one_thread")

Break = Callable[[int, Array], Array]


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    with threadpool_limits(1, user_api="blas"):
        yield


def intact(number: int, grad: Array) -> Array:
    return grad


def without_first_layer(number: int, grad: Array) -> Array:
    return np.zeros_like(grad) if number < 2 else grad


def first_layer_reversed(number: int, grad: Array) -> Array:
    return -grad if number < 2 else grad


def last_layer_reversed(number: int, grad: Array) -> Array:
    return -grad if number >= 2 else grad


def without_signs(number: int, grad: Array) -> Array:
    return np.abs(grad)


def of_the_first_input_only(number: int, grad: Array) -> Array:
    return np.broadcast_to(grad[:1], grad.shape)


def accuracies(damage: Break) -> tuple[float, float]:
    """The accuracy on the training and on the test images, after training on damaged gradients."""
    data = sample()
    model = nn.flatten() >> nn.linear(64) >> nn.leaky_relu() >> nn.linear(10)
    batches = -(-len(data.train) // BATCH_SIZE)
    rate = nn.learning_rate(nn.cosine(0.05, steps=EPOCHS * batches))
    optimizer = nn.Optimizer(nn.clip_by_global_norm(1.0) >> nn.momentum(0.9) >> rate)
    params, _ = model.init(nn.Key(0), (28, 28, 1))
    state = optimizer.init(params)
    gradient = nn.value_and_grad(model, nn.softmax_cross_entropy())
    for epoch in range(EPOCHS):
        for batch in nn.shuffled_batches(data.train, BATCH_SIZE, nn.Key(1), epoch):
            _, grads = gradient(state.params, batch.inputs, batch.targets, batch.key)
            damaged = tuple(damage(*pair) for pair in enumerate(nn.leaves(grads)))
            state, _ = optimizer.update(state, nn.rebuild(grads, damaged))
    return (
        nn.evaluate(model, state.params, data.train, nn.accuracy),
        nn.evaluate(model, state.params, data.test, nn.accuracy),
    )


def test_training_learns_the_training_images_and_recognises_new_ones() -> None:
    seen, new = accuracies(intact)
    assert seen >= TRAINED
    assert new >= 0.80


@pytest.mark.parametrize(
    "damage",
    [
        without_first_layer,
        first_layer_reversed,
        last_layer_reversed,
        without_signs,
        of_the_first_input_only,
    ],
)
def test_broken_gradients_do_not_get_there(damage: Break) -> None:
    assert accuracies(damage)[0] < TRAINED - 0.02
