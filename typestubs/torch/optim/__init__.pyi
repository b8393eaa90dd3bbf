from collections.abc import Iterable

from torch import Tensor

class Adam:
    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        *,
        foreach: bool | None = None,
        fused: bool | None = None,
    ) -> None: ...
    def zero_grad(self) -> None: ...
    def step(self) -> None: ...

class SGD:
    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        momentum: float = 0,
        *,
        foreach: bool | None = None,
        fused: bool | None = None,
    ) -> None: ...
    def zero_grad(self) -> None: ...
    def step(self) -> None: ...
