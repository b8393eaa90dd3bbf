"""Estimators for scikit-learn: nets for tables, in its pipelines and searches."""

from __future__ import annotations

from purenn.estimators.classifier import Classifier as Classifier
from purenn.estimators.regressor import Regressor as Regressor
