"""Composition: `>>` builds layers out of layers, with the exact tuple of their parameters."""

from __future__ import annotations

import functools
import operator
import sys

import attrs
import numpy as np
import pytest
from contracts import FLOATS, all_bits, bits, frozen, noise

import purenn as nn
from purenn.arrays import Array, Matrix, Shape, narrowed
from purenn.layer import LONGEST_CHAIN

KEY = nn.Key(2)
Activation = nn.Primitive[nn.Empty, Matrix, Matrix]
X = narrowed(frozen(noise(0, (5, 3)), FLOATS[0]), np.zeros((1, 1)))


@attrs.frozen(eq=False)
class Noise:
    """The parameters of `noisy`: the key that `init` was given, as a leaf."""

    seen: Array


def drawn(key: nn.Key) -> Array:
    return key.generator().random(3).astype(np.float32)


def noisy(log: list[tuple[str, nn.Key]]) -> nn.Primitive[Noise, Matrix, Matrix]:
    """A layer that notes the keys it is given."""

    def init(key: nn.Key, shape: Shape) -> tuple[Noise, Shape]:
        log.append(("init", key))
        return Noise(drawn(key)), shape

    def vjp(
        params: Noise, x: Matrix, key: nn.Key
    ) -> tuple[Matrix, nn.Pullback[Matrix, Noise, Matrix]]:
        log.append(("vjp", key))
        return x, lambda dy: (params, lambda: dy)

    return nn.Primitive("noisy()", init, lambda params, x: x, vjp)


# --- what a composite is -------------------------------------------------------------------------


def test_a_composite_is_its_layers_one_after_the_other() -> None:
    first, second, third = nn.linear(4), nn.tanh(), nn.linear(2)
    model = first >> second >> third
    params, out = model.init(KEY, (3,))
    assert out == (2,)
    between = second.apply(params[1], first.apply(params[0], X))
    assert bits(model.apply(params, X)) == bits(third.apply(params[2], between))


def test_parameters_are_the_tuple_of_the_layers_parameters() -> None:
    params, _ = (nn.linear(4) >> nn.relu() >> nn.linear(2)).init(KEY, (3,))
    assert type(params) is tuple
    assert [type(part) for part in params] == [nn.Linear, nn.Empty, nn.Linear]
    assert params[2].weight.shape == (4, 2)


def test_layer_i_takes_the_key_folded_with_i() -> None:
    log: list[tuple[str, nn.Key]] = []
    model = noisy(log) >> nn.relu() >> (noisy(log) >> noisy(log)) >> noisy(log)
    params, _ = model.init(KEY, (3,))
    keys = [KEY.fold_in(0), KEY.fold_in(2).fold_in(0), KEY.fold_in(2).fold_in(1), KEY.fold_in(3)]
    assert log == [("init", key) for key in keys]
    log.clear()
    other = nn.Key(9)
    model.vjp(params, X, other)
    keys = [nn.Key(9, (0,)), nn.Key(9, (2, 0)), nn.Key(9, (2, 1)), nn.Key(9, (3,))]
    assert log == [("vjp", key) for key in keys]


def test_where_the_brackets_stand_changes_the_parameters_tree_and_nothing_else() -> None:
    a, b, c = nn.linear(4), nn.tanh(), nn.linear(2)
    flat, nested = a >> b >> c, a >> (b >> c)
    params, _ = flat.init(KEY, (3,))
    same = (params[0], (params[1], params[2]))
    y, pull = flat.vjp(params, X, KEY)
    nested_y, nested_pull = nested.vjp(same, X, KEY)
    dy = np.ones_like(y)
    grads, dx = pull(dy)
    nested_grads, nested_dx = nested_pull(dy)
    assert bits(y) == bits(nested_y)
    assert all_bits(nn.leaves(grads)) == all_bits(nn.leaves(nested_grads))
    assert bits(dx()) == bits(nested_dx())
    assert nn.paths(nested_grads) == ("0.weight", "0.bias", "1.1.weight", "1.1.bias")


def test_identity_is_neutral() -> None:
    layer = nn.linear(4)
    params, _ = layer.init(KEY, (3,))
    expected = bits(layer.apply(params, X))
    assert bits((layer >> nn.identity()).apply((params, nn.EMPTY), X)) == expected
    assert bits((nn.identity() >> layer).apply((nn.EMPTY, params), X)) == expected


def test_serial_makes_a_composite_of_one() -> None:
    layer = nn.linear(4)
    params, out = nn.serial(layer).init(KEY, (3,))
    assert out == (4,)
    assert len(params) == 1
    assert bits(nn.serial(layer).apply(params, X)) == bits(layer.apply(params[0], X))
    assert repr(nn.serial(layer)) == "serial(linear(4))"
    assert repr(nn.serial(layer) >> nn.relu()) == "linear(4) >> relu()"


def test_composing_leaves_the_parts_as_they_were() -> None:
    head = nn.linear(4) >> nn.relu()
    first, second = head >> nn.linear(1), head >> nn.linear(2)
    assert repr(head) == "linear(4) >> relu()"
    assert repr(first) == "linear(4) >> relu() >> linear(1)"
    assert (first.init(KEY, (3,))[1], second.init(KEY, (3,))[1]) == ((1,), (2,))


def test_the_same_layer_may_stand_in_a_model_twice() -> None:
    block = nn.linear(3) >> nn.relu()
    params, _ = (block >> block).init(KEY, (3,))
    assert bits(params[0].weight) != bits(params[2][0].weight)


def test_layers_cannot_be_changed() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(nn.relu(), "name", "other")  # noqa: B010 - mypy knows that it is frozen


# --- long and deep -------------------------------------------------------------------------------


def chain_of(layers: list[Activation]) -> Activation:
    """The layers in a row, which mypy takes for one of them."""
    return functools.reduce(operator.rshift, layers)


def test_the_longest_chain_of_the_longest_chains_trains() -> None:
    assert sys.getrecursionlimit() > 2 * LONGEST_CHAIN
    inner = chain_of([nn.relu()] * LONGEST_CHAIN)
    model = chain_of([nn.identity(), inner] + [nn.tanh()] * (LONGEST_CHAIN - 2))
    params, out = model.init(KEY, (3,))
    y, pull = model.vjp(params, X, KEY)
    _, dx = pull(y)
    assert out == (3,)
    assert bits(y) == bits(model.apply(params, X))
    assert dx().shape == X.shape


def test_longer_chains_are_refused_where_they_are_built() -> None:
    longest = chain_of([nn.relu()] * LONGEST_CHAIN)
    with pytest.raises(nn.OptionError, match=r"holds at most 400 layers. Build blocks and"):
        longest >> nn.relu()
