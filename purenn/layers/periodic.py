"""Periodic embeddings of numbers: small linear maps of cosines of each."""

from __future__ import annotations

from functools import partial
from math import pi, sqrt

import attrs

from purenn import checks
from purenn.arrays import Matrix, Stack, matrices, matrix
from purenn.checks import Count, Positive
from purenn.expressions import maker, with_ops
from purenn.initializers import normal, uniform
from purenn.kernels import periodic as kernels
from purenn.kernels.activations import applied
from purenn.kernels.ops import Ops
from purenn.keys import Key
from purenn.layers._contract import Layer, Pass, Thunk, checked
from purenn.layers._fitting import require_fit, require_rows, require_shape
from purenn.tree import Node


@attrs.frozen(eq=False)
class Periodic(Node):
    """The parameters of `periodic_embedding`.

    Args:
        frequency: (columns, frequencies), in cycles per unit.
        phase: (columns, frequencies), of the cosines.
        weight: (columns, frequencies, features - 1), of the linear maps.
        bias: (columns, features - 1).
    """

    frequency: Matrix = attrs.field(converter=matrix)
    phase: Matrix = attrs.field(converter=matrix)
    weight: Stack = attrs.field(converter=matrices)
    bias: Matrix = attrs.field(converter=matrix)


@maker
def periodic_embedding(
    features: int = 4, frequencies: Count = 16, deviation: Positive = 0.1
) -> Layer[Periodic, Matrix, Matrix]:
    """Periodic embedding of numbers: (samples, columns) to (samples, columns * features).

    `cos(2 pi x frequency + phase) @ weight + bias` for each column, one after the other, and then
    the columns themselves: PBLD of Holzmüller, Grinsztajn and Steinwart, "Better by Default"
    (2024).

    Args:
        features: the number of features of each column, itself among them; at least 2.
        frequencies: the number of cosines of each column.
        deviation: the standard deviation of the first frequencies. Phases are uniform in
            [-pi, pi] at first, weights and biases in ±1 / sqrt(frequencies).
    """
    width = checks.integer("The features of periodic_embedding", features, 2) - 1
    subject = f"periodic_embedding({width + 1})"

    def init(key: Key, example: Matrix) -> Periodic:
        columns, kind = example.shape[1], example.dtype
        phases, small = uniform(pi), uniform(1.0 / sqrt(frequencies))
        return Periodic(
            normal(deviation)(key.child("frequency"), (columns, frequencies), kind),
            phases(key.child("phase"), (columns, frequencies), kind),
            small(key.child("weight"), (columns, frequencies, width), kind),
            small(key.child("bias"), (columns, width), kind),
        )

    def vjp(ops: Ops, params: Periodic, x: Matrix, key: Key) -> Pass[Matrix, Periodic, Matrix]:
        require_fit(subject, params.frequency, x)
        columns = x.shape[1]
        require_shape(subject, "a frequency", params.frequency, (columns, frequencies))
        require_shape(subject, "a phase", params.phase, (columns, frequencies))
        require_shape(subject, "a weight", params.weight, (columns, frequencies, width))
        require_shape(subject, "a bias", params.bias, (columns, width))
        angle = kernels.angles(x, params.frequency, params.phase)
        wave = applied(ops.cos, angle)

        def pull(dy: Matrix) -> tuple[Periodic, Thunk[Matrix]]:
            turned, grads = kernels.pulled(ops, angle, wave, params.weight, x, dy)
            dx = partial(kernels.input_cotangent, ops, turned, params.frequency, dy)
            return Periodic(*grads), dx

        return kernels.mapped(ops, wave, params.weight, params.bias, x), pull

    return with_ops(lambda ops: checked(subject, Periodic, require_rows, init, partial(vjp, ops)))
