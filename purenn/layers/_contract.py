"""A layer is a triple of pure functions, and `>>` chains them.

- `init(key, example) -> params`: the example is a batch like those to come.
- `apply(params, x) -> y` is inference.
- `vjp(params, x, key) -> (y, pullback)` is the training pass, which may draw from its key.
  `pullback(dy) -> (dparams, dx)`, where `dx` is a thunk: calling it computes the cotangent of the
  input, which costs nothing if nobody does.

A chain is a layer like any other. Its parameters are the exact tuple of its layers' parameters:
`linear(8) >> relu() >> linear(1)` has a `tuple[Linear, Empty, Linear]`. A bare tuple always means a
chain; the parameters of layers that wrap others have classes of their own, such as `Block`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Never, TypeVar, TypeVarTuple, overload

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import Span
from purenn.errors import OptionError
from purenn.expressions import Chained, Expressed, expressed, known
from purenn.keys import Key
from purenn.layers._fitting import guarded, located, require_entries, require_params, require_single
from purenn.tree import Empty

P = TypeVar("P")
Q = TypeVar("Q")
W = TypeVar("W")
X = TypeVar("X")
Y = TypeVar("Y")
Z = TypeVar("Z")
Ps = TypeVarTuple("Ps")

Thunk = Callable[[], X]
Pullback = Callable[[Y], tuple[P, Thunk[X]]]
Pass = tuple[Y, Pullback[Y, P, X]]
FreePass = tuple[Y, Callable[[Y], X]]  # without parameters
Check = Callable[[str, X], object]  # of an input, for the layer of that name

LONGEST_CHAIN = 400  # a chain of layers is a chain of calls, of which Python allows 1,000
UNUSED = Key(0)  # the key of training that draws nothing


@attrs.frozen(repr=False, eq=False)
class Layer(Expressed, Generic[P, X, Y]):
    """A layer: three pure functions of parameters `P`, inputs `X` and outputs `Y`.

    Inputs that do not fit raise ShapeError or DtypeError, symbols out of range LabelError, and
    another layer's parameters ParametersError. Where training differs from inference, as in
    dropout, `inference` is the layer of the same parameters with the `vjp` of inference. It is None
    for all other layers, also for those made of others.
    """

    _init: Callable[[Key, X], P] = attrs.field(validator=checks.called, alias="init")
    _apply: Callable[[P, X], Y] = attrs.field(validator=checks.called, alias="apply")
    _vjp: Callable[[P, X, Key], Pass[Y, P, X]] = attrs.field(validator=checks.called, alias="vjp")
    inference: Layer[P, X, Y] | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.inference is not None:
            checks.instance("The inference of a Layer", self.inference, Layer)

    __array_ufunc__ = None  # an array on the left of >> leaves the operation to __rrshift__

    @np.errstate(under="ignore")
    def init(self, key: Key, example: X) -> P:
        """Initial parameters, in the dtype of the example, which is a batch of inputs."""
        checks.instance("The key of init", key, Key)
        require_single(self, params := self._init(key, example), example)
        return params

    def apply(self, params: P, x: X) -> Y:
        """The output for a batch, in inference mode."""
        return self._apply(params, x)

    def vjp(self, params: P, x: X, key: Key) -> Pass[Y, P, X]:
        """The output in training mode, and its pullback: `dy -> (gradient, dx)`; call `dx()`."""
        return guarded(self, self._unguarded_vjp(params, x, key))

    def _unguarded_vjp(self, params: P, x: X, key: Key) -> Pass[Y, P, X]:
        """`vjp` for a caller that checks the cotangent itself."""
        checks.instance("The key of vjp", key, Key)
        return self._vjp(params, x, key)

    @overload
    def __rshift__(
        self: Layer[tuple[*Ps], X, Y], other: Layer[Q, Y, Z]
    ) -> Layer[tuple[*Ps, Q], X, Z]: ...
    @overload
    def __rshift__(self, other: Layer[Q, Y, Z]) -> Layer[tuple[P, Q], X, Z]: ...
    def __rshift__(self, other: Layer[Q, Y, Z]) -> object:
        if isinstance(self, _Chain) and self.expression is not None:
            return self.append(other)
        nothing: _Chain[X, X] = _no_layers()
        return nothing.append(self).append(other)

    def __rrshift__(self, other: Never) -> None:
        checks.instance("The left side of >>", other, Layer)

    @property
    def parts(self) -> tuple[object, ...]:
        """The layers of a chain; `(self,)` for any other layer."""
        return (self,)

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, index: int | Span) -> AnyLayer:
        """The layer at an index of a chain, or the chain of a slice."""
        found: list[AnyLayer] = [part for part in self.parts if isinstance(part, Layer)]
        if not isinstance(index, slice):
            return found[index]
        if not found[index]:
            raise OptionError(f"{index} selects none of the {len(found)} layers.")
        return chain(*found[index])


AnyLayer = Layer[object, object, object]


@attrs.frozen(repr=False, eq=False)
class _Chain(Layer[tuple[*Ps], X, Y], Generic[X, Y, *Ps]):
    """What `>>` builds, so that it knows where to append.

    `_start` gives the parameters for an example, and a thunk of the output for it. A chain whose
    functions `attrs.evolve` has replaced has no expression, and is a layer like any other.
    """

    _parts: tuple[object, ...]
    _start: Callable[[Key, X], tuple[tuple[*Ps], Thunk[Y]]]

    @property
    def parts(self) -> tuple[object, ...]:
        return (self,) if self.expression is None else self._parts

    def append(self, other: Layer[Q, Y, Z]) -> _Chain[X, Z, *Ps, Q]:
        parts = (*self._parts, other)
        if (size := len(parts)) > LONGEST_CHAIN:
            cure = "Put layers of one kind into a stack."
            raise OptionError(f"A chain has at most {LONGEST_CHAIN} layers. {cure}")
        last = placed(other, size - 1)

        def start(key: Key, x: X) -> tuple[tuple[*Ps, Q], Thunk[Z]]:
            front, between = self._start(key, x)
            y = between()
            own = last._init(key, y)
            if size == 1 and isinstance(own, tuple) and other.parts == (other,):
                raise OptionError(
                    f"The parameters of {other!r} are a bare tuple, which means a chain. "
                    "Put it into block(...)."
                )
            return (*front, own), lambda: last._apply(own, y)

        def apply(params: tuple[*Ps, Q], x: X) -> Z:
            require_entries("A chain", params, size)
            return last._apply(params[-1], self._apply(params[:-1], x))

        def vjp(params: tuple[*Ps, Q], x: X, key: Key) -> Pass[Z, tuple[*Ps, Q], X]:
            require_entries("A chain", params, size)
            front = params[:-1]
            y, pull_front = self._vjp(front, x, key)
            z, pull_last = last._vjp(params[-1], y, key)

            def pull(dz: Z) -> tuple[tuple[*Ps, Q], Thunk[X]]:
                grad, dy = pull_last(dz)
                if _is_bare(front):  # it is its own gradient, for any dy

                    def deferred() -> X:
                        return pull_front(dy())[1]()

                    return (*front, grad), deferred
                grads, dx = pull_front(dy())
                return (*grads, grad), dx

            return z, pull

        made = _Chain(lambda key, x: start(key, x)[0], apply, vjp, parts, start)
        return expressed(made, Chained(chain, parts))


def _no_layers() -> _Chain[X, X]:
    """The chain that computes nothing, where others start."""

    def vjp(params: tuple[()], x: X, key: Key) -> Pass[X, tuple[()], X]:
        return x, lambda dx: ((), lambda: dx)

    return _Chain(lambda key, x: (), lambda params, x: x, vjp, (), lambda key, x: ((), lambda: x))


def chain(*layers: AnyLayer) -> AnyLayer:
    """The layers joined by `>>`, or the chain of one; expressions of chains call this."""
    nothing: _Chain[object, object] = _no_layers()
    joined: object = nothing.append(layers[0])
    for layer in layers[1:]:
        joined = joined >> layer if isinstance(joined, Layer) else layer
    return joined if isinstance(joined, Layer) else layers[0]


def placed(layer: Layer[P, X, Y], index: int) -> Layer[P, X, Y]:
    """Layer number `index` of several: it takes a child of their key, and its errors say where."""
    checks.instance(f"Layer {index}", layer, Layer)

    def init(key: Key, example: X) -> P:
        return layer.init(key.child("layer", index), example)

    def vjp(params: P, x: X, key: Key) -> Pass[Y, P, X]:
        return layer._vjp(params, x, key.child("layer", index))

    parts = located(index, init), located(index, layer._apply), located(index, vjp)
    return known(Layer(*parts), layer)


def checked(
    subject: str,
    kind: type,
    check: Check[X],
    init: Callable[[Key, X], P],
    vjp: Callable[[P, X, Key], Pass[Y, P, X]],
    apply: Callable[[P, X], Y] | None = None,
) -> Layer[P, X, Y]:
    """A layer with checks of the class of its parameters, and of inputs. `apply` may be `vjp`'s."""

    def checked_init(key: Key, example: X) -> P:
        check(subject, example)
        return init(key, example)

    def checked_apply(params: P, x: X) -> Y:
        require_params(subject, params, kind)
        check(subject, x)
        return vjp(params, x, UNUSED)[0] if apply is None else apply(params, x)

    def checked_vjp(params: P, x: X, key: Key) -> Pass[Y, P, X]:
        require_params(subject, params, kind)
        check(subject, x)
        return vjp(params, x, key)

    return Layer(checked_init, checked_apply, checked_vjp)


def anything(subject: str, x: object) -> None:
    """The check of `checked` that leaves inputs to the layers within."""


def _is_bare(params: object) -> bool:
    """Whether these are the parameters of layers that have none."""
    return type(params) is Empty or (type(params) is tuple and all(map(_is_bare, params)))
