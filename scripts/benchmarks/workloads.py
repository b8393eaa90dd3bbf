"""What is measured: the jobs, and the numbers that every contender starts from.

A job's data and first weights are drawn from its seed, so they are the same in every process.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Literal

import attrs
import numpy as np

Floats = np.ndarray[tuple[int, int], np.dtype[np.float32]]
Bytes = np.ndarray[tuple[int, int], np.dtype[np.uint8]]
Biases = np.ndarray[tuple[int], np.dtype[np.float32]]
Labels = np.ndarray[tuple[int], np.dtype[np.int64]]

SEED = 2024
RATE = 0.01
DECAY = 0.9
LIMIT = 1.0


@attrs.frozen
class Workload:
    """A job: a net, and what is done with it again and again.

    Args:
        name: what it is called on the command line.
        widths: the features that go into the net and come out of each linear layer.
        batch: how many samples there are in a batch.
        samples: how many there are to draw batches from.
        steps: how many steps a contender runs when it is its turn.
        kind: a step is one training step, the training steps of one epoch, or one inference.
        slope: of the leaky ReLU between linear layers; 0 makes it a plain ReLU.
        folder: where images.npy and labels.npy are, for jobs on real data.
    """

    name: str
    widths: tuple[int, ...] = attrs.field(converter=tuple[int, ...])
    batch: int
    samples: int
    steps: int = 40
    kind: Literal["training", "epoch", "inference"] = "training"
    slope: float = 0.01
    folder: str = ""

    @property
    def binary(self) -> bool:
        """Whether the loss is binary cross-entropy; softmax cross-entropy otherwise."""
        return self.widths[-1] == 1

    @property
    def net(self) -> str:
        """The net in the usual short form."""
        return "-".join(map(str, self.widths))

    @property
    def batches(self) -> int:
        """How many batches there are in an epoch; the last may be smaller."""
        return -(-self.samples // self.batch)


WORKLOADS = (
    Workload("article", (784, 784, 256, 128, 10), 128, 12_800),
    Workload("spiral", (2, 128, 64, 1), 500, 500, steps=100),
    Workload("small", (64, 32, 10), 32, 3_200, steps=400),
    Workload("wide", (784, 2048, 2048, 10), 512, 5_120, steps=10),
    Workload("serve-1", (784, 256, 10), 1, 1, steps=400, kind="inference", slope=0.0),
    Workload("serve-1000", (784, 256, 10), 1_000, 1_000, kind="inference", slope=0.0),
    Workload("epoch", (784, 784, 256, 128, 10), 128, 60_000, steps=1, kind="epoch", slope=0.0),
)


def first_weights(workload: Workload) -> tuple[tuple[Floats, Biases], ...]:
    """The weight (inputs, outputs) and the bias of each linear layer before the first step."""
    draw = np.random.default_rng((SEED, 0))
    return tuple(_layer(draw, *pair) for pair in pairwise(workload.widths))


def _layer(draw: np.random.Generator, inputs: int, outputs: int) -> tuple[Floats, Biases]:
    weight: Floats = draw.standard_normal((inputs, outputs), np.float32)
    weight *= np.float32((2.0 / inputs) ** 0.5)
    return weight, np.zeros(outputs, np.float32)


def samples(workload: Workload) -> tuple[Floats, Labels]:
    """Noise, labelled by a random linear map: something that a net can learn."""
    draw = np.random.default_rng((SEED, 1))
    inputs: Floats = draw.random((workload.samples, workload.widths[0]), np.float32)
    classes = max(2, workload.widths[-1])
    scores = (inputs - 0.5) @ draw.standard_normal((workload.widths[0], classes), np.float32)
    labels: Labels = scores.argmax(axis=1).astype(np.int64)
    return inputs, labels


def images(workload: Workload) -> tuple[Bytes, Labels]:
    """Real images, row by row, and their labels, from the folder that the job names."""
    folder = Path(workload.folder)
    pixels: Bytes = np.load(folder / "images.npy")[: workload.samples]
    labels: Labels = np.load(folder / "labels.npy")[: workload.samples].astype(np.int64)
    return pixels, labels
