"""scikit-learn's bases and callbacks, with types that users have without any stubs."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Self, TypeVar

import attrs

if TYPE_CHECKING:
    from sklearn.callback import CallbackContext
    from sklearn.utils import Tags

    F = TypeVar("F")

    class BaseEstimator:
        def get_params(self, deep: object = ...) -> dict[str, object]: ...
        def set_params(self, **params: object) -> Self: ...
        def get_metadata_routing(self) -> object: ...
        def set_fit_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...
        def set_partial_fit_request(self, **requests: bool | str | None) -> Self: ...
        def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...
        def __sklearn_tags__(self) -> Tags: ...
        def __getstate__(self) -> dict[str, object]: ...
        def __setstate__(self, state: dict[str, object]) -> None: ...

    class ClassifierMixin:
        def score(self, X: object, y: object, sample_weight: object = None) -> float: ...

    class RegressorMixin:
        def score(self, X: object, y: object, sample_weight: object = None) -> float: ...

    class CallbackSupportMixin:
        def set_callbacks(self, *callbacks: object) -> Self: ...
        def _init_callback_context(
            self, *, max_subtasks: int, sequential_subtasks: bool
        ) -> CallbackContext: ...

    def with_callbacks(method: F) -> F: ...

else:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

    if find_spec("sklearn.callback"):
        from sklearn.callback import CallbackSupportMixin, with_callbacks
    else:  # before scikit-learn 1.9 nobody follows

        class CallbackContext:
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


__all__ = ["BaseEstimator", "CallbackSupportMixin", "ClassifierMixin", "RegressorMixin"]
__all__ += ["Stage", "with_callbacks"]


@attrs.frozen(eq=False)
class Stage:
    """A part of a fit, and what callbacks are told of it.

    `fitted` gives the attributes that the estimator would have with these parameters.
    """

    context: CallbackContext
    estimator: object
    fitted: Callable[[list[object]], dict[str, object]]
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
        """A part of this one, which begins."""
        return attrs.evolve(self, context=self.context.subcontext(name, number, parts)).begin()

    def end(self, params: object = None) -> bool:
        """Tell of the end, and of parameters that could predict by now; whether to stop."""
        return self.context.call_on_fit_task_end(
            estimator=self.estimator,
            X=self.X,
            y=self.y,
            metadata=self.metadata,
            reconstruction_attributes=None if params is None else lambda: self.fitted([params]),
        )
