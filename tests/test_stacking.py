"""Stacks of layers whose number is known at run time only."""

from __future__ import annotations

import numpy as np
import pytest

import purenn as nn
from purenn.arrays import FLOAT64
from purenn.errors import ParametersError, ShapeError

X: nn.Matrix = nn.Key(3).generator().standard_normal((5, 4))
KEY = nn.Key(0)


def test_a_stack_computes_what_the_chain_computes() -> None:
    blocks = [nn.linear(6) >> nn.relu(), nn.linear(3) >> nn.relu()]
    params, shape = nn.stack(*blocks).init(KEY, (4,))
    assert shape == (3,)
    params = nn.to_dtype(params, FLOAT64)
    chain = blocks[0] >> blocks[1]
    expected = blocks[1].apply(params[1], blocks[0].apply(params[0], X))
    np.testing.assert_array_equal(nn.stack(*blocks).apply(params, X), expected)
    assert len(chain.init(KEY, (4,))[0]) == 3


def test_a_stack_of_nothing_changes_nothing() -> None:
    nothing: list[nn.Layer[nn.Empty, nn.Matrix, nn.Matrix]] = []
    empty = nn.stack(*nothing)
    assert empty.init(KEY, (4,)) == ((), (4,))
    y, pull = empty.vjp((), X, KEY)
    grads, cotangent = pull(X)
    assert (y is X, grads, cotangent() is X) == (True, (), True)


def test_errors_say_which_layer_of_the_stack() -> None:
    blocks = nn.stack(nn.linear(6) >> nn.relu(), nn.linear(3) >> nn.relu())
    params = nn.to_dtype(blocks.init(KEY, (4,))[0], FLOAT64)
    with pytest.raises(ShapeError, match=r"layer 0\.0 of the model, takes 4 features"):
        blocks.apply(params, X[:, :2])
    with pytest.raises(ParametersError, match=r"layer 1\.0 of the model, takes parameters of 3"):
        blocks.vjp((params[0], params[0]), X, KEY)
    with pytest.raises(ShapeError, match=r"layer 0\.0 of the model, takes \(features,\) samples"):
        blocks.init(KEY, (2, 2, 1))
    with pytest.raises(ParametersError, match=r"takes a tuple of 2 parameters, .* and 1 came"):
        blocks.apply(params[:1], X)


def test_the_cotangent_before_the_first_parameters_is_left_to_who_asks() -> None:
    flat = nn.stack(nn.identity(), nn.identity()) >> nn.linear(2)
    params, _ = flat.init(KEY, (4,))
    params = nn.to_dtype(params, FLOAT64)
    y, pull = flat.vjp(params, X, KEY)
    grads, cotangent = pull(y)
    assert grads[0] is params[0]
    np.testing.assert_array_equal(cotangent(), y @ params[1].weight.T)
