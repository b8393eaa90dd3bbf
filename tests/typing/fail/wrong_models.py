"""Mistakes with layers, models and parameters."""

from __future__ import annotations

import numpy as np

import purenn as nn
from purenn.arrays import Images, Labels, Matrix, Vector
from purenn.layers import beside, block, branches, embedding, stack
from purenn.tree import to_dtype

KEY = nn.Key(0)
of_images: nn.Layer[nn.Empty, Images, Images] = nn.relu()
model = nn.linear(3) >> nn.relu() >> nn.linear(1)
x: Matrix = np.zeros((2, 2), np.float32)
params = model.init(KEY, x)
images: Images = np.zeros((2, 4, 4, 1), np.float32)
labels: Labels = np.zeros(2, np.int64)
int32: np.dtype[np.int32] = np.dtype(np.int32)

# Chains of what does not fit.
nn.linear(3) >> of_images  # [operator] Unsupported operand types for >>
nn.linear(3) >> embedding(3, 2)  # [operator] Unsupported operand types for >>
nn.relu() >> 3  # [operator] Unsupported operand types for >>
nn.linear(3) >> nn.relu  # [operator] Unsupported operand types for >>
nn.linear(3) >> nn.momentum(0.9)  # [operator] Unsupported operand types for >>
branches(nn.linear(3), nn.tanh()) >> nn.linear(2)  # [operator] Unsupported operand types for >>
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
KEY.seed = 1  # [misc] Property "seed" defined in "Key" is read-only

# Parameters, inputs and keys of another model.
model.apply(params[:2], x)  # [arg-type] "tuple[Linear, Empty]"; expected
model.apply((params[1], params[0], params[2]), x)  # [arg-type] "tuple[Empty, Linear, Linear]";
model.apply(params[0], x)  # [arg-type] "Linear"; expected "tuple[Linear, Empty, Linear]"
model.apply(params, images)  # [arg-type] Argument 2
nn.flatten().apply(nn.Empty(), x)  # [arg-type] Argument 2
model.vjp(params, x, 0)  # [arg-type] "int"; expected "Key"
model.init(0, x)  # [arg-type] "int"; expected "Key"
nn.summary(params, x)  # [arg-type] Argument 1
beside(model, model).init(KEY, x)  # [arg-type] Argument 2

# Pullbacks take cotangents of the output, and give gradients and a thunk.
y, pull = nn.flatten().vjp(nn.Empty(), images, KEY)
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
