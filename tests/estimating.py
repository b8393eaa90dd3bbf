"""Two tables of scikit-learn, and small estimators that are trained on them for a short time."""

from __future__ import annotations

from contracts import bits
from sklearn.datasets import load_diabetes, load_wine

from purenn.estimators import Classifier, Regressor

X, LABELS = load_wine(return_X_y=True)
NUMBERS, VALUES = load_diabetes(return_X_y=True)
SMALL: dict[str, object] = {"model": (8,), "epochs": 8, "random_state": 0}


def classifier(**options: object) -> Classifier:
    """A small net, of wines unless a test says otherwise."""
    return Classifier().set_params(**{**SMALL, **options})


def regressor(**options: object) -> Regressor:
    """A small net, of patients unless a test says otherwise."""
    return Regressor().set_params(**{**SMALL, **options})


def same(first: Classifier | Regressor, second: Classifier | Regressor) -> bool:
    """Whether two fits have the same bits."""
    return bits(tuple(first.params_)) == bits(tuple(second.params_))
