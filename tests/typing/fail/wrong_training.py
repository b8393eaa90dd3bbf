"""Mistakes with losses, optimizers, states, data and steps."""

from __future__ import annotations

import numpy as np

import purenn as nn
from purenn.arrays import Images, Labels, Matrix

KEY = nn.Key(0)

model = nn.linear(3) >> nn.relu() >> nn.linear(1)
other = nn.linear(3) >> nn.linear(1)
pictures = nn.flatten() >> nn.linear(3)
params, _ = model.init(KEY, (2,))
other_params, _ = other.init(KEY, (2,))
x: Matrix = np.zeros((2, 2), np.float32)
y: Matrix = np.zeros((2, 1), np.float32)
images: Images = np.zeros((2, 4, 4, 1), np.float32)
labels: Labels = np.zeros(2, np.int64)

# Losses with the wrong kind of target or prediction.
# error: Argument 2 to "__call__" of "Loss" has incompatible type "Labels"; expected "Matrix"
#   [arg-type]
nn.mean_squared_error()(y, labels)
# error: Argument 1 to "__call__" of "Loss" has incompatible type "Images"; expected "Matrix"
#   [arg-type]
nn.softmax_cross_entropy()(images, labels)
# error: Argument 2 to "__call__" of "Loss" has incompatible type "Images"; expected "Matrix |
#   Labels" [arg-type]
nn.softmax_cross_entropy()(y, images)
# error: Argument 2 to "__call__" of "Loss" has incompatible type "list[int]"; expected "Matrix |
#   Labels" [arg-type]
nn.softmax_cross_entropy()(y, [0, 1])
# error: Argument "reduction" to "brier" has incompatible type "Literal['average']"; expected
#   "Literal['mean', 'sum']" [arg-type]
nn.brier(reduction="average")
# error: Argument 1 to "mean_squared_error" has incompatible type "float"; expected
#   "Literal['mean', 'sum']" [arg-type]
nn.mean_squared_error(0.1)
# error: Incompatible types in assignment (expression has type "Loss[Matrix, Matrix]", variable
#   has type "Loss[Matrix, Labels]") [assignment]
by_labels: nn.Loss[Matrix, Labels] = nn.mean_squared_error()
# error: Argument 1 to "reporting" has incompatible type "Callable[[Matrix, Matrix | Labels],
#   float]"; expected "Callable[[Matrix, Matrix | Labels], tuple[float, Matrix]]" [arg-type]
nn.reporting(nn.accuracy, descent=nn.brier())

# Gradients.
gradient = nn.value_and_grad(model, nn.mean_squared_error())
# error: Argument 3 has incompatible type "Labels"; expected "Matrix" [arg-type]
gradient(params, x, labels, KEY)
# error: Argument 1 has incompatible type "tuple[Linear, Linear]"; expected "tuple[Linear, Empty,
#   Linear]" [arg-type]
gradient(other_params, x, y, KEY)
# error: Argument 2 has incompatible type "Images"; expected "Matrix" [arg-type]
gradient(params, images, y, KEY)
# error: Too few arguments [call-arg]
gradient(params, x, y)
# error: Argument 2 to "value_and_grad" has incompatible type "Callable[[Matrix, T], float]";
#   expected "Callable[[Matrix, T], tuple[float, Matrix]]" [arg-type]
# error: Incompatible return value type (got "float", expected "tuple[float, Matrix]")
#   [return-value]
nn.value_and_grad(model, lambda prediction, target: 0.0)

# Optimizers and their states.
optimizer = nn.Optimizer(nn.clip_by_global_norm(1.0) >> nn.momentum(0.9) >> nn.learning_rate(0.1))
state = optimizer.init(params)
# error: Argument 1 to "Optimizer" has incompatible type "float"; expected "Transform[Never]"
#   [arg-type]
nn.Optimizer(0.1)
# error: Argument 1 to "Optimizer" has incompatible type "Primitive[Empty, Matrix, Matrix]";
#   expected "Transform[Never]" [arg-type]
nn.Optimizer(nn.relu())
# error: Argument 1 to "sgd" has incompatible type "Initializer"; expected "float | Schedule"
#   [arg-type]
nn.sgd(nn.constant(0.1))
# error: Cannot infer value of type parameter "P" of "update" of "Optimizer" [misc]
optimizer.update(state, other_params)
# error: Cannot infer value of type parameter "P" of "update" of "Optimizer" [misc]
optimizer.update(state, params[0])
# error: Argument 1 to "update" of "Optimizer" has incompatible type "tuple[Linear, Empty,
#   Linear]"; expected "OptimizerState[tuple[Linear, Empty, Linear], tuple[Norm, Velocity,
#   Empty]]" [arg-type]
optimizer.update(params, params)
# error: Argument 1 to "update" of "Optimizer" has incompatible type "OptimizerState[tuple[Linear,
#   Empty, Linear], tuple[Norm, Velocity, Empty]]"; expected "OptimizerState[tuple[Linear, Empty,
#   Linear], tuple[Velocity, Empty]]" [arg-type]
nn.sgd(0.1).update(state, params)
# error: Tuple index out of range [misc]
state.slots[3]
# error: "Norm" has no attribute "leaves" [attr-defined]
state.slots[0].leaves
# error: "Velocity" has no attribute "value" [attr-defined]
state.slots[1].value
# error: "Empty" has no attribute "weight" [attr-defined]
state.params[1].weight
# error: Property "step" defined in "OptimizerState" is read-only [misc]
state.step = 0
# error: Incompatible types in assignment (expression has type "Empty", variable has type
#   "Velocity") [assignment]
velocity: nn.Velocity = state.slots[2]

