from collections.abc import Iterator
from typing import Self

from torch import Tensor
from torch.nn import functional as functional
from torch.nn import utils as utils

class Module:
    def parameters(self, recurse: bool = True) -> Iterator[Tensor]: ...
    def eval(self) -> Self: ...

class Linear(Module):
    weight: Tensor
    bias: Tensor
    def __init__(self, in_features: int, out_features: int) -> None: ...

class ReLU(Module):
    def __init__(self, inplace: bool = False) -> None: ...

class LeakyReLU(Module):
    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None: ...

class Sequential(Module):
    def __init__(self, *args: Module) -> None: ...
    def __call__(self, input: Tensor, /) -> Tensor: ...
