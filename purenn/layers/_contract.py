"""A layer is a triple of pure functions, `init`, `apply` and `vjp`, and `>>` chains them.

A chain is a layer like any other. Its parameters are the exact tuple of its layers' parameters:
`linear(8) >> relu() >> linear(1)` has a `tuple[Linear, Empty, Linear]`. A bare tuple always means a
chain; the parameters of layers that wrap others have classes of their own, such as `Block`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import Generic, Never, TypeVar, TypeVarTuple, overload

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import A, Array, P, Q, Span, X, Y, Z
from purenn.errors import OptionError
from purenn.expressions import Chained, Expressed, expressed
from purenn.keys import Key
from purenn.layers._fitting import guarded, located, require_entries, require_single
from purenn.tree import Empty

B = TypeVar("B", bound=Array)
C = TypeVar("C", bound=Array)
Ps = TypeVarTuple("Ps")

Thunk = Callable[[], X]
Pullback = Callable[[Y], tuple[P, Thunk[X]]]
Pass = tuple[Y, Pullback[Y, P, X]]
FreePass = tuple[Y, Callable[[Y], X]]  # without parameters


@attrs.frozen(repr=False, eq=False, getstate_setstate=False)
class Layer(Expressed, Generic[P, X, Y]):
    """A layer: three pure functions of parameters `P`, inputs `X` and outputs `Y`.

    Inputs that do not fit raise ShapeError or DtypeError, symbols out of range LabelError, and
    another layer's parameters ParametersError. Where training differs from inference, as in
    dropout, `inference` is a layer with the same parameters whose `vjp` is that of inference. It is
    None for all other layers, including those made of layers.
    """

    # attrs drops the underscores by itself, which pyright does not know.
    _init: Callable[[Key, X], P] = attrs.field(validator=checks.called, alias="init")
    _apply: Callable[[P, X], Y] = attrs.field(validator=checks.called, alias="apply")
    _vjp: Callable[[P, X, Key], Pass[Y, P, X]] = attrs.field(validator=checks.called, alias="vjp")
    inference: Layer[P, X, Y] | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.inference is not None:
            checks.instance("The inference of a Layer", self.inference, Layer)

    __array_ufunc__ = None  # an array on the left of >> leaves the operation to __rrshift__

    def init(self, key: Key, example: X) -> P:
        """Initial parameters, in the dtype of the example, which is a batch of inputs."""
        checks.instance("The key of init", key, Key)
        with np.errstate(under="ignore"):  # a decorator would be a call more for each layer within
            params = self._init(key, example)
        require_single(self, params, example)
        return params

    def apply(self, params: P, x: X) -> Y:
        """The output for a batch, in inference mode."""
        return self._apply(params, x)

    def vjp(self, params: P, x: X, key: Key) -> Pass[Y, P, X]:
        """The output in training mode, which may draw from the key, and its pullback.

        That is `dy -> (gradient, dx)`, where `dx` is a thunk: calling it computes the cotangent of
        the input, which costs nothing if it is never called.
        """
        return guarded(self, self._unguarded_vjp(params, x, key))

    def _unguarded_vjp(self, params: P, x: X, key: Key) -> Pass[Y, P, X]:
        """`vjp` for a caller that checks the cotangent itself."""
        checks.instance("The key of vjp", key, Key)
        return self._vjp(params, x, key)

    @overload
    def __rshift__(
        self: Layer[tuple[*Ps], X, B], other: AnyRank[Q, C]
    ) -> Layer[tuple[*Ps, Q], X, B]: ...
    @overload
    def __rshift__(self: Layer[P, X, B], other: AnyRank[Q, C]) -> Layer[tuple[P, Q], X, B]: ...
    @overload
    def __rshift__(
        self: Layer[tuple[*Ps], X, Y], other: Layer[Q, Y, Z]
    ) -> Layer[tuple[*Ps, Q], X, Z]: ...
    @overload
    def __rshift__(self, other: Layer[Q, Y, Z]) -> Layer[tuple[P, Q], X, Z]: ...
    def __rshift__(self, other: object) -> object:
        return self._then(other)

    def _then(self, other: object) -> AnyLayer:
        checks.instance(f"Layer {len(self)}", other, Layer)
        return chain(*self.parts, other)

    def __rrshift__(self, other: Never) -> None:
        checks.instance("The left side of >>", other, Layer)

    def __len__(self) -> int:
        return len(self.parts)

    def __iter__(self) -> Iterator[AnyLayer]:
        return (part for part in self.parts if isinstance(part, Layer))

    def __getitem__(self, index: int | Span) -> AnyLayer:
        """The layer at an index of a chain, or the chain of a slice."""
        found = list(self)
        if not isinstance(index, slice):
            return found[index]
        if not found[index]:
            raise OptionError(f"{index} selects none of the {len(found)} layers.")
        return chain(*found[index])


AnyLayer = Layer[object, object, object]


@attrs.frozen(repr=False, eq=False, getstate_setstate=False)
class AnyRank(Layer[P, A, A], Generic[P, A]):
    """A layer that keeps the shape of batches of any rank, such as `relu` or `batch_norm`.

    Its type has one rank, that of matrices where nothing else is known. `>>` takes that of the
    neighbours instead, and a chain of such layers keeps any rank: `pre = batch_norm() >> relu()`
    fits between convolutions, before one, and between linear layers.
    """

    @overload
    def __rshift__(
        self: AnyRank[tuple[*Ps], A], other: AnyRank[Q, C]
    ) -> AnyRank[tuple[*Ps, Q], A]: ...
    @overload
    def __rshift__(self, other: AnyRank[Q, C]) -> AnyRank[tuple[P, Q], A]: ...
    @overload
    def __rshift__(
        self: AnyRank[tuple[*Ps], A], other: Layer[Q, B, Z]
    ) -> Layer[tuple[*Ps, Q], B, Z]: ...
    @overload
    def __rshift__(self, other: Layer[Q, B, Z]) -> Layer[tuple[P, Q], B, Z]: ...
    def __rshift__(self, other: object) -> object:
        return self._then(other)


def any_rank(layer: Layer[P, A, A]) -> AnyRank[P, A]:
    """The layer, said to keep the shape of batches of any rank."""
    return AnyRank(layer._init, layer._apply, layer._vjp, inference=layer.inference)


def chain(*layers: object) -> AnyLayer:
    """The layers joined by `>>`, or the chain of one; expressions of chains call this."""
    parts: list[AnyLayer] = [layer for layer in layers if isinstance(layer, Layer)]
    row = in_a_row("A chain", parts)

    def init(key: Key, example: object) -> tuple[object, ...]:
        params = row._init(key, example)
        if isinstance(params[0], tuple) and parts[0].parts == (parts[0],):
            problem = "are a bare tuple, which means a chain. Put it into block(...)"
            raise OptionError(f"The parameters of {parts[0]!r} {problem}.")
        return params

    kinds = set(map(type, parts))
    kind = kinds.pop() if kinds == {AnyRank} else Layer
    made: object = expressed(kind(init, row._apply, row._vjp), Chained(chain, layers))
    return made if isinstance(made, Layer) else parts[0]


def in_a_row(subject: str, layers: Sequence[Layer[P, X, X]]) -> Layer[tuple[P, ...], X, X]:
    """Layers one after the other: each takes a child of the key, and its errors say where it is."""

    def init(key: Key, example: X) -> tuple[P, ...]:
        params: list[P] = []
        for index, layer in enumerate(layers):
            if params:
                example = located(index - 1, layers[index - 1]._apply, params[-1], example)
            params.append(located(index, layer.init, key.child("layer", index), example))
        return tuple(params)

    def apply(params: tuple[P, ...], x: X) -> X:
        require_entries(subject, params, len(layers))
        for index, layer in enumerate(layers):
            x = located(index, layer._apply, params[index], x)
        return x

    def vjp(params: tuple[P, ...], x: X, key: Key) -> Pass[X, tuple[P, ...], X]:
        require_entries(subject, params, len(layers))

        def one(index: int, own: P, x: X) -> Pass[X, P, X]:
            return located(index, layers[index]._vjp, own, x, key.child("layer", index))

        return passed(one, params, x)

    return Layer(init, apply, vjp)


def passed(
    one: Callable[[int, P, X], Pass[X, P, X]], params: Sequence[P], x: X
) -> Pass[X, tuple[P, ...], X]:
    """The training pass through layers one after the other, from that of each, by its number.

    The pullbacks of those before all parameters wait until the cotangent of the input is wanted.
    """
    pullbacks: list[Pullback[X, P, X]] = []
    for index, own in enumerate(params):
        x, pullback = one(index, own, x)
        pullbacks.append(pullback)
    waiting = pullbacks[: len([*takewhile(_is_bare, params[:-1])])]

    def pull(dy: X) -> tuple[tuple[P, ...], Thunk[X]]:
        grads = [*params]  # bare parameters are their own gradient
        grads[-1], dx = pullbacks[-1](dy)
        for index in reversed(range(len(waiting), len(pullbacks) - 1)):
            grads[index], dx = pullbacks[index](dx())

        def through_waiting() -> X:
            found = dx()
            for pullback in reversed(waiting):
                found = pullback(found)[1]()
            return found

        return tuple(grads), through_waiting

    return x, pull


def _is_bare(params: object) -> bool:
    """Whether these are the parameters of layers that have none."""
    return type(params) is Empty or (type(params) is tuple and all(map(_is_bare, params)))
