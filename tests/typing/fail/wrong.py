"""Mistakes with models, parameters, losses, optimizers, states, data and steps."""

from __future__ import annotations

import numpy as np

import purenn as nn
from purenn import initializers, losses, optimizers
from purenn.arrays import Images, Labels, Matrix, Vector
from purenn.data import Batch, Dataset
from purenn.layers import beside, block, branches, embedding, stack
from purenn.tree import to_dtype

KEY = nn.Key(0)
of_images: nn.Layer[nn.Empty, Images, Images] = nn.relu()
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
int32: np.dtype[np.int32] = np.dtype(np.int32)

# Chains of what does not fit.
nn.linear(3) >> of_images  # [operator] Unsupported operand types for >>
nn.linear(3) >> nn.relu  # [operator] No overload variant of "__rshift__"
branches(nn.linear(3), nn.tanh()) >> nn.linear(2)  # [operator] Unsupported operand types for >>
branches(nn.linear(3), nn.tanh()) >> nn.relu()  # [operator] Unsupported operand types for >>
nn.linear(3) >> nn.relu() >> nn.layers.conv(8, 3)  # [operator] Unsupported operand types for >>
nn.residual(embedding(3, 2))  # [misc] Cannot infer value of type parameter "A" of "residual"
stack(nn.linear(2), nn.relu())  # [misc] Cannot infer value of type parameter "P" of "stack"
wrong: nn.Layer[nn.Linear, Images, Matrix] = nn.linear(3)  # [assignment] Incompatible types

# Parameters that are not there, or cannot be changed.
params[3]  # [misc] Tuple index out of range
params[1].weight  # [attr-defined] "Empty" has no attribute "weight"
block(model).init(KEY, x)[0]  # [index] Value of type "Block[tuple[Linear, Empty, Linear]]"
nn.batch_norm().init(KEY, x).mean.mean()  # [attr-defined] "Frozen[
params[0] = params[2]  # [index] Unsupported target for indexed assignment
params[0].weight = x  # [misc] Property "weight" defined in "Linear" is read-only

# Parameters, inputs and keys of another model.
model.apply(params[:2], x)  # [arg-type] "tuple[Linear, Empty]"; expected
model.apply(params, images)  # [arg-type] Argument 2
model.vjp(params, x, 0)  # [arg-type] "int"; expected "Key"
nn.summary(params, x)  # [arg-type] Argument 1
beside(model, model).init(KEY, x)  # [arg-type] Argument 2

# Pullbacks take cotangents of the output, and give gradients and a thunk.
out, pull = nn.flatten().vjp(nn.Empty(), images, KEY)
pull(images)  # [arg-type] Argument 1
none, thunk = pull(x)
flat: Matrix = thunk()  # [assignment] Incompatible types
not_called: Images = thunk  # [assignment] Incompatible types

# Ranks, dtypes and options.
bias: Vector = params[0].weight  # [assignment] Incompatible types
nn.linear(2.5)  # [arg-type] "float"; expected "int"
nn.linear(3, weight=0.1)  # [arg-type] "float"; expected "Initializer | None"
nn.linear(3, 4)  # [call-arg] Too many positional arguments  # [arg-type] Argument 2
to_dtype(params, int32)  # [arg-type] "dtype[signedinteger[_32Bit]]"; expected

# Losses.
squared(x, labels)  # [arg-type] Argument 2
nn.softmax_cross_entropy("sum")  # [arg-type] "str"; expected "float"
losses.weighted(squared)(x, x)  # [arg-type] Argument 2
losses.summed(nn.accuracy)  # [arg-type] Argument 1
embedded: nn.Loss[Matrix, Labels] = squared  # [assignment] Incompatible types
gradient = nn.value_and_grad(model, squared)
gradient(params, x, labels, KEY)  # [arg-type] Argument 3
gradient(other, x, y, KEY)  # [arg-type] "tuple[Linear, Linear]"; expected
gradient(params, images, y, KEY)  # [arg-type] Argument 2
losses.huber()(x, labels)  # [arg-type] Argument 2
losses.class_weighted(losses.multiclass_hinge(), [1.0])(x, x)  # [arg-type] Argument 2

# Augmentation.
flat_batches = nn.shuffled_batches(nn.dataset(x, labels), 2, KEY, 0)
nn.data.augmented(flat_batches, nn.data.random_flip())  # [misc] Cannot infer value
nn.data.augmented(flat_batches, nn.data.mixup(0.2, 2))  # [call-overload] No overload variant

# Optimizers, transforms and schedules.
nn.adam(0.1) >> nn.momentum(0.9)  # [operator] Unsupported operand types for >>
nn.descend(nn.adam(0.1), 0.1)  # [arg-type] "Optimizer[Moments]"; expected "Transform[Never]"
nn.weight_decay(0.1, nn.accuracy)  # [arg-type] Argument 2
optimizers.scaled(0.1)  # [arg-type] "float"; expected "Callable[[str], float]"
optimizers.averaged(nn.momentum(0.9))  # [arg-type] Argument 1
nn.sgd(initializers.constant(0.1))  # [arg-type] "Initializer"; expected "float | Schedule"
optimizer.update(state, other)  # [misc] Cannot infer value of type parameter "P" of "update"
optimizer.update(params, params)  # [arg-type] "tuple[Linear, Empty, Linear]"; expected
nn.sgd(0.1).update(state, params)  # [arg-type] Argument 1
state.step = 0  # [misc] Property "step" defined in "State" is read-only

# Data and batches.
data = nn.dataset(x, labels)
labelled = nn.shuffled_batches(data, 32, KEY, 0)
nn.dataset(x, [0, 1])  # [call-overload] No overload variant of "dataset" matches argument types
Dataset(x, labels)  # [arg-type] Argument 1  # [arg-type] Argument 2
nn.shuffled_batches(data, 32, KEY)  # [call-arg] Missing positional argument "epoch"
nn.shuffled_batches((x, labels), 32, KEY, 0)  # [arg-type] Argument 1
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
