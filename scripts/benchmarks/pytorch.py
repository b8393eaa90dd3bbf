"""PyTorch in eager mode, with its fused or its foreach optimizers."""

from __future__ import annotations

from itertools import islice

import torch
from torch.nn import functional

from benchmarks.worker import Run
from benchmarks.workloads import Workload


def contender(workload: Workload, mode: str) -> Run:
    """Inference, or training in which SGD is one compiled pass or one call for all parameters."""
    return _inference(workload) if workload.kind == "inference" else _training(workload, mode)


def _model(workload: Workload) -> torch.nn.Sequential:
    layers: list[torch.nn.Module] = []
    for weight, bias in workload.first_weights():
        linear = torch.nn.Linear(*weight.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight.T))
            linear.bias.copy_(torch.from_numpy(bias))
        between = torch.nn.LeakyReLU(workload.slope) if workload.slope else torch.nn.ReLU()
        layers += [linear, between]
    return torch.nn.Sequential(*layers[:-1])


def _training(workload: Workload, mode: str) -> Run:
    model = _model(workload)
    parameters = list(model.parameters())
    modes = {"fused": mode == "fused", "foreach": mode == "foreach"}
    optimizer = (
        torch.optim.Adam(parameters, workload.rate, **modes)
        if workload.kind == "adam"
        else torch.optim.SGD(parameters, workload.rate, workload.decay, **modes)
    )
    inputs, labels = map(torch.from_numpy, workload.data())
    return trained(workload, model, optimizer, inputs, labels)


def trained(
    workload: Workload,
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    inputs: torch.Tensor,
    labels: torch.Tensor,
) -> Run:
    """Training of any model, with each loss read."""
    parameters, entropy = list(model.parameters()), functional.cross_entropy
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


def _inference(workload: Workload) -> Run:
    model, inputs = _model(workload).eval(), torch.from_numpy(workload.noise()[0])

    def run(steps: int) -> list[float]:
        with torch.inference_mode():
            for _ in range(1, steps):
                model(inputs)
            return model(inputs)[0].tolist()

    return run
