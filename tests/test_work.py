"""How much work a training step is, counted rather than timed: a regression fails anywhere.

The bounds are what is true. Who needs less lowers them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import FrameType

import numpy as np
import pytest
from contracts import normal
from counting import memory_of, work_of
from refusals import PURENN, evaluate
from threadpoolctl import threadpool_limits

import purenn as nn
from purenn import data, losses
from purenn.arrays import FLOAT32, ByteImages, Images, Labels, Matrix
from purenn.kernels import memory

# Over each weight, one for each of: the norms of its rows, which tell whether there is anything to
# clip, and clipping; two for adding the gradient to the velocity, and two for adding that to the
# weight. Adam takes two each for the mean and for its share of the gradient, four for the squares,
# five for the direction, and two for the step.
MOMENTUM, ADAM = 5, 11
# Over what a layer gives: one for the bias and two for the leaky ReLU; three for the cotangent of
# that, and one for the bias' gradient.
ACTIVATIONS = 7

ClassLoss = nn.Loss[Matrix, Matrix | Labels]

NETS = {
    "article": " >> leaky_relu() >> ".join(f"linear({n})" for n in (200, 150, 120, 10)),
    "spiral": "linear(128) >> leaky_relu() >> linear(64) >> leaky_relu() >> linear(1)",
    "images": "flatten() >> linear(128) >> relu() >> linear(10)",
}
CLIPPED = "descend(clip_by_value(1.0) >> momentum(0.9), 0.01)"


def random(samples: int, features: int) -> Matrix:
    return normal(0, samples, features).astype(np.float32)


def labels(count: int, classes: int) -> Labels:
    return np.random.default_rng(1).integers(0, classes, count)


def labelled_bytes() -> nn.Dataset[Images, Labels]:
    pixels: ByteImages = labels(512 * 784, 256).astype(np.uint8).reshape(512, 28, 28, 1)
    return data.dataset(data.ScaledBytes(pixels), labels(512, 10))


def model_of(text: str) -> nn.Layer[object, object, Matrix]:
    found = evaluate(text, PURENN)
    assert isinstance(found, nn.Layer)
    return found


def training(net: str, text: str = CLIPPED) -> Callable[[int], None]:
    """A function that trains a net for so many steps, warmed up."""
    model, optimizer = model_of(NETS[net]), evaluate(text, PURENN)
    assert isinstance(optimizer, nn.Optimizer)
    features, classes, batch_size = (2, 2, 500) if net == "spiral" else (100, 10, 128)
    floats = nn.dataset(random(512, features), labels(512, classes))
    source: nn.Dataset[object, Labels] = labelled_bytes() if net == "images" else floats
    binary, softmax = nn.binary_cross_entropy_with_logits(), nn.softmax_cross_entropy()
    step = nn.training_step(model, binary if net == "spiral" else softmax, optimizer)
    state = optimizer.init(model.init(nn.Key(2), source.example))

    def run(steps: int) -> None:
        nonlocal state
        for epoch in range(steps):
            batches = nn.shuffled_batches(source, batch_size, nn.Key(3), epoch)
            state, _ = nn.fold(step, state, batches[:1])

    run(6)
    return run


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    memory.release()
    with threadpool_limits(1, user_api="blas"):
        yield


@pytest.mark.parametrize(("net", "layers"), [("article", 4), ("spiral", 3), ("images", 2)])
def test_products_and_memory_of_a_step(
    net: str, layers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = training(net)
    # The cotangent of the data is spared, also behind flatten.
    assert work_of(lambda: run(5), monkeypatch).products == 5 * (3 * layers - 1)
    held, needed = memory.held(), memory_of(lambda: run(5))
    assert memory.held() == held > 0
    assert needed < 3 * memory.SMALL, needed


SHAPES = [
    *[("article", (size,), MOMENTUM, CLIPPED) for size in (100 * 200, 200 * 150, 150 * 120)],
    *[("spiral", (128 * 64,), MOMENTUM, CLIPPED), ("article", (200 * 150,), ADAM, "adam(0.001)")],
    *[("spiral", (500, width), ACTIVATIONS, CLIPPED) for width in (128, 64)],
    ("article", (128, 150), ACTIVATIONS, CLIPPED),
]


@pytest.mark.parametrize(("net", "shape", "most", "optimizer"), SHAPES)
def test_a_step_goes_over_weights_and_activations_a_few_times(
    net: str, shape: tuple[int, int], most: int, optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = training(net, optimizer)
    passes = work_of(lambda: run(1), monkeypatch).passes(shape)
    assert 0 < len(passes) <= most, passes


def test_gathering_takes_one_pass_or_two_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    floats, key = nn.dataset(random(512, 784), labels(512, 10)), nn.Key(0)
    shuffled = nn.shuffled_batches(floats, 128, key, 0)
    scaled = nn.shuffled_batches(labelled_bytes(), 128, key, 0)
    in_order = data.batches_in_order(floats, 128, key)
    assert work_of(lambda: shuffled[0], monkeypatch).passes((512, 784)) == ["take"]
    of_bytes = work_of(lambda: scaled[0], monkeypatch)
    assert of_bytes.passes((512, 28, 28, 1)) == ["take"]
    assert of_bytes.passes((128, 28, 28, 1)) == ["multiply"]
    assert work_of(lambda: in_order[0], monkeypatch).passes((128, 784)) == []
    needed = [memory_of(lambda: (shuffled[1], scaled[1], in_order[1])) for _ in range(2)]
    assert needed[1] < 2 * memory.SMALL, needed


@pytest.mark.parametrize("shape", [(50, 3), (2, 25, 3), (2, 5, 5, 3)])
def test_maxima_of_short_rows_are_found_in_a_transposed_copy(
    shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    x: nn.Array = random(50, 3).reshape(shape)
    softmax: nn.Layer[nn.Empty, nn.Array, nn.Array] = nn.layers.softmax()
    work = work_of(lambda: softmax.apply(nn.Empty(), x), monkeypatch)
    assert work.passes((3, *shape[:-1])) == ["copy", "maximum.reduce"]


def test_a_step_costs_each_of_many_layers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def calls(depth: int) -> float:
        model = model_of(" >> ".join(["linear(4)", "tanh()"] * depth))
        x, optimizer = random(2, 4), nn.adam(0.1)
        step = nn.training_step(model, nn.mean_squared_error(), optimizer)
        state = optimizer.init(model.init(nn.Key(0), x))
        batch = data.Batch(x, x, nn.Key(1))
        return work_of(lambda: step(state, batch), monkeypatch).python / depth

    assert calls(90) < 1.02 * calls(30)


@pytest.mark.parametrize("depth", [4, 400])
def test_a_net_however_deep_finds_its_memory_again_without_a_long_search(depth: int) -> None:
    looks: list[object] = []

    def look(frame: FrameType, event: str, argument: object) -> None:
        looks.extend([argument] if argument is sys.getrefcount else [])

    def forward_and_backward() -> None:
        activations = [memory.empty((64, 256), FLOAT32) for _ in range(depth)]
        while activations:
            memory.empty_like(activations.pop())

    for _ in range(3):
        forward_and_backward()
    before, held = sys.getprofile(), memory.held()
    sys.setprofile(look)
    for _ in range(10):
        forward_and_backward()
    sys.setprofile(before)
    assert memory.held() == held
    assert len(looks) < 10 * 2 * depth * 10


LOSSES: list[ClassLoss] = [
    *(nn.softmax_cross_entropy(), nn.binary_cross_entropy_with_logits(), losses.brier()),
    *(losses.cross_entropy(), losses.class_weighted(losses.brier(), (1.0,) * 5_000)),
]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: repr(loss)[:20])
def test_a_loss_needs_memory_for_samples_times_classes(loss: ClassLoss) -> None:
    rows: Matrix = np.full((40, 5_000), 1 / 5_000, np.float32)
    target: Matrix | Labels = rows if "binary" in repr(loss) else labels(40, 5_000)
    memory.release()
    assert rows.nbytes < memory_of(lambda: loss(rows, target)) < 6 * rows.nbytes + memory.SMALL


def test_predicting_and_evaluating_need_memory_for_a_batch_and_the_outputs() -> None:
    model, loss = nn.linear(512) >> nn.relu() >> nn.linear(1), nn.mean_squared_error()
    x, y = random(5_000, 4), random(5_000, 1)
    params = model.init(nn.Key(0), x)
    batch = 128 * 512 * 4 * 3
    assert memory_of(lambda: nn.predict(model, params, x, 128)) < 4 * y.nbytes + batch
    assert memory_of(lambda: nn.evaluate(model, params, (x, y), loss, 128)) < batch


def test_weights_of_many_classes_are_not_checked_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weights, logits, ones = (0.5, 1.0) * 500, normal(0, 2, 1000), np.ones((2, 1000))
    classes = losses.class_weighted(nn.softmax_cross_entropy(), weights)
    outputs = losses.binary_cross_entropy_with_logits(weights)
    calls = work_of(lambda: (classes(logits, labels(2, 1000)), outputs(logits, ones)), monkeypatch)
    assert calls.python < len(weights)


def test_a_slice_of_batches_does_not_copy_their_order() -> None:
    samples = normal(0, 10_000, 1)
    batches = nn.shuffled_batches(nn.dataset(samples, samples), 10, nn.Key(0), 0)
    assert memory_of(lambda: batches[1:]) < samples.nbytes
