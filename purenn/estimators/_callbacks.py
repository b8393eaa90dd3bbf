"""Who looks on while an estimator is fitted: scikit-learn's callbacks, where it has them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

import attrs

F = TypeVar("F")

if TYPE_CHECKING:
    from sklearn.callback import CallbackContext

    # Of these users know the types without any stubs.
    class CallbackSupportMixin:
        def set_callbacks(self, *callbacks: object) -> Self: ...
        def _init_callback_context(
            self, *, max_subtasks: int, sequential_subtasks: bool
        ) -> CallbackContext: ...

    def with_callbacks(method: F) -> F: ...

elif find_spec("sklearn.callback"):
    from sklearn.callback import CallbackContext, CallbackSupportMixin, with_callbacks
else:  # before scikit-learn 1.9

    class CallbackContext:
        """A task that nobody follows."""

        def subcontext(self, *arguments):
            return self

        def call_on_fit_task_begin(self, **options):
            return self

        def call_on_fit_task_end(self, **options):
            return False

    class CallbackSupportMixin:
        def _init_callback_context(self, **options):
            return CallbackContext()

    def with_callbacks(method):
        return method


__all__ = ["CallbackSupportMixin", "Task", "with_callbacks"]


class Fitting(Protocol):
    """What is being fitted."""

    def fitted(self, members: list[object]) -> dict[str, object]:
        """The attributes that parameters give it."""


@attrs.frozen(eq=False)
class Task:
    """A part of a fit, with what callbacks see of it."""

    context: CallbackContext
    estimator: Fitting
    X: object
    y: object
    metadata: dict[str, object] | None

    def begin(self) -> Self:
        """Tell of the beginning."""
        self.context.call_on_fit_task_begin(
            estimator=self.estimator, X=self.X, y=self.y, metadata=self.metadata
        )
        return self

    def part(self, name: str, number: int | None = None, parts: int = 0) -> Self:
        """A part of this task, which begins."""
        return attrs.evolve(self, context=self.context.subcontext(name, number, parts)).begin()

    def end(self, params: object = None) -> bool:
        """Tell of the end, with the parameters to predict with by now; whether to stop."""
        return self.context.call_on_fit_task_end(
            estimator=self.estimator,
            X=self.X,
            y=self.y,
            metadata=self.metadata,
            reconstruction_attributes=(
                None if params is None else lambda: self.estimator.fitted([params])
            ),
        )
