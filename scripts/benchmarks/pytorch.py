"""PyTorch in eager mode, with its fused or its foreach optimizers."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import torch
from torch.nn import functional

from benchmarks.contenders import NETS
from benchmarks.worker import Run
from benchmarks.workloads import Workload


class Residual(torch.nn.Sequential):
    """Adds its input to what the modules make of it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The sum of both."""
        return x + super().forward(x)


def contender(workload: Workload, mode: str) -> Run:
    """Inference, or training in which an update is one compiled pass or one call for all arrays."""
    model = _model(workload)
    modules = [m for m in model.modules() if isinstance(m, torch.nn.Linear | torch.nn.Conv2d)]
    with torch.no_grad():
        for module, weight in zip(modules, workload.first_weights(), strict=True):
            module.weight.copy_(torch.from_numpy(np.moveaxis(weight, (-1, -2), (0, 1))))
            module.bias.zero_()
    if workload.kind == "inference":
        return _inference(workload, model)
    return _training(workload, model, mode)


def _model(workload: Workload) -> torch.nn.Module:
    if workload.kind == "cnn-small":
        units = [_unit(*channels) for channels in pairwise((1, *workload.widths[1:-1]))]
        return torch.nn.Sequential(
            units[0],
            torch.nn.MaxPool2d(2),
            units[1],
            Residual(units[2]),
            torch.nn.MaxPool2d(2),
            units[3],
            Residual(units[4]),
            torch.nn.AdaptiveAvgPool2d(1),
            torch.nn.Flatten(),
            torch.nn.Linear(*workload.widths[-2:]),
        )
    layers: list[torch.nn.Module] = []
    *hidden, last = pairwise(workload.widths)
    for inputs, outputs in hidden:
        layers.append(torch.nn.Linear(inputs, outputs))
        if workload.kind == "normalized":
            layers += [torch.nn.BatchNorm1d(outputs), torch.nn.ReLU(), torch.nn.Dropout(0.3)]
        else:
            slope = workload.slope
            layers.append(torch.nn.LeakyReLU(slope) if slope else torch.nn.ReLU())
    return torch.nn.Sequential(*layers, torch.nn.Linear(*last))


def _unit(inputs: int, outputs: int) -> torch.nn.Module:
    convolution = torch.nn.Conv2d(inputs, outputs, 3, padding=1)
    return torch.nn.Sequential(convolution, torch.nn.BatchNorm2d(outputs), torch.nn.ReLU())


def _training(workload: Workload, model: torch.nn.Module, mode: str) -> Run:
    """Training, with each loss read."""
    parameters, entropy = list(model.parameters()), functional.cross_entropy
    optimizer = _optimizer(workload, parameters, mode)
    inputs, labels = map(torch.from_numpy, workload.data())
    if workload.kind == "cnn-small":
        inputs = inputs.reshape(-1, 1, 28, 28)
        model.to(memory_format=torch.channels_last)  # faster than PyTorch's own order
    if workload.binary:
        labels = labels.to(torch.float32).unsqueeze(1)
        entropy = functional.binary_cross_entropy_with_logits
    batches = map(torch.from_numpy, workload.indices())

    def step(indices: torch.Tensor) -> float:
        rows = inputs.index_select(0, indices)
        if rows.dtype == torch.uint8:
            rows = rows.to(torch.float32).mul_(1.0 / 255.0)
        loss = entropy(model(rows), labels.index_select(0, indices))
        optimizer.zero_grad()
        loss.backward()
        if workload.clipped:
            torch.nn.utils.clip_grad_value_(parameters, workload.limit)
        optimizer.step()
        return loss.item()

    return lambda steps: [step(indices) for indices in islice(batches, steps)]


def _optimizer(
    workload: Workload, parameters: list[torch.Tensor], mode: str
) -> torch.optim.Optimizer:
    fused, foreach, rate = mode == "fused", mode == "foreach", workload.rate
    if workload.kind in NETS:
        matrices = [parameter for parameter in parameters if parameter.ndim > 1]
        vectors = [parameter for parameter in parameters if parameter.ndim == 1]
        return torch.optim.AdamW(
            [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}],
            rate,
            fused=fused,
        )
    if workload.kind == "adam":
        return torch.optim.Adam(parameters, rate, fused=fused, foreach=foreach)
    return torch.optim.SGD(parameters, rate, workload.decay, fused=fused, foreach=foreach)


def _inference(workload: Workload, model: torch.nn.Module) -> Run:
    inputs = torch.from_numpy(workload.noise()[0])
    model.eval()

    def run(steps: int) -> list[float]:
        with torch.inference_mode():
            for _ in range(1, steps):
                model(inputs)
            return model(inputs)[0].tolist()

    return run
