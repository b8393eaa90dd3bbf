"""PyTorch in eager mode, with the nets of the recipes and its fused AdamW."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch

from benchmarks.pytorch import trained
from benchmarks.worker import Run
from benchmarks.workloads import Workload


class Residual(torch.nn.Sequential):
    """Adds its input to what the modules make of it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The sum of both."""
        return x + super().forward(x)


class Flat(torch.nn.Flatten):
    """Images as rows, with the channels of a pixel side by side."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The rows."""
        return super().forward(x.permute(0, 2, 3, 1))


def contender(workload: Workload, mode: str) -> Run:
    """Training."""
    inputs, labels = map(torch.from_numpy, workload.data())
    if workload.kind == "normalized":
        model = _perceptron(workload)
    else:
        model = _strided(workload) if workload.kind == "quick" else _convolutions(workload)
        inputs = inputs.reshape(-1, 1, 28, 28)
        model.to(memory_format=torch.channels_last)  # faster than PyTorch's own order
    _start(model, workload)
    parameters = list(model.parameters())
    matrices = [parameter for parameter in parameters if parameter.ndim > 1]
    vectors = [parameter for parameter in parameters if parameter.ndim == 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}],
        workload.rate,
        fused=True,
    )
    return trained(workload, model, optimizer, inputs, labels)


def _perceptron(workload: Workload) -> torch.nn.Module:
    layers: list[torch.nn.Module] = []
    for inputs, outputs in pairwise(workload.widths):
        between = (torch.nn.BatchNorm1d(outputs), torch.nn.ReLU(), torch.nn.Dropout(0.3))
        layers += [torch.nn.Linear(inputs, outputs), *between]
    return torch.nn.Sequential(*layers[:-3])


def _convolutions(workload: Workload) -> torch.nn.Module:
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


def _strided(workload: Workload) -> torch.nn.Module:
    units = [_unit(*channels, 4, 2) for channels in pairwise((1, *workload.widths[1:-2]))]
    head = (Flat(), torch.nn.Dropout(0.1), torch.nn.Linear(*workload.widths[-2:]))
    return torch.nn.Sequential(*units, *head)


def _unit(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> torch.nn.Module:
    convolution = torch.nn.Conv2d(inputs, outputs, size, stride, padding=1)
    return torch.nn.Sequential(convolution, torch.nn.BatchNorm2d(outputs), torch.nn.ReLU())


def _start(model: torch.nn.Module, workload: Workload) -> None:
    modules = [m for m in model.modules() if isinstance(m, torch.nn.Linear | torch.nn.Conv2d)]
    with torch.no_grad():
        for module, kernel in zip(modules, workload.first_kernels(), strict=True):
            module.weight.copy_(torch.from_numpy(np.moveaxis(kernel, (-1, -2), (0, 1))))
            module.bias.zero_()
