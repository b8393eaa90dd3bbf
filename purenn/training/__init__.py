"""Training: gradients, steps and folds; predictions and measures."""

from __future__ import annotations

from purenn.training.derivatives import chosen_output as chosen_output
from purenn.training.derivatives import every_output as every_output
from purenn.training.derivatives import hessian_vector_product as hessian_vector_product
from purenn.training.derivatives import input_gradient as input_gradient
from purenn.training.derivatives import jacobian as jacobian
from purenn.training.gradient import value_and_grad as value_and_grad
from purenn.training.inference import evaluate as evaluate
from purenn.training.inference import predict as predict
from purenn.training.metrics import Measure as Measure
from purenn.training.metrics import accuracy as accuracy
from purenn.training.metrics import binary_accuracy as binary_accuracy
from purenn.training.metrics import measure_ignoring as measure_ignoring
from purenn.training.steps import Report as Report
from purenn.training.steps import Step as Step
from purenn.training.steps import fold as fold
from purenn.training.steps import mean_loss as mean_loss
from purenn.training.steps import scan as scan
from purenn.training.steps import sharpness_aware_step as sharpness_aware_step
from purenn.training.steps import training_step as training_step
from purenn.training.summary import summary as summary
