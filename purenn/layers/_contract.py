"""A layer is a triple of pure functions, and `>>` chains them.

- `init(key, example) -> params`: the example is a batch like those to come.
- `apply(params, x) -> y` is inference.
- `vjp(params, x, key) -> (y, pullback)` is the training pass, the only one that may draw from its
  key. `pullback(dy) -> (dparams, dx)`, where `dx` is a thunk: the cotangent of the input is
  computed when it is called, and never if nobody does.

A chain is a layer like any other. Its parameters are the exact tuple of its layers' parameters:
`linear(8) >> relu() >> linear(1)` has a `tuple[Linear, Empty, Linear]`. A bare tuple always means a
chain; what wraps another layer has parameters of a class of its own, such as `Block`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Generic, Never, NoReturn, TypeVar, TypeVarTuple, overload

import attrs

from purenn import checks
from purenn.arrays import Array
from purenn.errors import DtypeError, LocatedError, OptionError, ParametersError
from purenn.expressions import Chained, Expressed
from purenn.keys import Key
from purenn.tree import Empty

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


@attrs.frozen(repr=False, eq=False)
class Layer(Expressed, Generic[P, X, Y]):
    """A triple of pure functions: `P` are the parameters, `X` goes in and `Y` comes out.

    Args:
        init: `(key, example) -> params`.
        apply: `(params, x) -> y`.
        vjp: `(params, x, key) -> (y, pullback)`.
    """

    _init: Callable[[Key, X], P]
    _apply: Callable[[P, X], Y]
    _vjp: Callable[[P, X, Key], tuple[Y, Pullback[Y, P, X]]]

    def __attrs_post_init__(self) -> None:
        checks.function("The init of a Layer", self._init)
        checks.function("The apply of a Layer", self._apply)
        checks.function("The vjp of a Layer", self._vjp)

    __array_ufunc__ = None  # an array on the left of >> leaves the operation to __rrshift__

    def init(self, key: Key, example: X) -> P:
        """First parameters, in the dtype of the example.

        Args:
            key: where random numbers come from.
            example: a batch like those to come, of one sample or more.

        Raises:
            ShapeError, DtypeError: the layer does not take such samples.
        """
        checks.instance("The key of init", key, Key, "Give Key(0), say, and then the example.")
        return self._init(key, example)

    def apply(self, params: P, x: X) -> Y:
        """The output for a batch: inference.

        Raises:
            ShapeError, DtypeError: the layer does not take such samples.
            ParametersError: these parameters are another layer's.
        """
        return self._apply(params, x)

    def vjp(self, params: P, x: X, key: Key) -> tuple[Y, Pullback[Y, P, X]]:
        """The output for a batch and its pullback: training.

        Raises:
            ShapeError, DtypeError: the layer does not take such samples.
            ParametersError: these parameters are another layer's.
        """
        checks.instance("The key of vjp", key, Key, "Give Key(0), say.")
        return self._vjp(params, x, key)

    @overload
    def __rshift__(
        self: Layer[tuple[*Ps], X, Y], other: Layer[Q, Y, Z]
    ) -> Layer[tuple[*Ps, Q], X, Z]: ...
    @overload
    def __rshift__(self, other: Layer[Q, Y, Z]) -> Layer[tuple[P, Q], X, Z]: ...
    def __rshift__(self, other: Layer[Q, Y, Z]) -> object:
        require_layer(other)
        return (self if isinstance(self, _Chain) else _single(self)).append(other)

    def __rrshift__(self, other: Never) -> NoReturn:
        require_layer(other)
        raise OptionError(f"{other!r} cannot be chained.")

    @property
    def parts(self) -> tuple[object, ...]:
        """The layers of a chain; any other layer is the only one of its own."""
        return (self,)

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, index: int | slice[int | None, int | None, int | None]) -> AnyLayer:
        """A layer of a chain by its number, or the chain of some of them."""
        found: list[AnyLayer] = [part for part in self.parts if isinstance(part, Layer)]
        if not isinstance(index, slice):
            return found[index]
        if not found[index]:
            raise OptionError(f"There are no layers {index} in a chain of {len(found)}.")
        return chain(*found[index])


AnyLayer = Layer[object, object, object]


def _joined(first: AnyLayer, second: AnyLayer) -> AnyLayer:
    joined: object = first >> second
    return joined if isinstance(joined, Layer) else first


@attrs.frozen(repr=False, eq=False)
class _Chain(Layer[tuple[*Ps], X, Y], Generic[X, Y, *Ps]):
    """What `>>` builds, so that it knows where to append."""

    _parts: tuple[object, ...]

    @property
    def parts(self) -> tuple[object, ...]:
        return self._parts

    def append(self, other: Layer[Q, Y, Z]) -> _Chain[X, Z, *Ps, Q]:
        index, size = len(self._parts), len(self._parts) + 1
        if size > LONGEST_CHAIN:
            raise OptionError(
                f"A chain has at most {LONGEST_CHAIN} layers. Put layers of one kind into a stack."
            )
        head, here = self, Place(index)

        def init(key: Key, x: X) -> tuple[*Ps, Q]:
            front = head._init(key, x)
            between = head._apply(front, x)
            with here:
                return (*front, other._init(key.child("layer", index), between))

        def apply(params: tuple[*Ps, Q], x: X) -> Z:
            _require_entries(params, size)
            between = head._apply(params[:-1], x)
            with here:
                return other._apply(params[-1], between)

        def vjp(params: tuple[*Ps, Q], x: X, key: Key) -> tuple[Z, Pullback[Z, tuple[*Ps, Q], X]]:
            _require_entries(params, size)
            front = params[:-1]
            y, pull_front = head._vjp(front, x, key)
            try:  # as `with here`, which costs a call even where nothing goes wrong
                z, pull_last = other._vjp(params[-1], y, key.child("layer", index))
            except LocatedError as error:
                raise error.inside(index) from None
            return z, _pull_both(front, pull_front, pull_last)

        parts = (*self._parts, other)
        return _Chain(init, apply, vjp, parts, expression=Chained(chain, parts))


def _single(layer: Layer[P, X, Y]) -> _Chain[X, Y, P]:
    """The chain of one layer, where a longer one starts."""
    here = Place(0)

    def init(key: Key, x: X) -> tuple[P]:
        with here:
            params = layer._init(key.child("layer", 0), x)
        if isinstance(params, tuple):
            raise OptionError(
                f"The parameters of {layer!r} are a bare tuple, which means a chain. "
                "Put it into block(...)."
            )
        return (params,)

    def apply(params: tuple[P], x: X) -> Y:
        _require_entries(params, 1)
        with here:
            return layer._apply(params[0], x)

    def vjp(params: tuple[P], x: X, key: Key) -> tuple[Y, Pullback[Y, tuple[P], X]]:
        _require_entries(params, 1)
        with here:
            y, pull_layer = layer._vjp(params[0], x, key.child("layer", 0))

        def pull(dy: Y) -> tuple[tuple[P], Thunk[X]]:
            grads, dx = pull_layer(dy)
            return (grads,), dx

        return y, pull

    return _Chain(init, apply, vjp, (layer,), expression=Chained(chain, (layer,)))


def chain(first: AnyLayer, *others: AnyLayer) -> AnyLayer:
    """The layers joined by `>>`, or the chain of one; expressions of chains call this."""
    if others:
        return reduce(_joined, others, first)
    single: object = _single(first)
    return single if isinstance(single, Layer) else first


@attrs.frozen
class Place:
    """A layer's number in a chain. Errors that leave its `with` block say so."""

    index: int

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, LocatedError):
            raise error.inside(self.index) from None


