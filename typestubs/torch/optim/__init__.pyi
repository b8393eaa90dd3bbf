from collections.abc import Iterable
from typing import TypedDict

from torch import Tensor

class _Group(TypedDict):
    params: list[Tensor]
    weight_decay: float

class Optimizer:
    def zero_grad(self) -> None: ...
    def step(self) -> None: ...

class Adam(Optimizer):
    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        *,
        foreach: bool | None = None,
        fused: bool | None = None,
    ) -> None: ...

class AdamW(Optimizer):
    def __init__(
        self, params: Iterable[_Group], lr: float = 1e-3, *, fused: bool | None = None
    ) -> None: ...

class SGD(Optimizer):
    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        momentum: float = 0,
        *,
        foreach: bool | None = None,
        fused: bool | None = None,
    ) -> None: ...