# Transforms and schedules.
# error: Unsupported operand types for >> ("Rule[Velocity]" and "Primitive[Empty, Matrix,
#   Matrix]") [operator]
nn.momentum(0.9) >> nn.relu()
# error: Unsupported operand types for >> ("Rule[Velocity]" and "float") [operator]
nn.momentum(0.9) >> 0.1
# error: Argument 1 to "clip_by_value" has incompatible type "str"; expected "float" [arg-type]
nn.clip_by_value("1.0")
# error: Argument 1 to "learning_rate" has incompatible type "Initializer"; expected "float |
#   Schedule" [arg-type]
nn.learning_rate(nn.constant(0.1))
# error: Argument 2 to "join" has incompatible type "Schedule"; expected "tuple[int, float |
#   Schedule]" [arg-type]
nn.join(0.1, nn.cosine(0.1, 5))
# error: Incompatible types in assignment (expression has type "Chain[Norm, Norm]", variable has
#   type "Chain[Velocity, Norm]") [assignment]
# error: Unsupported operand types for >> ("Rule[Norm]" and "Rule[Velocity]") [operator]
chain: nn.Chain[nn.Velocity, nn.Norm] = nn.clip_by_global_norm(1.0) >> nn.momentum(0.9)

# Data sets and batches.
data = nn.dataset(x, labels)
# error: Value of type variable "B" of "dataset" cannot be "list[int]" [type-var]
nn.dataset(x, [0, 1])
# error: Argument 1 to "Dataset" has incompatible type "Matrix"; expected "Column[Never]"
#   [arg-type]
# error: Argument 2 to "Dataset" has incompatible type "Labels"; expected "Column[Never]"
#   [arg-type]
nn.Dataset(x, labels)
# error: Argument 1 to "ScaledBytes" has incompatible type "Images"; expected "ByteImages"
#   [arg-type]
nn.ScaledBytes(images)
# error: Missing positional argument "epoch" in call to "shuffled_batches" [call-arg]
nn.shuffled_batches(data, 32, KEY)
# error: Argument 2 to "shuffled_batches" has incompatible type "str"; expected "int" [arg-type]
nn.shuffled_batches(data, "32", KEY, 0)
# error: Argument 3 to "shuffled_batches" has incompatible type "int"; expected "Key" [arg-type]
nn.shuffled_batches(data, 32, 0, 0)
# error: No overload variant of "__getitem__" of "Batches" matches argument type "str"
#   [call-overload]
nn.shuffled_batches(data, 32, KEY, 0)["last"]
# error: Argument 4 to "arranged_batches" has incompatible type "Matrix"; expected "Indices"
#   [arg-type]
nn.arranged_batches(data, 32, KEY, x)
# error: Incompatible types in assignment (expression has type "Batch[Matrix, Labels]", variable
#   has type "Batch[Matrix, Matrix]") [assignment]
batch: nn.Batch[Matrix, Matrix] = nn.shuffled_batches(data, 32, KEY, 0)[0]

