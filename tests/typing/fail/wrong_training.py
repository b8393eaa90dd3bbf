"""Mistakes with losses, optimizers, states, data and steps."""

from __future__ import annotations

import numpy as np

import purenn as nn
from purenn import initializers, losses
from purenn.arrays import Images, Labels, Matrix
from purenn.data import Batch, Dataset

KEY = nn.Key(0)
model = nn.linear(3) >> nn.relu() >> nn.linear(1)
pictures = nn.flatten() >> nn.linear(1)
x: Matrix = np.zeros((2, 2), np.float32)
y: Matrix = np.zeros((2, 1), np.float32)
images: Images = np.zeros((2, 4, 4, 1), np.float32)
labels: Labels = np.zeros(2, np.int64)
params = model.init(KEY, x)
other = (nn.linear(3) >> nn.linear(1)).init(KEY, x)
squared: nn.Loss[Matrix, Matrix] = nn.mean_squared_error()
optimizer = nn.descend(nn.clip_by_global_norm(1.0) >> nn.momentum(0.9), rate=0.1)
state = optimizer.init(params)

# Losses.
squared(x, labels)  # [arg-type] Argument 2
nn.softmax_cross_entropy("sum")  # [call-arg] Too many arguments for "softmax_cross_entropy"
losses.weighted(squared)(x, x)  # [arg-type] Argument 2
losses.summed(nn.accuracy)  # [arg-type] Argument 1
embedded: nn.Loss[Matrix, Labels] = squared  # [assignment] Incompatible types
gradient = nn.value_and_grad(model, squared)
gradient(params, x, labels, KEY)  # [arg-type] Argument 3
gradient(other, x, y, KEY)  # [arg-type] "tuple[Linear, Linear]"; expected
gradient(params, images, y, KEY)  # [arg-type] Argument 2

# Optimizers, transforms and schedules.
nn.adam(0.1) >> nn.momentum(0.9)  # [operator] Unsupported operand types for >>
nn.momentum(0.9) >> nn.adam(0.1)  # [operator] Unsupported operand types for >>
nn.descend(nn.adam(0.1), 0.1)  # [arg-type] "Optimizer[Moments]"; expected "Transform[Never]"
nn.descend(nn.momentum(0.9))  # [call-arg] Missing positional argument "rate" in call to "descend"
nn.sgd(initializers.constant(0.1))  # [arg-type] "Initializer"; expected "float | Schedule"
optimizer.update(state, other)  # [misc] Cannot infer value of type parameter "P" of "update"
optimizer.update(params, params)  # [arg-type] "tuple[Linear, Empty, Linear]"; expected
nn.sgd(0.1).update(state, params)  # [arg-type] Argument 1
state.slots[2]  # [misc] Tuple index out of range
state.params[1].weight  # [attr-defined] "Empty" has no attribute "weight"
state.step = 0  # [misc] Property "step" defined in "State" is read-only

# Data and batches.
data = nn.dataset(x, labels)
labelled = nn.shuffled_batches(data, 32, KEY, 0)
nn.dataset(x, [0, 1])  # [call-overload] No overload variant of "dataset" matches argument types
Dataset(x, labels)  # [arg-type] Argument 1  # [arg-type] Argument 2
nn.shuffled_batches(data, 32, KEY)  # [call-arg] Missing positional argument "epoch"
nn.shuffled_batches((x, labels), 32, KEY, 0)  # [arg-type] Argument 1
nn.shuffled_batches(data, 32, 0, 0)  # [arg-type] "int"; expected "Key"
batch: Batch[Matrix, Matrix] = labelled[0]  # [assignment] Incompatible types

# Steps of one model, loss and data set with another's.
step = nn.training_step(model, squared, optimizer)
batches = nn.shuffled_batches(nn.dataset(x, y), 32, KEY, 0)
nn.fold(step, state, labelled)  # [arg-type] Argument 1
nn.fold(step, state, nn.shuffled_batches(nn.dataset(images, y), 32, KEY, 0))  # [arg-type] Argument
nn.fold(step, params, batches)  # [arg-type] Argument 1
nn.fold(step, nn.sgd(0.1).init(params), batches)  # [arg-type] Argument 1
nn.fold(step, state, nn.dataset(x, y))  # [arg-type] Argument 3
other_step = nn.training_step(pictures, squared, optimizer)
other_step(state, batches[0])  # [arg-type] Argument 1  # [arg-type] Argument 2
nn.training_step(model, nn.accuracy, optimizer)  # [arg-type] Argument 2
nn.training_step(model, squared, nn.momentum(0.9))  # [arg-type] "Transform[Velocity]"; expected

# Predictions and measures.
nn.predict(pictures, pictures.init(KEY, images), data)  # [arg-type] Argument 3
nn.predict(model, other, data)  # [misc] Cannot infer value of type parameter "P" of "predict"
nn.evaluate(model, params, data, squared)  # [arg-type] Argument 4
nn.evaluate(model, params, data, nn.binary_accuracy)  # [arg-type] Argument 4
