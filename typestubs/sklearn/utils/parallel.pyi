from collections.abc import Callable, Iterable
from typing import Generic, Literal, ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

# What `delayed` makes of a call; in truth a tuple, of which only Parallel knows what it holds.
class _Task(Generic[_R]): ...

def delayed(function: Callable[_P, _R]) -> Callable[_P, _Task[_R]]: ...

class Parallel:
    def __init__(
        self,
        n_jobs: int | None = ...,
        backend: str | None = ...,
        return_as: Literal["list"] = "list",
        verbose: int = ...,
        timeout: float | None = None,
        pre_dispatch: int | str = "2 * n_jobs",
        batch_size: int | str = "auto",
        temp_folder: str | None = ...,
        max_nbytes: int | str | None = ...,
        mmap_mode: str | None = ...,
        prefer: Literal["processes", "threads"] | None = ...,
        require: Literal["sharedmem"] | None = ...,
        **backend_kwargs: object,
    ) -> None: ...
    def __call__(self, iterable: Iterable[_Task[_R]]) -> list[_R]: ...
