"""Who looks on while an estimator is fitted: scikit-learn's callbacks, where it has them."""

from __future__ import annotations

import sys
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
        """The tasks of a fit that nobody follows."""

        def subcontext(self, *arguments, **options):
            """The context of a part of the task."""
            return self

        def call_on_fit_task_begin(self, **options):
            """Tell nobody."""
            return self

        def call_on_fit_task_end(self, **options):
            """Tell nobody, and go on."""
            return False

    class CallbackSupportMixin:
        """What makes contexts."""

        def _init_callback_context(self, **options):
            return CallbackContext()

    def with_callbacks(method):
        """The method as it is."""
        return method


__all__ = ["CallbackContext", "CallbackSupportMixin", "Curves", "Follower", "with_callbacks"]

# Of an epoch: the loss, and on the validation part the loss and the error; NaN without such a part.
Curves = tuple[float, float, float]


class Fitting(Protocol):
    """What is being fitted."""

    def fitted(self, members: list[object]) -> dict[str, object]:
        """The attributes that parameters give it."""


@attrs.define(eq=False)
class Follower:
    """Tells callbacks of the epochs of one net, and prints a line for each if that is wanted.

    Args:
        estimator: what is being fitted.
        context: of the training of this net.
        title: what the printed lines start with; None for no lines.
        X: the data that callbacks see, with `y` and `metadata`.
    """

    estimator: Fitting
    context: CallbackContext
    title: str | None
    X: object
    y: object
    metadata: dict[str, object] | None
    epoch: CallbackContext | None = None
    count: int = 0

    def begin(self) -> None:
        """Tell of the beginning of an epoch."""
        self.count += 1
        self.epoch = self.context.subcontext(task_name="epoch").call_on_fit_task_begin(
            estimator=self.estimator, X=self.X, y=self.y, metadata=self.metadata
        )

    def end(self, curves: Curves, best: object) -> bool:
        """Tell of its end, and whether one of the callbacks wants to stop."""
        if self.title is not None:
            loss, validation_loss, error = curves
            sys.stdout.write(
                f"{self.title} epoch {self.count}: loss {loss:.4g}, validation loss "
                f"{validation_loss:.4g}, validation error {error:.4g}\n"
            )
        return self.epoch is not None and self.epoch.call_on_fit_task_end(
            estimator=self.estimator,
            X=self.X,
            y=self.y,
            metadata=self.metadata,
            reconstruction_attributes=lambda: self.estimator.fitted([best]),
        )
