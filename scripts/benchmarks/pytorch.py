"""PyTorch in eager mode, with its fused and its foreach SGD."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Literal

import torch
from torch.nn import functional

from benchmarks.contender import CHECKED, Contender
from benchmarks.workloads import DECAY, LIMIT, RATE, Workload, first_weights, images, samples


def training(workload: Workload, mode: Literal["fused", "foreach"]) -> Contender:
    """Training, in which SGD is one compiled pass, or handles all parameters in each call."""
    model = _model(workload)
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=RATE,
        momentum=DECAY,
        fused=mode == "fused",
        foreach=mode == "foreach",
    )
    return Training(workload, model, optimizer)


def inference(workload: Workload) -> Contender:
    """Inference."""
    inputs, _ = samples(workload)
    return Inference(_model(workload), torch.from_numpy(inputs))


def _model(workload: Workload) -> torch.nn.Sequential:
    layers: list[torch.nn.Module] = []
    for (inputs, outputs), (weight, bias) in zip(
        pairwise(workload.widths), first_weights(workload), strict=True
    ):
        linear = torch.nn.Linear(inputs, outputs)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight.T))
            linear.bias.copy_(torch.from_numpy(bias))
        between = torch.nn.LeakyReLU(workload.slope) if workload.slope else torch.nn.ReLU()
        layers += [linear, between]
    return torch.nn.Sequential(*layers[:-1])


class Training:
    """Training steps over shuffled batches, or whole epochs of them."""

    def __init__(
        self,
        workload: Workload,
        model: torch.nn.Sequential,
        optimizer: torch.optim.Optimizer,
    ) -> None:
        self._workload = workload
        inputs, labels = images(workload) if workload.kind == "epoch" else samples(workload)
        self._inputs = torch.from_numpy(inputs)
        self._labels = torch.from_numpy(labels)
        if workload.binary:
            self._labels = self._labels.to(torch.float32).unsqueeze(1)
        self._scaled = self._inputs.dtype == torch.uint8
        self._model = model
        self._parameters = list(model.parameters())
        self._optimizer = optimizer
        self._batches = self._endless()

    def _epoch(self) -> Iterator[torch.Tensor]:
        return iter(torch.randperm(self._workload.samples).split(self._workload.batch))

    def _endless(self) -> Iterator[torch.Tensor]:
        while True:
            yield from self._epoch()

    def _step(self, indices: torch.Tensor) -> float:
        inputs = self._inputs.index_select(0, indices)
        if self._scaled:
            inputs = inputs.to(torch.float32).mul_(1.0 / 255.0)
        targets = self._labels.index_select(0, indices)
        outputs = self._model(inputs)
        if self._workload.binary:
            loss = functional.binary_cross_entropy_with_logits(outputs, targets)
        else:
            loss = functional.cross_entropy(outputs, targets)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_value_(self._parameters, LIMIT)
        self._optimizer.step()
        return loss.item()

    def check(self) -> list[float]:
        """The first losses, over batches in the data's own order."""
        in_order = torch.arange(self._workload.samples).split(self._workload.batch)
        return [self._step(in_order[number % len(in_order)]) for number in range(CHECKED)]

    def run(self, steps: int) -> None:
        """Train."""
        if self._workload.kind == "training":
            for indices in islice(self._batches, steps):
                self._step(indices)
            return
        for epoch in range(steps):
            losses = [self._step(indices) for indices in self._epoch()]
            print(f"{epoch}: {sum(losses) / len(losses):.4f}")


class Inference:
    """Predictions for one batch, again and again."""

    def __init__(self, model: torch.nn.Sequential, inputs: torch.Tensor) -> None:
        self._model = model.eval()
        self._inputs = inputs

    def check(self) -> list[float]:
        """The logits of the first sample."""
        with torch.inference_mode():
            return self._model(self._inputs)[0].tolist()

    def run(self, steps: int) -> None:
        """Predict."""
        with torch.inference_mode():
            for _ in range(steps):
                self._model(self._inputs)
