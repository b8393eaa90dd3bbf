"""purenn's layers, and each as PyTorch has it, on shapes that small nets have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
import torch
from torch import nn as peers

import purenn as nn
from benchmarks.pytorch import Residual
from benchmarks.report import Case
from benchmarks.workloads import SEED
from purenn import layers
from purenn.arrays import AnyArray, Array, Images, Labels
from purenn.kernels.processor import cores

P = TypeVar("P")
X = TypeVar("X", bound=AnyArray)
Y = TypeVar("Y", bound=Array)


class Scale(peers.Module):
    """A factor for each feature."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = peers.Parameter(torch.ones(features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The product."""
        return x * self.weight


class Noise(peers.Module):
    """Gaussian noise of deviation 0.1."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The sum."""
        return x + torch.randn_like(x).mul_(0.1)


class Branches(peers.Module):
    """Two modules with the same input, whose outputs are concatenated."""

    def __init__(self, first: peers.Module, second: peers.Module) -> None:
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The outputs side by side."""
        return torch.cat((self.first(x), self.second(x)), 1)


def cases() -> Iterator[Case]:
    """All layers, one after the other."""
    torch.set_num_threads(cores())
    draw = np.random.default_rng(SEED)
    gray: Images = draw.standard_normal((128, 28, 28, 1), np.float32)
    images: Images = draw.standard_normal((128, 14, 14, 32), np.float32)
    rows: nn.Matrix = draw.standard_normal((128, 784), np.float32)
    hidden: nn.Matrix = draw.standard_normal((128, 256), np.float32)
    symbols: Labels = draw.integers(0, 1000, 2048)
    filters = peers.Conv2d
    averages = peers.Sequential(peers.AdaptiveAvgPool2d(1), peers.Flatten())
    yield _of_images(layers.conv(16, 3), gray, filters(1, 16, 3, padding=1))
    yield _of_images(layers.conv(32, 3), images, filters(32, 32, 3, padding=1))
    yield _of_images(layers.conv(32, 4, stride=2), images, filters(32, 32, 4, 2, padding=1))
    by_channel = filters(32, 32, 3, padding=1, groups=32)
    yield _of_images(layers.conv(32, 3, groups=32), images, by_channel)
    yield _of_images(layers.max_pool(2), images, peers.MaxPool2d(2))
    yield _of_images(layers.average_pool(2), images, peers.AvgPool2d(2))
    yield _of_images(layers.global_average_pool(), images, averages)
    yield _of_images(layers.pad(1), images, peers.ZeroPad2d(1))
    yield _of_images(nn.batch_norm(), images, peers.BatchNorm2d(32))
    yield _of_images(layers.group_norm(4), images, peers.GroupNorm(4, 32))
    yield _of_images(layers.spatial_dropout(0.3), images, peers.Dropout2d(0.3))
    yield _of_images(nn.relu(), images, peers.ReLU())
    yield _of_images(nn.residual(nn.relu()), images, Residual(peers.ReLU()))
    yield _case(nn.batch_norm(), rows, peers.BatchNorm1d(784))
    yield _case(layers.layer_norm(), rows, peers.LayerNorm(784))
    yield _case(layers.rms_norm(), rows, peers.RMSNorm(784))
    yield _case(layers.group_norm(4), rows, peers.GroupNorm(4, 784))
    yield _case(layers.scale(), rows, Scale(784))
    yield _case(nn.dropout(0.3), rows, peers.Dropout(0.3))
    yield _case(layers.alpha_dropout(0.1), rows, peers.AlphaDropout(0.1))
    yield _case(layers.noise(0.1), rows, Noise())
    for layer, module in (
        (nn.relu(), peers.ReLU()),
        (nn.leaky_relu(), peers.LeakyReLU()),
        (nn.tanh(), peers.Tanh()),
        (layers.sigmoid(), peers.Sigmoid()),
        (layers.elu(), peers.ELU()),
        (layers.selu(), peers.SELU()),
        (layers.gelu(), peers.GELU()),
        (layers.gelu_tanh(), peers.GELU("tanh")),
        (layers.silu(), peers.SiLU()),
        (layers.mish(), peers.Mish()),
        (layers.softplus(), peers.Softplus()),
        (layers.softsign(), peers.Softsign()),
        (layers.hard_tanh(), peers.Hardtanh()),
    ):
        yield _case(layer, rows, module)
    yield _case(layers.prelu(), rows, peers.PReLU(784))
    yield _case(layers.linear_without_bias(256), hidden, peers.Linear(256, 256, bias=False))
    yield _case(layers.ntk_linear(256), hidden, peers.Linear(256, 256))
    yield _case(nn.residual(nn.linear(256)), hidden, Residual(peers.Linear(256, 256)))
    one, other = peers.Linear(256, 256), peers.Linear(256, 256)
    two = layers.branches(nn.linear(256), nn.linear(256)) >> layers.concatenate()
    yield _case(two, hidden, Branches(one, other))
    yield _case(layers.stack(nn.linear(256), nn.linear(256)), hidden, peers.Sequential(one, other))
    yield _case(layers.repeated(nn.linear(256), 2), hidden, peers.Sequential(one, one))
    held = peers.Linear(256, 256).requires_grad_(requires_grad=False)
    yield _case(layers.frozen(nn.linear(256)), hidden, held)
    yield _case(layers.embedding(1000, 32), symbols, peers.Embedding(1000, 32))


def _of_images(layer: nn.Layer[P, Images, Y], x: Images, module: peers.Module) -> Case:
    """The case of a layer that takes any rank, or images alone."""
    return _case(layer, x, module)


def _case(layer: nn.Layer[P, X, Y], x: X, module: peers.Module) -> Case:
    """Forward and backward with the output as its own cotangent."""
    key = nn.Key(SEED)
    params = layer.init(key, x)
    dy, _ = layer.vjp(params, x, key)

    def own() -> None:
        _, pull = layer.vjp(params, x, key)
        _, dx = pull(dy)
        dx()

    tensor = torch.from_numpy(np.moveaxis(x, -1, 1) if x.ndim == 4 else x)
    orders = [tensor, tensor.contiguous()] if x.ndim == 4 else [tensor]
    return Case(repr(layer), x.shape, own, tuple([_other(module, each) for each in orders]))


def _other(module: peers.Module, x: torch.Tensor) -> Callable[[], object]:
    sources = [each for each in module.parameters() if each.requires_grad]
    if x.is_floating_point():
        sources.append(x.detach().requires_grad_())
        x = sources[-1]
    dy = module(x).detach()
    return lambda: torch.autograd.grad(module(x), sources, dy)
