from collections.abc import Callable
from typing import Self, TypeVar

_Method = TypeVar("_Method")

class CallbackContext:
    task_name: str
    task_id: int
    def subcontext(
        self,
        task_name: str = "",
        task_id: int | None = None,
        max_subtasks: int | None = 0,
        sequential_subtasks: bool = True,
    ) -> CallbackContext: ...
    def call_on_fit_task_begin(
        self,
        *,
        estimator: object,
        X: object = None,
        y: object = None,
        metadata: dict[str, object] | None = None,
        reconstruction_attributes: Callable[[], dict[str, object]] | None = None,
    ) -> Self: ...
    def call_on_fit_task_end(
        self,
        *,
        estimator: object,
        X: object = None,
        y: object = None,
        metadata: dict[str, object] | None = None,
        reconstruction_attributes: Callable[[], dict[str, object]] | None = None,
    ) -> bool: ...

class CallbackSupportMixin:
    def set_callbacks(self, *callbacks: object) -> Self: ...
    def _init_callback_context(
        self,
        task_name: str = "fit",
        task_id: int = 0,
        max_subtasks: int | None = 0,
        sequential_subtasks: bool = True,
    ) -> CallbackContext: ...

def with_callbacks(method: _Method) -> _Method: ...
