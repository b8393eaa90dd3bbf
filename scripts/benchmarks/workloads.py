"""The workloads: nets, and the weights, data and batches that are the same for every contender."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, pairwise
from typing import Literal

import attrs
import numpy as np

Floats = np.ndarray[tuple[int, int], np.dtype[np.float32]]
Weight = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
Bytes = np.ndarray[tuple[int, int], np.dtype[np.uint8]]
Integers = np.ndarray[tuple[int], np.dtype[np.int64]]

Axis = Literal["batch", "width", "depth"]
Steps = Literal["article", "spiral", "small", "wide", "adam"]
Nets = Literal["normalized", "cnn-small"]
Name = Literal[Steps, Nets, "quick", "serve-1", "serve-1000", "epoch", "import", Axis]
Kind = Literal["training", "adam", "epoch", "growth", "inference", "import", Nets]
SEED = 2024


@attrs.frozen
class Workload:
    """A net, and what is done with it again and again.

    `epoch` and `growth` are training too, with real images and with fewer contenders; `adam` is
    training with Adam, without clipping, and the nets are with AdamW.
    """

    name: Name
    kind: Kind
    # The features that enter the net and leave each layer with weights.
    widths: tuple[int, ...] = attrs.field(converter=tuple[int, ...])
    batch: int = 1
    samples: int = 1  # that batches are drawn from
    steps: int = 1  # of a turn
    slope: float = 0.01  # of the leaky ReLU between linear layers; 0 means a plain ReLU
    rate: float = 0.01
    decay: float = 0.9  # of the momentum
    limit: float = 1.0  # of the gradient's entries
    size: int = 0  # of what grows
    file: str = ""  # an archive of real images and their labels

    @property
    def title(self) -> str:
        """The name, and the size or the net."""
        return f"{self.name} {self.size or '-'.join(map(str, self.widths))}".strip()

    @property
    def binary(self) -> bool:
        """Whether the loss is binary cross-entropy rather than that of a softmax."""
        return self.widths[-1] == 1

    @property
    def clipped(self) -> bool:
        """Whether gradients are clipped by value."""
        return self.kind in ("training", "epoch", "growth")

    @property
    def batches(self) -> int:
        """The number of batches in an epoch; the last may be smaller."""
        return -(-self.samples // self.batch)

    def order(self, epoch: int) -> Integers:
        """The order of the samples in an epoch."""
        return np.random.default_rng((SEED, 2, epoch)).permutation(self.samples)

    def indices(self) -> Iterator[Integers]:
        """The samples of each batch, epoch after epoch."""
        for order in map(self.order, count()):
            for start in range(0, self.samples, self.batch):
                yield order[start : start + self.batch]

    def first_weights(self) -> list[Weight]:
        """The weights of each layer before the first step; biases are 0.

        Their shapes are (inputs, outputs), those of convolutions (size, size, inputs, outputs).
        """
        draw = np.random.default_rng((SEED, 0))
        shapes: list[tuple[int, ...]] = list(pairwise(self.widths))
        if self.kind == "cnn-small":
            filters = pairwise((1, *self.widths[1:-1]))
            shapes = [*((3, 3, *pair) for pair in filters), self.widths[-2:]]
        found: list[Weight] = [draw.standard_normal(shape, np.float32) for shape in shapes]
        return [each * np.float32((2.0 * each.shape[-1] / each.size) ** 0.5) for each in found]

    def noise(self) -> tuple[Floats, Integers]:
        """Noise, labeled by a random linear map: something that a net can learn."""
        draw, classes = np.random.default_rng((SEED, 1)), max(2, self.widths[-1])
        inputs: Floats = draw.random((self.samples, self.widths[0]), np.float32)
        scores = (inputs - 0.5) @ draw.standard_normal((self.widths[0], classes), np.float32)
        return inputs, scores.argmax(axis=1).astype(np.int64)

    def images(self) -> tuple[Bytes, Integers]:
        """Real images as rows, and their labels."""
        found = np.load(self.file)
        return found["images"][: self.samples], found["labels"][: self.samples]

    def data(self) -> tuple[Floats | Bytes, Integers]:
        """Images if there are any, and noise otherwise."""
        return self.images() if self.file else self.noise()


def _grown(axis: Axis, size: int, widths: tuple[int, ...], batch: int) -> Workload:
    """A workload in which a turn takes a tenth of a second or so, whatever the size."""
    products = 3 * batch * sum(inputs * outputs for inputs, outputs in pairwise(widths))
    steps = min(max(5, round(3e9 / products)), 200)
    return Workload(axis, "growth", widths, batch, 8 * batch, steps, size=size)


ARTICLE = (784, 784, 256, 128, 10)
CONVOLUTIONS = (784, 24, 40, 40, 72, 72, 10)
WORKLOADS = (
    Workload("article", "training", ARTICLE, 128, 12_800, 40),
    Workload("spiral", "training", (2, 128, 64, 1), 500, 500, 100),
    Workload("small", "training", (64, 32, 10), 32, 3_200, 400),
    Workload("wide", "training", (784, 2048, 2048, 10), 512, 5_120, 10),
    Workload("adam", "adam", ARTICLE, 128, 12_800, 40, slope=0.0, rate=0.001),
    Workload("normalized", "normalized", ARTICLE, 128, 12_800, 40, slope=0.0, rate=0.001),
    Workload("cnn-small", "cnn-small", CONVOLUTIONS, 128, 1_280, 5, slope=0.0, rate=0.001),
    Workload("quick", "normalized", (784, 256, 128, 10), 512, 12_800, 25, slope=0.0, rate=0.001),
    Workload("serve-1", "inference", (784, 256, 10), 1, 1, 400, slope=0.0),
    Workload("serve-1000", "inference", (784, 256, 10), 1_000, 1_000, 40, slope=0.0),
    Workload("epoch", "epoch", ARTICLE, 128, 60_000, 469, slope=0.0),
    Workload("import", "import", ()),
    *(_grown("batch", n, (784, 256, 10), n) for n in (16, 50, 160, 500, 1600)),
    *(_grown("width", n, (784, n, n, 10), 128) for n in (20, 63, 200, 632, 2000)),
    *(_grown("depth", n, (128, *(128,) * n, 10), 128) for n in (1, 3, 10, 32, 100)),
)
