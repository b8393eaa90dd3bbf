"""How much work a training step is, counted rather than timed: a regression fails anywhere.

The bounds are what is true. Who needs less lowers them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pytest
from counting import work_of

import purenn as nn
from purenn.arrays import ByteImages, Images, Labels, Matrix
from purenn.kernels import memory

# Over each weight, one for each of: the norms of its rows, which tell whether there is anything to
# clip, and clipping; two for adding the gradient to the velocity, and two for adding that to the
# weight.
PASSES_OVER_WEIGHTS = 6
# Over what a layer gives: one for the bias and two for the leaky ReLU; three for the cotangent of
# that, and one for the bias' gradient.
PASSES_OVER_ACTIVATIONS = 7

WARM_UP = 6

P = TypeVar("P")
X = TypeVar("X")

Run = Callable[[int], None]


def random(*shape: int) -> Matrix:
    drawn: Matrix = nn.Key(0).generator().random(shape, np.float32)
    return drawn


def labels(count: int, classes: int) -> Labels:
    return nn.Key(1).generator().integers(0, classes, count)


def labelled_bytes() -> nn.Dataset[Images, Labels]:
    pixels: ByteImages = labels(512 * 784, 256).astype(np.uint8).reshape(512, 28, 28, 1)
    return nn.Dataset(nn.ScaledBytes(pixels), nn.Rows(labels(512, 10)))


def training(
    model: nn.Layer[P, X, Matrix],
    loss: nn.Loss[Matrix, Matrix | Labels],
    data: nn.Dataset[X, Labels],
    batch_size: int,
) -> Run:
    """A function that trains for so many steps, warmed up."""
    optimizer = nn.clipped_sgd(0.01)
    step = nn.training_step(model, loss, optimizer)
    params, _ = model.init(nn.Key(2), data.inputs.shape)
    states = [optimizer.init(params)]

    def run(steps: int) -> None:
        for epoch in range(steps):
            batches = nn.shuffled_batches(data, batch_size, nn.Key(3), epoch)
            states[0], _ = nn.fold(step, states[0], batches[:1])

    run(WARM_UP)
    return run


def article() -> Run:
    model = (
        nn.linear(784)
        >> nn.leaky_relu()
        >> nn.linear(256)
        >> nn.leaky_relu()
        >> nn.linear(128)
        >> nn.leaky_relu()
        >> nn.linear(10)
    )
    data = nn.dataset(random(512, 784), labels(512, 10))
    return training(model, nn.softmax_cross_entropy(), data, 128)


def spiral() -> Run:
    model = nn.linear(128) >> nn.leaky_relu() >> nn.linear(64) >> nn.leaky_relu() >> nn.linear(1)
    data = nn.dataset(random(500, 2), labels(500, 2))
    return training(model, nn.binary_cross_entropy_with_logits(), data, 500)


def images() -> Run:
    model = nn.flatten() >> nn.linear(128) >> nn.relu() >> nn.linear(10)
    return training(model, nn.softmax_cross_entropy(), labelled_bytes(), 128)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    memory.release()


@pytest.mark.parametrize(("net", "layers"), [(article, 4), (spiral, 3), (images, 2)])
def test_a_step_multiplies_three_matrices_a_layer_and_spares_the_first_input(
    net: Callable[[], Run], layers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = net()
    assert work_of(lambda: run(1), monkeypatch).products == 3 * layers - 1
    assert work_of(lambda: run(5), monkeypatch).products == 5 * (3 * layers - 1)


@pytest.mark.parametrize("net", [article, spiral])
def test_a_step_needs_no_memory_that_the_step_before_did_not(
    net: Callable[[], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = net()
    held = memory.held()
    done = work_of(lambda: run(5), monkeypatch)
    assert held > 0
    assert (done.blocks, done.fresh) == ([], [])
    assert memory.held() == held


@pytest.mark.parametrize(
    ("net", "shape"),
    [(article, (784, 784)), (article, (784, 256)), (article, (256, 128)), (spiral, (128, 64))],
)
def test_an_update_goes_over_a_weight_a_few_times(
    net: Callable[[], Run], shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = net()
    passes = work_of(lambda: run(1), monkeypatch).passes(shape)
    assert 0 < len(passes) <= PASSES_OVER_WEIGHTS, passes


@pytest.mark.parametrize(
    ("net", "shape"), [(article, (128, 256)), (spiral, (500, 128)), (spiral, (500, 64))]
)
def test_a_hidden_layer_goes_over_what_it_gives_a_few_times(
    net: Callable[[], Run], shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = net()
    passes = work_of(lambda: run(1), monkeypatch).passes(shape)
    assert 0 < len(passes) <= PASSES_OVER_ACTIVATIONS, passes


def test_a_batch_is_gathered_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    data = nn.dataset(random(512, 784), labels(512, 10))
    batches = nn.shuffled_batches(data, 128, nn.Key(0), 0)
    work_of(lambda: batches[0], monkeypatch)
    done = work_of(lambda: batches[1], monkeypatch)
    assert done.passes((128, 784)) == ["take"]
    assert (done.blocks, done.fresh) == ([], [])


def test_bytes_are_gathered_in_one_pass_and_scaled_in_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batches = nn.shuffled_batches(labelled_bytes(), 128, nn.Key(0), 0)
    work_of(lambda: batches[0], monkeypatch)
    done = work_of(lambda: batches[1], monkeypatch)
    assert done.passes((128, 28, 28, 1)) == ["take", "multiply"]
    assert (done.blocks, done.fresh) == ([], [])


def test_batches_in_order_of_floats_are_views(monkeypatch: pytest.MonkeyPatch) -> None:
    data = nn.dataset(random(512, 784), labels(512, 10))
    batches = nn.batches_in_order(data, 128, nn.Key(0))
    done = work_of(lambda: batches[1], monkeypatch)
    assert (done.passes((128, 784)), done.blocks, done.fresh) == ([], [], [])


def test_the_counting_sees_wasted_work(monkeypatch: pytest.MonkeyPatch) -> None:
    x, layer = random(64, 256), nn.linear(256)
    params, _ = layer.init(nn.Key(0), (256,))
    kept: list[Matrix] = []

    def wasteful() -> None:
        y, pullback = layer.vjp(params, x, nn.Key(0))
        grads, dx = pullback(y)
        kept.extend((y, dx(), grads.weight))
        nn.dataset(x, x)

    done = work_of(wasteful, monkeypatch)
    assert done.products == 3
    assert done.blocks == [64 * 256 * 4, 256 * 256 * 4, 64 * 256 * 4]
    assert [call.fresh for call in done.fresh] == [64 * 256 * 4] * 2
    assert {"add", "add.reduce", "isfinite", "array"} <= set(done.passes((64, 256)))
