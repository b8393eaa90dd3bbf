from collections.abc import Iterable

from torch import Tensor

class Optimizer:
    def zero_grad(self, set_to_none: bool = True) -> None: ...
    def step(self) -> None: ...

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
