"""The bases of estimators: scikit-learn's, with types that users have without any stubs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from sklearn.utils import Tags

    class BaseEstimator:
        def get_params(self, deep: object = ...) -> dict[str, object]: ...
        def set_params(self, **params: object) -> Self: ...
        def get_metadata_routing(self) -> object: ...
        def __sklearn_tags__(self) -> Tags: ...

    class ClassifierMixin:
        def score(self, X: object, y: object, sample_weight: object = None) -> float: ...

    class RegressorMixin:
        def score(self, X: object, y: object, sample_weight: object = None) -> float: ...

else:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

__all__ = ["BaseEstimator", "ClassifierMixin", "RegressorMixin"]
