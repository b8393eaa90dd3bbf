"""Estimators for scikit-learn: nets for tables, in its pipelines and searches."""

import importlib.util

if importlib.util.find_spec("sklearn") is None:
    raise ModuleNotFoundError(
        "purenn.estimators needs scikit-learn: in a clone of purenn, pip install '.[sklearn]'."
    )

from purenn.estimators.classifier import Classifier
from purenn.estimators.regressor import Regressor

__all__ = ["Classifier", "Regressor"]
