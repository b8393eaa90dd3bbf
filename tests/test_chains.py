"""Chains: `>>` builds layers out of layers, with the exact tuple of their parameters."""

from __future__ import annotations

import functools
import operator

import attrs
import numpy as np
import pytest
from contracts import bits, normal, pulled

from purenn import Empty, Key, Layer, Linear, Pullback
from purenn.arrays import Matrix
from purenn.layers import Block, block, identity, linear, relu, tanh
from purenn.tree import paths

KEY, X = Key(2), normal(0, 5, 3)
Activation = Layer[Empty, Matrix, Matrix]


def noting(log: list[tuple[str, Key]]) -> Activation:
    """A layer that notes the keys it is given, and when it is applied."""

    def init(key: Key, example: Matrix) -> Empty:
        log.append(("init", key))
        return Empty()

    def apply(params: Empty, x: Matrix) -> Matrix:
        log.append(("apply", KEY))
        return x

    def vjp(params: Empty, x: Matrix, key: Key) -> tuple[Matrix, Pullback[Matrix, Empty, Matrix]]:
        log.append(("vjp", key))
        return x, lambda dy: (params, lambda: dy)

    return Layer(init, apply, vjp)


def test_a_chain_is_its_layers_one_after_the_other() -> None:
    first, second, third = linear(4), tanh(), linear(2)
    model = first >> second >> third
    params = model.init(KEY, X)
    assert [type(part) for part in params] == [Linear, Empty, Linear]
    between = second.apply(params[1], first.apply(params[0], X))
    assert bits(model.apply(params, X)) == bits(third.apply(params[2], between))
    assert paths(params) == ("0.weight", "0.bias", "2.weight", "2.bias")
    same = (first >> identity()).apply((params[0], Empty()), X)
    assert bits(same) == bits(first.apply(params[0], X))


def test_layer_i_takes_the_child_i_of_the_key() -> None:
    log: list[tuple[str, Key]] = []
    model = noting(log) >> relu() >> block(noting(log) >> noting(log)) >> noting(log)
    params = model.init(KEY, X)
    inner = KEY.child("layer", 2)
    keys = [KEY.child("layer", 0), inner.child("layer", 0), inner.child("layer", 1)]
    keys.append(KEY.child("layer", 3))
    assert [entry for entry in log if entry[0] == "init"] == [("init", key) for key in keys]
    log.clear()
    model.vjp(params, X, KEY)
    assert log == [("vjp", key) for key in keys]


def test_blocks_stay_whole_on_either_side_and_compute_the_same() -> None:
    a, b, c = linear(4), tanh(), linear(2)
    p, q, r = (a >> b >> c).init(KEY, X)
    whole = pulled(a >> b >> c, (p, q, r), X)
    left = pulled(block(a >> b) >> c, (Block((p, q)), r), X)
    right = pulled(a >> block(b >> c), (p, Block((q, r))), X)
    assert bits(left) == bits(right) == bits(whole)
    assert paths((p, Block((q, r)))) == ("0.weight", "0.bias", "1.inner.1.weight", "1.inner.1.bias")


def test_chaining_leaves_the_parts_as_they_were() -> None:
    head = linear(4) >> relu()
    assert repr(head >> linear(1)) == "linear(4) >> relu() >> linear(1)"
    assert repr(head >> linear(2)) == "linear(4) >> relu() >> linear(2)"
    assert repr(head) == "linear(4) >> relu()"
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(head, "expression", None)  # noqa: B010 - mypy knows that it is frozen


def test_a_chain_with_another_function_is_a_layer_like_any_other() -> None:
    first = (linear(4) >> relu()).init(Key(5), X)
    fitted = attrs.evolve(linear(4) >> relu(), init=lambda key, example: first)
    assert len(fitted) == 1
    assert bits((block(fitted) >> linear(2)).init(KEY, X)[0]) == bits(first)


@attrs.frozen(repr=False, eq=False)
class Named(Layer[Empty, Matrix, Matrix]):
    """A layer with a field that its arguments do not give."""

    title: str = attrs.field(default="own", init=False)


def test_a_layer_of_a_class_of_ones_own_can_be_in_a_chain() -> None:
    inner: Layer[Empty, Matrix, Matrix] = relu()
    own = Named(inner.init, inner.apply, inner.vjp)
    assert bits((linear(4) >> own).init(KEY, X)) == bits((linear(4) >> inner).init(KEY, X))


def test_layers_of_a_chain_are_counted_and_picked() -> None:
    model = linear(4) >> relu() >> linear(2)
    assert [len(model), len(relu()), len(block(model))] == [3, 1, 1]
    assert [model[index] for index in (0, 1, -1)] == [linear(4), relu(), linear(2)]
    assert model[:2] == linear(4) >> relu()
    assert model[::2] == linear(4) >> linear(2)
    assert (repr(model[:1]), repr(model[0])) == ("chain(linear(4))", "linear(4)")
    assert relu()[0] == relu()
    params = model.init(KEY, X)
    front = np.asarray(model[:2].apply(params[:2], X))
    assert bits(linear(2).apply(params[2], front)) == bits(model.apply(params, X))
    nested = linear(4) >> (relu() >> linear(2)) >> tanh()
    inner = nested.init(KEY, X)[1:]
    assert repr(nested[1:]) == "(relu() >> linear(2)) >> tanh()"
    assert paths(nested[1:].init(KEY, X)) == paths(inner)
    with pytest.raises(IndexError):
        model[3]


def chain_of(layers: list[Activation]) -> Activation:
    """The layers in a row, which mypy takes for one of them."""
    return functools.reduce(operator.rshift, layers)


def test_init_applies_each_layer_once_but_the_last() -> None:
    log: list[tuple[str, Key]] = []
    chain_of([noting(log)] * 9).init(KEY, X)
    assert [event for event, _ in log] == ["init", *["apply", "init"] * 8]


def test_a_chain_longer_than_calls_may_be_nested_trains() -> None:
    model = chain_of([identity(), chain_of([relu()] * 1001)] + [tanh()] * 1000)
    params = model.init(KEY, X)
    y, pull = model.vjp(params, X, KEY)
    assert bits(y) == bits(model.apply(params, X))
    assert pull(y)[1]().shape == X.shape
