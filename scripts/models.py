"""Classifiers whose number of layers is known only when the program runs.

The parameters of `a >> b >> c` are an exact tuple, as long as the expression. `stack` puts layers
of one kind in a row instead: its parameters are a tuple of equal parts, whose type is known
whatever their number. That of the hidden layers here is `tuple[tuple[Linear, Empty], ...]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, TypeVar

from purenn import (
    Empty,
    Initializer,
    Key,
    Layer,
    Linear,
    Matrix,
    Primitive,
    Pullback,
    Serial,
    Thunk,
    glorot_normal,
    he_normal,
    leaky_relu,
    lecun_normal,
    linear,
    relu,
    sigmoid,
    tanh,
)
from purenn.arrays import Shape
from purenn.errors import LocatedError, TreeError

P = TypeVar("P")
X = TypeVar("X")

Activation = Literal["leaky-relu", "relu", "tanh", "sigmoid"]
Output = Primitive[Empty, Matrix, Matrix]
Hidden = tuple[tuple[Linear, Empty], ...]
ClassifierParams = tuple[Hidden, Linear, Empty]
Classifier = Serial[Matrix, Matrix, Hidden, Linear, Empty]

SLOPE = 0.01


def stack(*layers: Layer[P, X, X]) -> Primitive[tuple[P, ...], X, X]:
    """Any number of layers of one kind in a row; layer i takes `params[i]` and `key.fold_in(i)`.

    >>> stack(*[linear(width) >> relu() for width in (8, 4)])
    stack(linear(8) >> relu(), linear(4) >> relu())
    """

    def init(key: Key, shape: Shape) -> tuple[tuple[P, ...], Shape]:
        parts: list[P] = []
        for index, layer in enumerate(layers):
            with _located(index):
                part, shape = layer.init(key.fold_in(index), shape)
            parts.append(part)
        return tuple(parts), shape

    def apply(params: tuple[P, ...], x: X) -> X:
        for index, (layer, own) in enumerate(_paired(layers, params)):
            with _located(index):
                x = layer.apply(own, x)
        return x

    def vjp(params: tuple[P, ...], x: X, key: Key) -> tuple[X, Pullback[X, tuple[P, ...], X]]:
        pullbacks: list[Pullback[X, P, X]] = []
        for index, (layer, own) in enumerate(_paired(layers, params)):
            with _located(index):
                x, pullback = layer.vjp(own, x, key.fold_in(index))
            pullbacks.append(pullback)
        return x, lambda dy: _pull(pullbacks, dy)

    return Primitive(f"stack({', '.join(map(repr, layers))})", init, apply, vjp)


def _pull(pullbacks: Sequence[Pullback[X, P, X]], dy: X) -> tuple[tuple[P, ...], Thunk[X]]:
    def unchanged() -> X:
        return dy

    cotangent: Thunk[X] = unchanged
    grads: list[P] = []
    for pullback in reversed(pullbacks):
        grad, cotangent = pullback(cotangent())
        grads.append(grad)
    return tuple(reversed(grads)), cotangent


@contextmanager
def _located(index: int) -> Iterator[None]:
    """Errors inside know which layer of the stack they come from."""
    try:
        yield
    except LocatedError as error:
        raise error.inside(index) from None


def _paired(
    layers: Sequence[Layer[P, X, X]], params: tuple[P, ...]
) -> Iterator[tuple[Layer[P, X, X], P]]:
    if len(layers) != len(params):
        raise TreeError(
            f"A stack of {len(layers)} layers takes as many parameters, and {len(params)} came."
        )
    return zip(layers, params, strict=True)


def classifier(
    hidden: Sequence[int], activation: Activation, outputs: int, output: Output
) -> Classifier:
    """Hidden layers of these widths, each with its activation, and a last layer.

    Args:
        hidden: how many units each hidden layer has; none makes a linear model.
        activation: what follows each hidden layer. Weights are drawn to suit it.
        outputs: how many numbers come out of the last linear layer.
        output: what is made of them: `identity()` leaves logits, `softmax()` gives probabilities.
    """
    function, weight = ACTIVATIONS[activation]
    blocks = [linear(width, weight=weight()) >> function() for width in hidden]
    return stack(*blocks) >> linear(outputs, weight=lecun_normal()) >> output


ACTIVATIONS: dict[Activation, tuple[Callable[[], Output], Callable[[], Initializer]]] = {
    "leaky-relu": (lambda: leaky_relu(SLOPE), lambda: he_normal(slope=SLOPE)),
    "relu": (relu, he_normal),
    "tanh": (tanh, glorot_normal),
    "sigmoid": (sigmoid, glorot_normal),
}