# Steps of one model, loss and data set with another's.
step = nn.training_step(model, nn.mean_squared_error(), optimizer)
batches = nn.shuffled_batches(nn.dataset(x, y), 32, KEY, 0)
# error: Argument 1 to "fold" has incompatible type "Callable[[OptimizerState[tuple[Linear, Empty,
#   Linear], tuple[Norm, Velocity, Empty]], Batch[Matrix, Matrix]],
#   tuple[OptimizerState[tuple[Linear, Empty, Linear], tuple[Norm, Velocity, Empty]], float]]";
#   expected "Callable[[OptimizerState[tuple[Linear, Empty, Linear], tuple[Norm, Velocity,
#   Empty]], Batch[Matrix, Labels]], tuple[OptimizerState[tuple[Linear, Empty, Linear],
#   tuple[Norm, Velocity, Empty]], float]]" [arg-type]
nn.fold(step, state, nn.shuffled_batches(data, 32, KEY, 0))
# error: Argument 1 to "fold" has incompatible type "Callable[[OptimizerState[tuple[Linear, Empty,
#   Linear], tuple[Norm, Velocity, Empty]], Batch[Matrix, Matrix]],
#   tuple[OptimizerState[tuple[Linear, Empty, Linear], tuple[Norm, Velocity, Empty]], float]]";
#   expected "Callable[[OptimizerState[tuple[Linear, Empty, Linear], tuple[Norm, Velocity,
#   Empty]], Batch[Images, Matrix]], tuple[OptimizerState[tuple[Linear, Empty, Linear],
#   tuple[Norm, Velocity, Empty]], float]]" [arg-type]
nn.fold(step, state, nn.shuffled_batches(nn.dataset(images, y), 32, KEY, 0))
# error: Argument 1 to "fold" has incompatible type "Callable[[OptimizerState[tuple[Linear, Empty,
#   Linear], tuple[Norm, Velocity, Empty]], Batch[Matrix, Matrix]],
#   tuple[OptimizerState[tuple[Linear, Empty, Linear], tuple[Norm, Velocity, Empty]], float]]";
#   expected "Callable[[tuple[Linear, Empty, Linear], Batch[Matrix, Matrix]], tuple[tuple[Linear,
#   Empty, Linear], float]]" [arg-type]
nn.fold(step, params, batches)
# error: Argument 1 to "fold" has incompatible type "Callable[[OptimizerState[tuple[Linear, Empty,
#   Linear], tuple[Norm, Velocity, Empty]], Batch[Matrix, Matrix]],
#   tuple[OptimizerState[tuple[Linear, Empty, Linear], tuple[Norm, Velocity, Empty]], float]]";
#   expected "Callable[[OptimizerState[tuple[Linear, Linear], tuple[Norm, Velocity, Empty]],
#   Batch[Matrix, Matrix]], tuple[OptimizerState[tuple[Linear, Linear], tuple[Norm, Velocity,
#   Empty]], float]]" [arg-type]
nn.fold(step, optimizer.init(other_params), batches)
# error: Argument 1 to "fold" has incompatible type "Callable[[OptimizerState[tuple[Linear, Empty,
#   Linear], tuple[Norm, Velocity, Empty]], Batch[Matrix, Matrix]],
#   tuple[OptimizerState[tuple[Linear, Empty, Linear], tuple[Norm, Velocity, Empty]], float]]";
#   expected "Callable[[OptimizerState[tuple[Linear, Empty, Linear], tuple[Velocity, Empty]],
#   Batch[Matrix, Matrix]], tuple[OptimizerState[tuple[Linear, Empty, Linear], tuple[Velocity,
#   Empty]], float]]" [arg-type]
nn.fold(step, nn.sgd(0.1).init(params), batches)
# error: Argument 3 to "fold" has incompatible type "Dataset[Matrix, Matrix]"; expected
#   "Iterable[Batch[Matrix, Matrix]]" [arg-type]
nn.fold(step, state, nn.dataset(x, y))
# error: Argument 1 has incompatible type "OptimizerState[tuple[Linear, Empty, Linear],
#   tuple[Norm, Velocity, Empty]]"; expected "OptimizerState[tuple[Empty, Linear], tuple[Norm,
#   Velocity, Empty]]" [arg-type]
# error: Argument 2 has incompatible type "Batch[Matrix, Matrix]"; expected "Batch[Images,
#   Matrix]" [arg-type]
nn.training_step(pictures, nn.mean_squared_error(), optimizer)(state, batches[0])
# error: Argument 2 to "training_step" has incompatible type "Callable[[Matrix, Matrix | Labels],
#   float]"; expected "Callable[[Matrix, Matrix | Labels], tuple[float, Matrix]]" [arg-type]
nn.training_step(model, nn.accuracy, optimizer)
# error: Argument 3 to "training_step" has incompatible type "Rule[Velocity]"; expected
#   "Optimizer[Never]" [arg-type]
nn.training_step(model, nn.mean_squared_error(), nn.momentum(0.9))

# Inference and evaluation.
# error: Cannot infer value of type parameter "X" of "predict" [misc]
nn.predict(pictures, pictures.init(KEY, (4, 4, 1))[0], data)
# error: Cannot infer value of type parameter "P" of "predict" [misc]
nn.predict(model, other_params, data)
# error: Argument 4 to "evaluate" has incompatible type "Loss[Matrix, Matrix]"; expected
#   "Callable[[Matrix, Labels], float]" [arg-type]
nn.evaluate(model, params, data, nn.mean_squared_error())
# error: Argument 1 to "value_of" has incompatible type "Loss[Matrix, Matrix]"; expected
#   "Callable[[Matrix, Labels], tuple[float, Matrix]]" [arg-type]
nn.evaluate(model, params, data, nn.value_of(nn.mean_squared_error()))
# error: Argument 4 to "evaluate" has incompatible type "Callable[[float], Callable[[Matrix,
#   Matrix | Labels], float]]"; expected "Callable[[Matrix, Labels], float]" [arg-type]
nn.evaluate(model, params, data, nn.binary_accuracy)
