"""The same bits under every kernel of BLAS, number of threads, instruction set and environment.

Run as a program, it compares the digests of all runs, or of those that its arguments name.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import sys
from collections.abc import Callable, Iterable

import attrs
import numpy as np
import pytest
from commands import told
from contracts import P, S, X, little, makers
from sample import sample
from test_augmentation import CHANGES, IMAGES, MIXINGS, called
from test_initializers import ALL
from test_layer_contract import CASES as LAYERS
from test_loss_contract import CASES as LOSSES
from test_optimizers import drawn, optimizers
from test_optimizers import run as updated

import purenn as nn
from purenn import layers, schedules
from purenn.arrays import FLOAT32, FLOAT64, FLOATS, FloatDtype, Images, Labels, Matrix
from purenn.data import Batch, augmented, mixup, random_erasing, random_flip
from purenn.datasets import spirals
from purenn.estimators import Classifier, Regressor
from purenn.initializers import orthogonal
from purenn.kernels.ops import FAST, Ops
from purenn.kernels.portable.ops import PORTABLE
from purenn.runs.training import EpochBatches
from purenn.saving import digest
from purenn.testing import environments

KEY = nn.Key(0)
RATES = (
    *(schedules.constant(0.1), schedules.step_decay(0.1, 0.3, 7), schedules.cosine(0.1, 50, 0.01)),
    *(schedules.exponential(0.1, 0.3, 7), schedules.cosine_restarts(0.1, 7, 2)),
    *(schedules.one_cycle(0.1, 50), schedules.log_cosine(0.1, 50)),
    *(schedules.polynomial(0.1, 50, 2.5), schedules.inverse_square_root(0.1, 5)),
    schedules.join(schedules.linear_warm_up(0.1, 7), (7, schedules.polynomial(0.1, 50, 0.5))),
)


def trained(
    model: nn.Layer[P, X, Matrix],
    optimizer: nn.Optimizer[S],
    batches: Callable[[int], EpochBatches[Batch[X, Matrix | Labels]]],
    epochs: int,
) -> str:
    """The digest of what training leaves."""
    loss = nn.portable(nn.softmax_cross_entropy(0.1))
    step = nn.training_step(nn.portable(model), loss, optimizer)
    (first,) = itertools.islice(batches(0)[0:], 1)
    state = optimizer.init(model.init(KEY, first.inputs))
    for epoch in range(epochs):
        state, _ = nn.fold(step, state, batches(epoch)[0:])
    return digest((state.params, state.slots))


def spiral(dtype: FloatDtype = FLOAT32) -> str:
    """Two spirals: clipped by norm, with momentum and a cosine of the rate."""
    points, arms = spirals(KEY, samples_per_arm=100)
    data = nn.dataset(points.astype(dtype), arms)
    model = nn.linear(64) >> nn.tanh() >> nn.linear(64, weight=orthogonal()) >> layers.gelu()
    return trained(
        model >> nn.linear(2),
        nn.descend(nn.clip_by_global_norm(1.0) >> nn.momentum(0.9), schedules.cosine(0.1, 160)),
        lambda epoch: nn.shuffled_batches(data, 50, KEY, epoch),
        40,
    )


def doubles() -> str:
    """The spirals in float64, where the last bit of a norm shows."""
    return spiral(FLOAT64)


def convolutional() -> str:
    """A convolutional net with batch normalization, dropout and Adam, on augmented images."""
    images: Images = sample().train_images[:512].astype(np.float32) / np.float32(255.0)
    data = nn.dataset(images, sample().train_labels[:512].astype(np.int64))
    first = layers.conv(8, 3, stride=2) >> nn.batch_norm() >> nn.relu() >> layers.conv(8, 3)
    model = first >> layers.group_norm(2) >> layers.silu() >> layers.global_average_pool()
    changes = random_flip(), random_erasing()
    return trained(
        model >> nn.dropout(0.2) >> nn.linear(10),
        nn.adam(0.01),
        lambda epoch: augmented(
            nn.shuffled_batches(data, 64, KEY, epoch), *changes, mixing=mixup(0.2, 10)
        ),
        4,
    )


def estimator() -> str:
    """A classifier of a table, with all parts of the full net, and the slopes of a regressor."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 4))
    found = Classifier(preset="full", epochs=6, random_state=0, portable=True)
    found.fit(x, (x[:, 0] * x[:, 1] > 0.3).astype(np.int64))
    other = Regressor((8,), epochs=2, random_state=0, portable=True).fit(x, x[:, 0] * x[:, 1])
    return digest((found.params_, found.predict_proba(x), other.input_gradients(x)))


