from collections.abc import Iterable

from torch import Tensor

def clip_grad_value_(parameters: Iterable[Tensor], clip_value: float) -> None: ...
