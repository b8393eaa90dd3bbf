"""A layer is a triple of pure functions, and `>>` composes them.

- `init(key, shape) -> (params, out_shape)`: shapes are those of one sample, without the batch.
- `apply(params, x) -> y` is inference.
- `vjp(params, x, key) -> (y, pullback)` is the training pass, the only one that may draw from its
  key. `pullback(dy) -> (dparams, dx)`, where `dx` is a thunk: the cotangent of the input is
  computed when it is called, and never if nobody does. So a model spends nothing on the cotangent
  of its data, nor of what layers without parameters, such as `flatten()`, make of them.

A composite is a layer like any other. Its parameters are the exact tuple of its parts'
parameters: `linear(8) >> relu() >> linear(1)` has a `tuple[Linear, Empty, Linear]`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar, TypeVarTuple

import attrs

from purenn.arrays import Shape
from purenn.errors import LocatedError, OptionError, ParametersError
from purenn.keys import Key

P = TypeVar("P")
Q = TypeVar("Q")
X = TypeVar("X")
Y = TypeVar("Y")
Z = TypeVar("Z")
Ps = TypeVarTuple("Ps")

Thunk = Callable[[], X]
Pullback = Callable[[Y], tuple[P, Thunk[X]]]

# A chain of layers is a chain of calls. Python's own limit is 1,000 of them.
LONGEST_CHAIN = 400


@attrs.frozen
class Empty:
    """The parameters of a layer that has none, and the state of a transform that keeps none."""


EMPTY = Empty()


@attrs.frozen(repr=False, eq=False)
class Layer(Generic[P, X, Y]):
    """What every user of layers takes: primitives and composites alike.

    `P` are its parameters, `X` what goes in and `Y` what comes out, both with the batch axis first.
    """

    name: str
    init: Callable[[Key, Shape], tuple[P, Shape]]
    apply: Callable[[P, X], Y]
    vjp: Callable[[P, X, Key], tuple[Y, Pullback[Y, P, X]]]

    def __repr__(self) -> str:
        return self.name


@attrs.frozen(repr=False, eq=False)
class Primitive(Layer[P, X, Y]):
    """A layer given by its three functions and the expression that builds it."""

    def __rshift__(self, other: Layer[Q, Y, Z]) -> Serial[X, Z, P, Q]:
        return serial(self) >> other


Part = tuple[str, Callable[[Key, Shape], tuple[object, Shape]]]


@attrs.frozen(repr=False, eq=False)
class Serial(Layer[tuple[*Ps], X, Y], Generic[X, Y, *Ps]):
    """Layers in a row: a composite, built by `>>` or, of one layer, by `serial`.

    Layer number i takes `params[i]` and the key `key.fold_in(i)`.
    """

    parts: tuple[Part, ...]

    def __rshift__(self, other: Layer[Q, Y, Z]) -> Serial[X, Z, *Ps, Q]:
        index, size = len(self.parts), len(self.parts) + 1
        _require_room(index)
        shown = f"({other!r})" if isinstance(other, Serial) else repr(other)
        first = self.name if index > 1 else self.parts[0][0]
        name = f"{first} >> {shown}"
        head_init, head_apply, head_vjp = self.init, self.apply, self.vjp
        part = located(index, other)

        def init(key: Key, shape: Shape) -> tuple[tuple[*Ps, Q], Shape]:
            head, between = head_init(key, shape)
            last, out = part.init(key.fold_in(index), between)
            return (*head, last), out

        def apply(params: tuple[*Ps, Q], x: X) -> Z:
            require_entries(name, params, size)
            return part.apply(params[-1], head_apply(params[:-1], x))

        def vjp(params: tuple[*Ps, Q], x: X, key: Key) -> tuple[Z, Pullback[Z, tuple[*Ps, Q], X]]:
            require_entries(name, params, size)
            head_params = params[:-1]
            y, pull_head = head_vjp(head_params, x, key)
            z, pull_last = part.vjp(params[-1], y, key.fold_in(index))
            return z, _pull_both(head_params, pull_head, pull_last)

        return Serial(name, init, apply, vjp, (*self.parts, (shown, other.init)))


def located(index: int, layer: Layer[P, X, Y]) -> Layer[P, X, Y]:
    """A layer as number `index` of a composite: its errors say so."""

    def init(key: Key, shape: Shape) -> tuple[P, Shape]:
        try:
            return layer.init(key, shape)
        except LocatedError as error:
            raise error.inside(index) from None

    def apply(params: P, x: X) -> Y:
        try:
            return layer.apply(params, x)
        except LocatedError as error:
            raise error.inside(index) from None

    def vjp(params: P, x: X, key: Key) -> tuple[Y, Pullback[Y, P, X]]:
        try:
            return layer.vjp(params, x, key)
        except LocatedError as error:
            raise error.inside(index) from None

    return Layer(layer.name, init, apply, vjp)


def _pull_both(
    head_params: tuple[*Ps], pull_head: Pullback[Y, tuple[*Ps], X], pull_last: Pullback[Z, Q, Y]
) -> Pullback[Z, tuple[*Ps, Q], X]:
    """The pullback of a chain from those of its last layer and of all before."""

    def pull(dz: Z) -> tuple[tuple[*Ps, Q], Thunk[X]]:
        last, dy = pull_last(dz)
        if _is_bare(head_params):

            def deferred() -> X:
                return pull_head(dy())[1]()

            return (*head_params, last), deferred
        head, dx = pull_head(dy())
        return (*head, last), dx

    return pull


def _is_bare(params: object) -> bool:
    """Whether these layers have no parameters: then they are their own gradient, for any dy."""
    return type(params) is Empty or (isinstance(params, tuple) and all(map(_is_bare, params)))


def _require_room(index: int) -> None:
    if index >= LONGEST_CHAIN:
        raise OptionError(
            f"A chain holds at most {LONGEST_CHAIN} layers. Build blocks and chain those: "
            "block >> block >> block, where block = linear(64) >> relu()."
        )


def require_entries(name: str, params: object, size: int) -> None:
    """Check that a composite's parameters are a tuple with an entry for each of its layers.

    Raises:
        ParametersError: they are not.
    """
    if not isinstance(params, tuple) or len(params) != size:
        other = f"an object of class {type(params).__name__}"
        came = len(params) if isinstance(params, tuple) else other
        raise ParametersError(
            name,
            f"takes a tuple of {size} parameters, one for each layer, and {came} came. "
            "Make them with model.init.",
        )


def serial(layer: Layer[P, X, Y]) -> Serial[X, Y, P]:
    """The composite of one layer, where a chain starts: `a >> b` is `serial(a) >> b`."""
    name = f"serial({layer!r})"
    part = located(0, layer)

    def init(key: Key, shape: Shape) -> tuple[tuple[P], Shape]:
        params, out = part.init(key.fold_in(0), shape)
        return (params,), out

    def apply(params: tuple[P], x: X) -> Y:
        require_entries(name, params, 1)
        return part.apply(params[0], x)

    def vjp(params: tuple[P], x: X, key: Key) -> tuple[Y, Pullback[Y, tuple[P], X]]:
        require_entries(name, params, 1)
        y, pull_layer = part.vjp(params[0], x, key.fold_in(0))

        def pull(dy: Y) -> tuple[tuple[P], Thunk[X]]:
            grads, dx = pull_layer(dy)
            return (grads,), dx

        return y, pull

    inner = name if isinstance(layer, Serial) else repr(layer)
    return Serial(name, init, apply, vjp, ((inner, layer.init),))