def fashion() -> str:
    """200 steps of the article's net with its settings."""
    pixels: Matrix = sample().train_images.reshape(2000, 784) / np.float32(255.0)
    data = nn.dataset(pixels, sample().train_labels.astype(np.int64))
    model = nn.linear(256) >> nn.leaky_relu(0.01) >> nn.linear(128) >> nn.leaky_relu(0.01)
    return trained(
        model >> nn.linear(10),
        nn.descend(nn.clip_by_value(1.0) >> nn.momentum(0.9), 0.05),
        lambda epoch: nn.shuffled_batches(data, 100, KEY, epoch),
        10,
    )


def contracts() -> str:
    """What every layer and loss of the contract tests gives, but one that calls `numpy.exp`."""
    found = hashlib.sha256()
    for dtype in FLOATS:
        for layer in (each for each in LAYERS if not each.name.startswith("activation(")):
            for leaf in layer.portable().results(dtype, lambda leaf: leaf, 100):
                found.update(little(leaf))
        for loss in LOSSES:
            value, mean, cotangents = loss.portable().results(dtype, lambda leaf: leaf)
            found.update(f"{value!r} {mean!r}".encode())
            for leaf in cotangents:
                found.update(little(leaf))
    return found.hexdigest()


def others() -> str:
    """What the optimizers, augmentations and initializers of their tests and all schedules give."""
    found: list[object] = [np.array([[rate(step) for step in range(60)] for rate in RATES])]
    for dtype in FLOATS:
        start, *gradients = (drawn(seed, dtype) for seed in range(0, 70, 10))
        found += [updated(each, start, gradients)[-1] for each in optimizers()]
        found += [initializer(KEY, (40, 30), dtype) for initializer in ALL]
        images: Images = IMAGES.astype(dtype)
        found += [called(change, images) for change in CHANGES]
        found += [called(mixing, images) for mixing in MIXINGS]
    return digest(tuple(found))


RUNS: dict[str, Callable[[], str]] = {
    run.__name__: run
    for run in (spiral, doubles, convolutional, estimator, fashion, contracts, others)
}
# A new case changes `contracts` or `others`: this file, run as a program, prints what they are now.
GOLDEN = {
    "spiral": "fccfc9f8ad8b47c2",
    "doubles": "1cb08ff6cc4e8589",
    "convolutional": "9b1e451df845c3d0",
    "estimator": "5e038be6d217e1d8",
    "fashion": "3bca81a00c896ed8",
    "contracts": "90f05d66d2129875",
    "others": "d7fb88ebff27718a",
}
# What has nothing to do with the bits.
OTHERWISE = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C", "LANG": "C"}


def test_every_operation_has_a_portable_form() -> None:
    for field in attrs.fields(Ops):
        fast: object = getattr(FAST, field.name)
        assert getattr(PORTABLE, field.name) is not fast


def test_every_public_schedule_is_among_the_rates() -> None:
    exported = makers(schedules, schedules.Schedule) - {"as_schedule"}
    assert exported - set(re.findall(r"\w+", repr(RATES))) == set()


@pytest.mark.parametrize("name", RUNS)
def test_the_bits_are_those_of_every_machine(name: str) -> None:
    assert RUNS[name]()[:16] == GOLDEN[name]


@pytest.mark.slow
@pytest.mark.parametrize("variables", environments()[1:], ids=lambda each: "-".join(each.values()))
def test_the_bits_depend_on_no_kernel_threads_or_instructions(variables: dict[str, str]) -> None:
    told(__file__, env=os.environ | OTHERWISE | variables)


def compare(names: Iterable[str]) -> bool:
    """Print the digests of the runs, and tell whether all are the golden ones."""
    golden, x = True, np.random.default_rng(0).standard_normal((500, 500))
    sys.stdout.write(
        f"A product by this BLAS, which others compute otherwise: {digest(x @ x)[:16]}\n"
    )
    for name in names:
        found = RUNS[name]()[:16]
        golden &= found == GOLDEN[name]
        sys.stdout.write(f"{name} {found}{'' if found == GOLDEN[name] else ': another'}\n")
        sys.stdout.flush()
    return golden


if __name__ == "__main__":
    sys.exit(not compare(sys.argv[1:] or RUNS))
