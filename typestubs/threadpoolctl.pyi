from abc import ABCMeta
from collections.abc import Mapping
from types import TracebackType
from typing import Literal, NotRequired, Self, TypedDict, type_check_only

# One native library with a pool of threads. The last is there for BLAS libraries that say so.
@type_check_only
class _ThreadpoolInfo(TypedDict):
    user_api: Literal["blas", "openmp"]
    filepath: str
    num_threads: int
    architecture: NotRequired[str]

def threadpool_info(debugging_info: Literal[False] = False) -> list[_ThreadpoolInfo]: ...

class _ThreadpoolLimiter:
    def __init__(
        self,
        controller: ThreadpoolController,
        *,
        limits: int | Mapping[str, int] | None = None,
        user_api: Literal["blas", "openmp"] | None = None,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        type: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def restore_original_limits(self) -> None: ...

class threadpool_limits(_ThreadpoolLimiter):
    def __init__(
        self,
        limits: int | Mapping[str, int] | None = None,
        user_api: Literal["blas", "openmp"] | None = None,
    ) -> None: ...

class OpenBLASController(metaclass=ABCMeta):
    @classmethod
    def clear_controlling_thread(cls, force: bool = False) -> None: ...  # from 3.8 on

class ThreadpoolController:
    def __init__(self) -> None: ...
    def limit(
        self,
        *,
        limits: int | Mapping[str, int] | None = None,
        user_api: Literal["blas", "openmp"] | None = None,
    ) -> _ThreadpoolLimiter: ...
