"""PyTorch in eager mode, with the nets of the recipes and its fused AdamW."""

from __future__ import annotations

from itertools import chain, count, islice, pairwise

import torch
from torch.nn import functional

from benchmarks.worker import Run
from benchmarks.workloads import Workload


class Residual(torch.nn.Module):
    """The input, and what is made of it."""

    def __init__(self, inner: torch.nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The sum of both."""
        return x + self.inner(x)


def contender(workload: Workload, mode: str) -> Run:
    """Training."""
    inputs, labels = map(torch.from_numpy, workload.noise())
    if workload.kind == "cnn-small":
        inputs, model = inputs.reshape(-1, 1, 28, 28), _convolutions(workload)
    else:
        model = _perceptron(workload)
    optimizer = torch.optim.AdamW(model.parameters(), workload.rate, fused=True)
    orders = map(torch.from_numpy, map(workload.order, count()))
    batches = chain.from_iterable(order.split(workload.batch) for order in orders)

    def step(indices: torch.Tensor) -> float:
        rows, targets = inputs.index_select(0, indices), labels.index_select(0, indices)
        loss = functional.cross_entropy(model(rows), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return lambda steps: [step(indices) for indices in islice(batches, steps)]


def _perceptron(workload: Workload) -> torch.nn.Module:
    layers: list[torch.nn.Module] = []
    for inputs, outputs in pairwise(workload.widths):
        between = (torch.nn.BatchNorm1d(outputs), torch.nn.ReLU(), torch.nn.Dropout(0.3))
        layers += [torch.nn.Linear(inputs, outputs), *between]
    model = torch.nn.Sequential(*layers[:-3])
    weights = [torch.from_numpy(weight.T) for weight, _ in workload.first_weights()]
    return _starting(model, weights)


def _convolutions(workload: Workload) -> torch.nn.Module:
    channels = (1, *workload.widths[1:-1])
    first, *units = [_unit(*pair) for pair in pairwise(channels)]
    model = torch.nn.Sequential(
        first,
        torch.nn.MaxPool2d(2),
        units[0],
        Residual(units[1]),
        torch.nn.MaxPool2d(2),
        units[2],
        Residual(units[3]),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(*workload.widths[-2:]),
    )
    filters = [torch.from_numpy(w.transpose(3, 2, 0, 1)) for w in workload.first_filters()]
    return _starting(model, [*filters, torch.from_numpy(workload.last_weight().T)])


def _unit(inputs: int, outputs: int) -> torch.nn.Module:
    convolution = torch.nn.Conv2d(inputs, outputs, 3, padding=1)
    return torch.nn.Sequential(convolution, torch.nn.BatchNorm2d(outputs), torch.nn.ReLU())


def _starting(model: torch.nn.Module, weights: list[torch.Tensor]) -> torch.nn.Module:
    first = iter(weights)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.copy_(next(first))
            elif name.endswith("bias"):
                parameter.zero_()
    return model
