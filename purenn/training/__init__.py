"""Training: gradients, steps and folds; predictions and measures."""

from purenn.training.derivatives import (
    chosen_output,
    every_output,
    hessian_vector_product,
    input_gradient,
    jacobian,
)
from purenn.training.gradient import value_and_grad
from purenn.training.inference import evaluate, predict
from purenn.training.metrics import Measure, accuracy, binary_accuracy, measure_ignoring
from purenn.training.steps import (
    Report,
    Step,
    fold,
    mean_loss,
    scan,
    sharpness_aware_step,
    training_step,
)
from purenn.training.summary import summary

__all__ = ["Measure", "Report", "Step", "accuracy", "binary_accuracy", "chosen_output", "evaluate"]
__all__ += ["every_output", "fold", "hessian_vector_product", "input_gradient", "jacobian"]
__all__ += ["mean_loss", "measure_ignoring", "predict", "scan", "sharpness_aware_step", "summary"]
__all__ += ["training_step", "value_and_grad"]
