"""What holds of every layer, without exception.

The same arguments give the same bits; arguments are neither changed nor frozen; what comes out is
read-only and stays as it was; shapes and dtypes are kept; where an array lies in memory does not
matter.
"""

from __future__ import annotations

import numpy as np
import pytest
from contracts import FLOATS, all_bits, frozen, noise, require_fresh, spread, writable
from layer_cases import LARGE_LAYERS, LAYERS, LayerCase

import purenn as nn
from purenn.arrays import Array, FloatDtype, Leaves

KEY = nn.Key(7)

dtypes = pytest.mark.parametrize("dtype", FLOATS, ids=str)
each_layer = pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.name)


def layer_results(case: LayerCase, leaves: Leaves, x: Array, dy: Array) -> Leaves:
    y, pull = case.vjp(leaves, x, KEY)
    grads, dx = pull(dy)
    return (case.apply(leaves, x), y, *grads, dx())


def layer_arguments(case: LayerCase, dtype: FloatDtype, batch: int = 4) -> Leaves:
    leaves, out = case.init(KEY)
    x, dy = noise(1, (batch, *case.shape)), noise(2, (batch, *out))
    return tuple([frozen(array, dtype) for array in (x, dy, *leaves)])


@dtypes
@each_layer
def test_layers_are_pure(case: LayerCase, dtype: FloatDtype) -> None:
    x, dy, *leaves = arguments = layer_arguments(case, dtype)
    before = all_bits(arguments)
    results = layer_results(case, tuple(leaves), x, dy)
    first = all_bits(results)
    require_fresh(results, dtype)
    x, dy, *leaves = copies = writable(arguments)
    assert all_bits(layer_results(case, tuple(leaves), x, dy)) == first
    assert all_bits(results) == first
    assert all_bits(arguments) == before
    assert all_bits(copies) == before
    assert all(copy.flags.writeable for copy in copies)


@dtypes
@each_layer
def test_what_a_layer_gives_cannot_be_written_to_if_its_input_can(
    case: LayerCase, dtype: FloatDtype
) -> None:
    x, dy, *leaves = writable(layer_arguments(case, dtype))
    require_fresh(layer_results(case, tuple(leaves), x, dy), dtype)


@dtypes
@each_layer
def test_layers_keep_shapes(case: LayerCase, dtype: FloatDtype) -> None:
    x, dy, *leaves = layer_arguments(case, dtype, batch=3)
    applied, y, *grads, dx = layer_results(case, tuple(leaves), x, dy)
    assert applied.shape == y.shape == dy.shape
    assert [grad.shape for grad in grads] == [leaf.shape for leaf in leaves]
    assert dx.shape == x.shape


@dtypes
@each_layer
def test_layers_do_not_care_where_arrays_lie_in_memory(case: LayerCase, dtype: FloatDtype) -> None:
    arguments = layer_arguments(case, dtype)
    x, dy, *leaves = arguments
    expected = layer_results(case, tuple(leaves), x, dy)
    x, dy, *leaves = map(spread, arguments)
    for got, want in zip(layer_results(case, tuple(leaves), x, dy), expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5 if dtype == np.float32 else 1e-13)


@each_layer
def test_pulling_back_twice_gives_the_same_bits(case: LayerCase) -> None:
    x, dy, *leaves = layer_arguments(case, FLOATS[0])
    _, pull = case.vjp(tuple(leaves), x, KEY)
    (grads, dx), (grads_again, dx_again) = pull(dy), pull(dy)
    assert all_bits((*grads, dx())) == all_bits((*grads_again, dx_again()))


@pytest.mark.parametrize("case", LARGE_LAYERS, ids=lambda case: case.name)
def test_large_results_keep_their_values_while_others_are_computed(case: LayerCase) -> None:
    x, dy, *leaves = layer_arguments(case, FLOATS[0], batch=2048)
    kept = layer_results(case, tuple(leaves), x, dy)
    before = all_bits(kept)
    for _ in range(3):
        layer_results(case, tuple(leaves), -x, dy)
    assert all_bits(kept) == before


@each_layer
def test_initial_parameters_depend_on_the_key_alone(case: LayerCase) -> None:
    (leaves, out), (again, _) = case.init(KEY), case.init(nn.Key(7))
    assert all_bits(leaves) == all_bits(again)
    require_fresh(leaves, FLOATS[0])
    assert all(size > 0 for size in out)