def _pull_both(
    front: tuple[*Ps], pull_front: Pullback[Y, tuple[*Ps], X], pull_last: Pullback[Z, Q, Y]
) -> Pullback[Z, tuple[*Ps, Q], X]:
    """The pullback of a chain from those of its last layer and of all before."""

    def pull(dz: Z) -> tuple[tuple[*Ps, Q], Thunk[X]]:
        last, dy = pull_last(dz)
        if _is_bare(front):

            def deferred() -> X:
                return pull_front(dy())[1]()

            return (*front, last), deferred
        grads, dx = pull_front(dy())
        return (*grads, last), dx

    return pull


def _is_bare(params: object) -> bool:
    """Whether these layers have no parameters: then they are their own gradient, for any dy."""
    return type(params) is Empty or (type(params) is tuple and all(map(_is_bare, params)))


def require_layer(value: object) -> None:
    """Check that a value is a layer."""
    if isinstance(value, Layer):
        return
    if callable(value) and hasattr(value, "__name__"):
        raise OptionError(
            f"expected a layer, got the function {value.__name__}. Call it: {value.__name__}()."
        )
    raise OptionError(f"expected a layer, got {checks.described(value)}.")


def _require_entries(params: object, size: int) -> None:
    if not isinstance(params, tuple) or len(params) != size:
        got = f"a tuple of {len(params)}" if isinstance(params, tuple) else checks.described(params)
        raise ParametersError(
            "A chain",
            f"expected parameters for each of its {size} layers, got {got}. "
            "Make them with model.init(key, example).",
        )


def require_params(subject: str, params: object, kind: type) -> None:
    """Check that parameters are of the class that a layer has."""
    if not isinstance(params, kind):
        raise ParametersError(
            subject,
            f"expected parameters of class {kind.__name__}, got {checks.described(params)}. "
            "Make them with model.init(key, example).",
        )


def require_same_dtype(subject: str, leaf: Array, x: Array) -> None:
    """Check that an input has the dtype of a leaf of the parameters."""
    if x.dtype != leaf.dtype:
        raise DtypeError(
            subject,
            f"expected {leaf.dtype}, as its parameters are, got {x.dtype}. "
            f"Convert one of them, for example with x.astype(np.{leaf.dtype}).",
        )
