"""Layers of functions that need not check what they are given."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from purenn.arrays import P, X, Y
from purenn.keys import Key
from purenn.layers._contract import FreePass, Layer, Pass
from purenn.layers._fitting import require_params
from purenn.tree import EMPTY, Empty

Check = Callable[[str, X], object]  # of an input, for the layer of that name

UNUSED = Key(0)  # the key of training that draws nothing


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


def without_params(
    subject: str,
    check: Check[X],
    forward: Callable[[X], FreePass[Y, X]],
    apply: Callable[[X], Y] | None = None,
) -> Layer[Empty, X, Y]:
    """A layer without parameters, and another function for inference if that is less work."""

    def vjp(params: Empty, x: X, key: Key) -> Pass[Y, Empty, X]:
        y, backward = forward(x)
        return y, lambda dy: (EMPTY, partial(backward, dy))

    own = None if apply is None else lambda params, x: apply(x)
    return checked(subject, Empty, check, lambda key, example: EMPTY, vjp, own)
