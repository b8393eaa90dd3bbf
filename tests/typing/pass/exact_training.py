"""The types of losses, optimizers, data and steps are exact, from end to end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_type

import numpy as np

import purenn as nn
from purenn.arrays import Images, Indices, Labels, Leaves, Matrix

KEY = nn.Key(0)

Params = tuple[nn.Linear, nn.Empty, nn.Linear]
Slots = tuple[nn.Norm, nn.Velocity, nn.Empty]
State = nn.OptimizerState[Params, Slots]

model = nn.linear(128) >> nn.relu() >> nn.linear(10)
params, _ = model.init(KEY, (784,))
x: Matrix = np.zeros((2, 784), np.float32)
rows: Matrix = np.zeros((2, 10), np.float32)
labels: Labels = np.zeros(2, np.uint8)

# Losses: classifiers take rows or labels, a squared error takes rows alone.
cross_entropy = nn.softmax_cross_entropy()
assert_type(cross_entropy, nn.Loss[Matrix, Matrix | Labels])
assert_type(nn.mean_squared_error(), nn.Loss[Matrix, Matrix])
assert_type(cross_entropy(rows, labels), tuple[float, Matrix])
by_labels: nn.Loss[Matrix, Labels] = cross_entropy
by_rows: nn.Loss[Matrix, Matrix] = cross_entropy
both = nn.reporting(nn.brier(), descent=nn.cross_entropy())
assert_type(both, nn.Loss[Matrix, Matrix | Labels])

# A function of one's own is a loss too, with whatever target it takes.


def weighted(prediction: Matrix, target: tuple[Labels, float]) -> tuple[float, Matrix]:
    value, cotangent = cross_entropy(prediction, target[0])
    return target[1] * value, cotangent


value, grads = nn.value_and_grad(model, weighted)(params, x, (labels, 0.5), KEY)
assert_type(value, float)
assert_type(grads, Params)

# Transforms chain to the exact tuple of their states.
transform = nn.clip_by_global_norm(1.0) >> nn.momentum(0.9) >> nn.learning_rate(0.1)
assert_type(transform, nn.Chain[nn.Norm, nn.Velocity, nn.Empty])
inner = nn.clip_by_value(1.0) >> transform
assert_type(inner, nn.Chain[nn.Empty, Slots])

# The optimizer's state knows parameters and slots.
optimizer = nn.Optimizer(transform)
state = optimizer.init(params)
assert_type(state, State)
assert_type(state.params[0].weight, Matrix)
assert_type(state.slots[0].value, float)
assert_type(state.slots[1].leaves, Leaves)
assert_type(optimizer.update(state, grads), tuple[State, Params])
assert_type(nn.sgd(0.1), nn.Optimizer[tuple[nn.Velocity, nn.Empty]])
assert_type(nn.clipped_sgd(0.1), nn.Optimizer[tuple[nn.Empty, nn.Velocity, nn.Empty]])

# Data sets and batches know their arrays.
data = nn.dataset(x, labels)
assert_type(data, nn.Dataset[Matrix, Labels])
batches = nn.shuffled_batches(data, 32, KEY, 0)
assert_type(batches, nn.Batches[Matrix, Labels])
assert_type(batches[0], nn.Batch[Matrix, Labels])
assert_type(batches[1:], nn.Batches[Matrix, Labels])
assert_type(batches[0].targets, Labels)
order: Indices = np.array([1, 0])
assert_type(data.select(order), nn.Dataset[Matrix, Labels])
pixels = nn.ScaledBytes(np.zeros((2, 28, 28, 1), np.uint8))
pictures = nn.Dataset(pixels, nn.Rows(labels))
assert_type(nn.batches_in_order(pictures, 1, KEY)[0].inputs, Images)

# The step takes the state and batches of the model's inputs and the loss's targets.
step = nn.training_step(model, by_labels, optimizer)
assert_type(step, nn.Step[State, nn.Batch[Matrix, Labels], float])
soft_step = nn.training_step(model, by_rows, optimizer)
assert_type(soft_step, nn.Step[State, nn.Batch[Matrix, Matrix], float])
assert_type(nn.fold(step, state, batches), tuple[State, tuple[float, ...]])
assert_type(nn.scan(step, state, batches), Iterator[tuple[State, float]])

# A loss of more than the targets at hand still trains on them.
general = nn.training_step(model, cross_entropy, optimizer)
after, losses = nn.fold(general, state, batches)
assert_type(after, State)
assert_type(losses, tuple[float, ...])

# Inference and evaluation.
assert_type(nn.predict(model, params, data), Matrix)
assert_type(nn.evaluate(model, params, data, nn.accuracy), float)
assert_type(nn.evaluate(model, params, data, nn.value_of(cross_entropy)), float)
convolved = nn.flatten() >> model
assert_type(nn.predict(convolved, (nn.EMPTY, params), pictures), Matrix)
