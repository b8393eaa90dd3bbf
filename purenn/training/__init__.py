"""Training: gradients, steps and folds; predictions and measures."""

from __future__ import annotations

from purenn.training.gradient import value_and_grad
from purenn.training.inference import evaluate, predict
from purenn.training.metrics import accuracy, binary_accuracy
from purenn.training.steps import Report, Step, fold, mean_loss, scan, training_step
from purenn.training.summary import summary

__all__ = [
    "Report",
    "Step",
    "accuracy",
    "binary_accuracy",
    "evaluate",
    "fold",
    "mean_loss",
    "predict",
    "scan",
    "summary",
    "training_step",
    "value_and_grad",
]
