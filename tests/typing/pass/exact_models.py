"""The types of layers, models and their parameters are exact."""

from __future__ import annotations

from typing import assert_type

import numpy as np

import purenn as nn
from purenn.arrays import Images, Matrix, Shape, Vector

KEY = nn.Key(0)

# Layers say what they take, what they give and what their parameters are.
assert_type(nn.linear(3), nn.Primitive[nn.Linear, Matrix, Matrix])
assert_type(nn.relu(), nn.Primitive[nn.Empty, Matrix, Matrix])
assert_type(nn.flatten(), nn.Primitive[nn.Empty, Images, Matrix])

# A composite's parameters are the exact tuple of its parts'.
flat = nn.linear(128) >> nn.relu() >> nn.linear(10)
assert_type(flat, nn.Serial[Matrix, Matrix, nn.Linear, nn.Empty, nn.Linear])
params, out = flat.init(KEY, (784,))
assert_type(params, tuple[nn.Linear, nn.Empty, nn.Linear])
assert_type(params[0].weight, Matrix)
assert_type(params[2].bias, Vector)
assert_type(out, Shape)

# So it is when composites nest, and when a chain of one is made explicitly.
nested = nn.flatten() >> (nn.linear(3) >> nn.tanh()) >> nn.serial(nn.serial(nn.linear(1)))
inside, _ = nested.init(KEY, (28, 28, 1))
Inside = tuple[nn.Empty, tuple[nn.Linear, nn.Empty], tuple[tuple[nn.Linear]]]
assert_type(inside, Inside)
assert_type(inside[1][0].weight, Matrix)
assert_type(inside[2][0][0].bias, Vector)

images: Images = np.zeros((2, 28, 28, 1), np.float32)
assert_type(nested.apply(inside, images), Matrix)
prediction, pull = nested.vjp(inside, images, KEY)
assert_type(pull, nn.Pullback[Matrix, Inside, Images])
gradient, thunk = pull(prediction)
assert_type(gradient, Inside)
assert_type(thunk(), Images)

# A model is a Layer wherever one is asked for.
layer: nn.Layer[tuple[nn.Linear, nn.Empty, nn.Linear], Matrix, Matrix] = flat

# Trees keep their type.
assert_type(nn.to_dtype(inside, np.dtype(np.float64)), Inside)
assert_type(nn.map_leaves(np.negative, params), tuple[nn.Linear, nn.Empty, nn.Linear])
assert_type(nn.rebuild(params, nn.leaves(params)), tuple[nn.Linear, nn.Empty, nn.Linear])
assert_type(nn.paths(params), tuple[str, ...])
