"""Mistakes with layers, models and parameters."""

from __future__ import annotations

import numpy as np

import purenn as nn
from purenn.arrays import ByteImages, Images, Labels, Matrix, Vector

KEY = nn.Key(0)

model = nn.linear(3) >> nn.relu() >> nn.linear(1)
params, _ = model.init(KEY, (2,))
x: Matrix = np.zeros((2, 2), np.float32)
images: Images = np.zeros((2, 4, 4, 1), np.float32)
pixels: ByteImages = np.zeros((2, 4, 4, 1), np.uint8)
labels: Labels = np.zeros(2, np.int64)
int32: np.dtype[np.int32] = np.dtype(np.int32)

# Compositions of what does not fit.
# error: Unsupported operand types for >> ("Primitive[Linear, Matrix, Matrix]" and
#   "Primitive[Empty, Images, Matrix]") [operator]
nn.linear(3) >> nn.flatten()
# error: Unsupported operand types for >> ("Serial[Matrix, Matrix, Linear, Empty]" and
#   "Primitive[Empty, Images, Matrix]") [operator]
nn.linear(3) >> nn.relu() >> nn.flatten()
# error: Unsupported operand types for >> ("Primitive[Empty, Matrix, Matrix]" and "int")
#   [operator]
nn.relu() >> 3
# error: Unsupported operand types for >> ("Primitive[Linear, Matrix, Matrix]" and "Loss[Matrix,
#   Matrix]") [operator]
nn.linear(3) >> nn.mean_squared_error()
# error: Unsupported operand types for >> ("Primitive[Linear, Matrix, Matrix]" and
#   "Rule[Velocity]") [operator]
nn.linear(3) >> nn.momentum(0.9)
# error: Incompatible types in assignment (expression has type "Primitive[Linear, Matrix,
#   Matrix]", variable has type "Layer[Linear, Images, Matrix]") [assignment]
wrong: nn.Layer[nn.Linear, Images, Matrix] = nn.linear(3)
# error: Incompatible types in assignment (expression has type "Serial[Matrix, Matrix, Linear,
#   Empty, Linear]", variable has type "Layer[tuple[Linear], Matrix, Matrix]") [assignment]
short: nn.Layer[tuple[nn.Linear], Matrix, Matrix] = model

# Parameters that are not there.
# error: Tuple index out of range [misc]
params[3]
# error: "Empty" has no attribute "weight" [attr-defined]
params[1].weight
# error: "Linear" has no attribute "wieght"; maybe "weight"? [attr-defined]
params[0].wieght
# error: "tuple[Linear, Empty, Linear]" has no attribute "weight" [attr-defined]
params.weight
# error: Tuple index out of range [misc]
nn.serial(model).init(KEY, (2,))[0][0][3]

# Parameters that cannot be changed.
# error: Unsupported target for indexed assignment ("tuple[Linear, Empty, Linear]") [index]
params[0] = params[2]
# error: Property "weight" defined in "Linear" is read-only [misc]
params[0].weight = x
# error: Property "name" defined in "Serial" is read-only [misc]
model.name = "other"
# error: Property "seed" defined in "Key" is read-only [misc]
KEY.seed = 1

# Parameters and inputs of another model.
# error: Argument 1 has incompatible type "tuple[Linear, Empty]"; expected "tuple[Linear, Empty,
#   Linear]" [arg-type]
model.apply(params[:2], x)
# error: Argument 1 has incompatible type "tuple[Empty, Linear, Linear]"; expected "tuple[Linear,
#   Empty, Linear]" [arg-type]
model.apply((params[1], params[0], params[2]), x)
# error: Argument 1 has incompatible type "Linear"; expected "tuple[Linear, Empty, Linear]"
#   [arg-type]
model.apply(params[0], x)
# error: Argument 1 has incompatible type "tuple[Linear, Empty, Linear]"; expected
#   "tuple[tuple[Linear, Empty, Linear]]" [arg-type]
nn.serial(model).apply(params, x)
# error: Argument 2 has incompatible type "Images"; expected "Matrix" [arg-type]
model.apply(params, images)
# error: Argument 2 has incompatible type "Labels"; expected "Matrix" [arg-type]
model.apply(params, labels)
# error: Argument 2 has incompatible type "Matrix"; expected "Images" [arg-type]
nn.flatten().apply(nn.EMPTY, x)
# error: Argument 2 has incompatible type "ByteImages"; expected "Images" [arg-type]
nn.flatten().apply(nn.EMPTY, pixels)
# error: Argument 3 has incompatible type "int"; expected "Key" [arg-type]
model.vjp(params, x, 0)
# error: Argument 1 has incompatible type "int"; expected "Key" [arg-type]
model.init(0, (2,))
# error: Argument 2 has incompatible type "int"; expected "tuple[int, ...]" [arg-type]
model.init(KEY, 2)
# error: Argument 2 to "summary" has incompatible type "int"; expected "tuple[int, ...]"
#   [arg-type]
nn.summary(model, 2)
# error: Argument 1 to "summary" has incompatible type "tuple[Linear, Empty, Linear]"; expected
#   "Layer[Never, Never, Never]" [arg-type]
nn.summary(params, (2,))

# Pullbacks take cotangents of the output, and give gradients and a thunk.
_y, pull = nn.flatten().vjp(nn.EMPTY, images, KEY)
# error: Argument 1 has incompatible type "Images"; expected "Matrix" [arg-type]
pull(images)
_none, thunk = pull(x)
# error: Incompatible types in assignment (expression has type "Images", variable has type
#   "Matrix") [assignment]
flat: Matrix = thunk()
# error: Incompatible types in assignment (expression has type "Callable[[], Images]", variable
#   has type "Images") [assignment]
not_called: Images = thunk

# Ranks, dtypes and options.
# error: Incompatible types in assignment (expression has type "Matrix", variable has type
#   "Vector") [assignment]
bias: Vector = params[0].weight
# error: Argument 1 to "Linear" has incompatible type "Vector"; expected "Matrix" [arg-type]
nn.Linear(params[0].bias, params[0].bias)
# error: Argument 2 to "Linear" has incompatible type "Matrix"; expected "Vector" [arg-type]
nn.Linear(params[0].weight, params[0].weight)
# error: Argument 1 to "linear" has incompatible type "float"; expected "int" [arg-type]
nn.linear(2.5)
# error: Argument "weight" to "linear" has incompatible type "float"; expected "Initializer |
#   None" [arg-type]
nn.linear(3, weight=0.1)
# error: Argument 1 to "leaky_relu" has incompatible type "str"; expected "float" [arg-type]
nn.leaky_relu("0.1")
# error: Argument 2 to "to_dtype" has incompatible type "dtype[int32]"; expected "FloatDtype"
#   [arg-type]
nn.to_dtype(params, int32)

# An activation of one's own maps matrices.
# error: Missing positional argument "backward" in call to "activation" [call-arg]
nn.activation("relu()", lambda value: value)
