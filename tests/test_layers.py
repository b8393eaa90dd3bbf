"""The layers against closed forms; activations have a file of their own."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from contracts import KEY, bits, check_close, dtypes, matrix, noise, normal, pulled

from purenn import Empty, Frozen, Key, Layer, Linear, initializers, layers, portable
from purenn.arrays import FLOAT32, FLOAT64, Array, FloatDtype, Images, Labels, Matrix, Sequences
from purenn.expressions import maker
from purenn.layers import Block, batch_norm, dropout, frozen, linear, repeated, residual, stack
from purenn.tree import leaves

ROWS, EMPTY = normal(0, 5, 3), Empty()


@dtypes
def test_linear_is_a_product_and_a_sum_in_the_dtype_of_the_example(dtype: FloatDtype) -> None:
    weight, bias = normal(1, 3, 2), np.array([0.5, -2.0])
    y = linear(2).apply(Linear(weight, bias), ROWS)
    np.testing.assert_allclose(y, np.einsum("bi,io->bo", ROWS, weight) + bias[np.newaxis])
    params = linear(4).init(KEY, ROWS.astype(dtype))
    first = initializers.glorot_uniform()(KEY.child("weight"), (3, 4), dtype)
    assert bits(params) == bits((first, np.zeros(4, dtype)))
    drawn = linear(4, bias=initializers.normal()).init(KEY, ROWS.astype(dtype)).bias
    assert bits(drawn) == bits(initializers.normal()(KEY.child("bias"), (4,), dtype))
    assert linear(4).apply(params, ROWS[:0].astype(dtype)).shape == (0, 4)


@dtypes
def test_linear_without_bias_and_ntk_linear_are_linear_layers(dtype: FloatDtype) -> None:
    x, dy = ROWS.astype(dtype), normal(1, 5, 4).astype(dtype)
    params = layers.linear_without_bias(4).init(KEY, x)
    full = linear(4).init(KEY, x)
    y, grads, dx = pulled(layers.linear_without_bias(4), params, x, dy)
    want, slopes, want_dx = pulled(linear(4), full, x, dy)
    assert bits((params, y, grads, dx)) == bits((full.weight, want, slopes.weight, want_dx))
    tangent = layers.ntk_linear(4).init(KEY, x)
    drawn = initializers.normal()
    assert bits(tangent.weight) == bits(drawn(KEY.child("weight"), (3, 4), dtype))
    assert bits(tangent.bias) == bits(drawn(KEY.child("bias"), (4,), dtype))
    scaled = Linear(tangent.weight / dtype.type(np.sqrt(3)), tangent.bias)
    y, want = layers.ntk_linear(4).apply(tangent, x), linear(4).apply(scaled, x)
    check_close(y, want, rtol=1e-5 if dtype == FLOAT32 else 1e-13)
    zero = layers.ntk_linear(4, weight=initializers.zeros(), bias=initializers.zeros())
    without = layers.linear_without_bias(4, weight=initializers.zeros())
    assert not any(leaf.any() for one in (zero, without) for leaf in leaves(one.init(KEY, x)))


@pytest.mark.parametrize("samples", [1024, 1025, 16_381, 1_000_000])
def test_gradients_of_biases_and_scales_are_exact_for_many_samples(samples: int) -> None:
    params = Linear(np.ones((2, 2), np.float32), np.ones(2, np.float32))
    dy: Matrix = np.full((samples, 2), 0.1, np.float32)
    scales = pulled(layers.scale(), layers.scale().init(KEY, dy), dy, np.ones_like(dy))[1]
    assert scales.scale.tolist() == pytest.approx([samples * 0.1] * 2, rel=1e-5)
    _, grads, _ = pulled(linear(2), params, np.zeros_like(dy), dy)
    assert grads.bias.tolist() == pytest.approx([samples * 0.1] * 2, rel=2e-5)
    dy[...] = np.arange(samples)[:, np.newaxis] % 1024 == 0
    dy[0] = 2**24  # and 1 more cannot be told from it in float32
    _, grads, _ = pulled(linear(2), params, np.zeros_like(dy), dy)
    assert grads.bias.tolist() == pytest.approx([2**24 + (samples - 1) // 1024] * 2, abs=1)


# --- normalizations and noise --------------------------------------------------------------------

SCALE, SHIFT, MEAN, VARIANCE = (normal(seed, 4, 3)[0] ** 2 for seed in (3, 4, 5, 6))
NORM = layers.BatchNorm(SCALE, SHIFT, Frozen(MEAN), Frozen(VARIANCE))


def test_batch_norm_uses_and_moves_its_statistics() -> None:
    layer = batch_norm(0.75, epsilon=0.01)
    y, grads, _ = pulled(layer, NORM, ROWS, ROWS)
    mean, variance = ROWS.mean(axis=0), ROWS.var(axis=0)
    z = (ROWS - mean) / np.sqrt(variance + 0.01)
    np.testing.assert_allclose(y, z * SCALE + SHIFT)
    np.testing.assert_allclose(grads.mean.value, 0.75 * MEAN + 0.25 * mean)
    np.testing.assert_allclose(grads.variance.value, 0.75 * VARIANCE + 0.25 * variance)
    z = (ROWS - MEAN) / np.sqrt(VARIANCE + 0.01)
    np.testing.assert_allclose(layer.apply(NORM, ROWS), z * SCALE + SHIFT)
    assert layer.inference is not None
    grads = pulled(layer.inference, NORM, ROWS, ROWS)[1]
    assert bits((grads.mean, grads.variance)) == bits((MEAN, VARIANCE))
    params = batch_norm().init(KEY, ROWS)
    assert [leaf.tolist() for leaf in leaves(params)] == [[1] * 3, [0] * 3, [0] * 3, [1] * 3]
    assert abs(pulled(batch_norm(), params, ROWS[:2], ROWS[:2])[0]).max() <= 1.0


@dtypes
def test_batch_norm_of_images_normalizes_each_channel(dtype: FloatDtype) -> None:
    images: Images = np.random.default_rng(1).normal(1000, 1, (20, 30, 30, 3)).astype(dtype)
    layer: Layer[layers.BatchNorm, Images, Images] = batch_norm()
    y, _ = layer.vjp(layer.init(KEY, images), images, KEY)
    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0.0, atol=1e-3)
    np.testing.assert_allclose(y.var(axis=(0, 1, 2)), 1.0, rtol=1e-3)


FACTORS, SHIFTS = normal(7, 2, 6)


@dtypes
@pytest.mark.parametrize("size", [1.0, 1e30, 1e-30])
@pytest.mark.parametrize("level", [3.0, 3e4])
def test_norms_of_samples_are_their_formulas(dtype: FloatDtype, size: float, level: float) -> None:
    images: Images = np.random.default_rng(1).normal(level, 2.0, (4, 8, 7, 6)).astype(dtype)
    images *= dtype.type(size)
    unit = max(size, 1.0)  # in which squares are finite
    exact, share = images.astype(np.float64) / unit, 1.0 / unit**2
    factors, shifts = FACTORS.astype(dtype), SHIFTS.astype(dtype)
    groups = exact.reshape(4, 8, 7, 2, 3)
    axes, error = (1, 2, 4), 3e-6 if dtype == FLOAT32 else 1e-13
    spread = np.sqrt(groups.var(axis=axes, keepdims=True) + 1e-5 * share)
    z = ((groups - groups.mean(axis=axes, keepdims=True)) / spread).reshape(exact.shape)
    by_group: Layer[layers.Affine, Images, Images] = layers.group_norm(2)
    y = by_group.apply(layers.Affine(factors, shifts), images)
    np.testing.assert_allclose(y, z * factors + shifts, atol=error)
    mean, variance = exact.mean(axis=-1, keepdims=True), exact.var(axis=-1, keepdims=True)
    by_layer: Layer[layers.Affine, Images, Images] = layers.layer_norm()
    y = by_layer.apply(layers.Affine(factors, shifts), images)
    z = (exact - mean) / np.sqrt(variance + 1e-5 * share)
    np.testing.assert_allclose(y, z * factors + shifts, atol=error)
    by_root: Layer[layers.Scale, Images, Images] = layers.rms_norm()
    square = np.mean(exact**2, axis=-1, keepdims=True)
    y = by_root.apply(layers.Scale(factors), images)
    np.testing.assert_allclose(y, exact / np.sqrt(square + 1e-6 * share) * factors, atol=error)


@dtypes
def test_normalizations_bear_the_largest_numbers(dtype: FloatDtype) -> None:
    largest = float(np.finfo(dtype).max)
    x = matrix([[largest, -largest, 0.0], [largest] * 3, [1.0, 0.0, -1.0]], dtype)
    for layer in (layers.layer_norm(), layers.group_norm(1)):
        y, _, dx = pulled(layer, layer.init(KEY, x), x, np.ones_like(x))
        expected = [[1.0, -1.0, 0.0], [0.0] * 3, [1.0, 0.0, -1.0]]
        np.testing.assert_allclose(y / np.sqrt(1.5), expected, rtol=1e-4)
        assert np.isfinite(dx).all()
    y = layers.rms_norm().apply(layers.rms_norm().init(KEY, x), x)
    np.testing.assert_allclose(y[1], 1.0, rtol=1e-6)


def test_scale_and_prelu_multiply_by_what_they_learn() -> None:
    factors = np.array([0.5, -2.0, 3.0])
    assert bits(layers.scale().apply(layers.Scale(factors), ROWS)) == bits(ROWS * factors)
    assert layers.scale().init(KEY, ROWS).scale.tolist() == [1.0] * 3
    y = layers.prelu().apply(layers.PRelu(factors), ROWS)
    assert bits(y) == bits(np.where(ROWS > 0, ROWS, ROWS * factors) + 0.0)
    assert layers.prelu(0.1).init(KEY, ROWS).slope.tolist() == [0.1] * 3


@dtypes
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.6])
def test_alpha_dropout_keeps_mean_and_variance(rate: float, dtype: FloatDtype) -> None:
    x, layer = normal(1, 1000, 400).astype(dtype), layers.alpha_dropout(rate)
    y, _, dx = pulled(layer, EMPTY, x, np.ones_like(x))
    assert y.mean() == pytest.approx(0.0, abs=0.01)
    assert y.var() == pytest.approx(1.0, abs=0.02)
    assert (dx == 0).mean() == pytest.approx(rate, abs=0.005)
    lowest = -1.7580993408473766
    kept = np.where(dx == 0, lowest, x)
    np.testing.assert_allclose(y, (kept - rate * lowest) * dx.max(), atol=1e-5)
    assert dx.max() == pytest.approx(((1 - rate) * (1 + rate * lowest**2)) ** -0.5)
    assert bits(layer.apply(EMPTY, x)) == bits(x)


@dtypes
def test_noise_has_its_deviation_and_no_slope_of_its_own(dtype: FloatDtype) -> None:
    x, layer = normal(1, 1000, 100).astype(dtype), layers.noise(0.25)
    y, _, dx = pulled(layer, EMPTY, x, 2 * x)
    drawn = KEY.generator().standard_normal(x.shape).astype(dtype)
    np.testing.assert_array_equal(y, drawn * dtype.type(0.25) + x)
    assert bits(dx) == bits(2 * x)
    assert bits(layer.apply(EMPTY, x)) == bits(x) == bits(pulled(layers.noise(0.0), EMPTY, x, x)[0])


@dtypes
@pytest.mark.parametrize("layer", [dropout(0.25), layers.spatial_dropout(0.25)], ids=repr)
def test_dropout_drops_entries_or_channels_by_its_rate_and_scales_the_rest(
    layer: Layer[Empty, Images, Images], dtype: FloatDtype
) -> None:
    x: Images = np.full((100, 3, 4, 250), 3.0, dtype)
    y, _, dx = pulled(layer, EMPTY, x, 2 * x)
    drawn = y[:, :1, :1] if "spatial" in repr(layer) else y
    np.testing.assert_array_equal(y, np.broadcast_to(drawn, y.shape))
    assert np.unique(y).tolist() == [0.0, 4.0]
    deviation = np.sqrt(0.25 * 0.75 / drawn.size)
    assert (drawn == 0).mean() == pytest.approx(0.25, abs=4 * deviation)
    np.testing.assert_array_equal(dx, 2 * y)
    assert bits(pulled(layer, EMPTY, x, x, Key(1))[0]) != bits(y)
    assert bits(layer.apply(EMPTY, x)) == bits(x)
    assert bits(pulled(dropout(0.0), EMPTY, ROWS, ROWS)[0]) == bits(ROWS)


# --- embedding and reshaping ---------------------------------------------------------------------


@pytest.mark.parametrize("code", ["u1", "i8", "u8", ">i4"])
def test_embedding_looks_up_rows_and_adds_up_their_cotangents(code: str) -> None:
    symbols: Labels = np.array([2, 0, 2], np.dtype(code))
    layer = layers.embedding(3, 2)
    params = layer.init(KEY, symbols)
    dy = matrix([[1, 2], [3, 4], [5, 6]], FLOAT32)
    columns = np.asfortranarray(params.table)
    columns.setflags(write=False)
    for one in (params, layers.Embedding(columns)):
        y, grads, dx = pulled(layer, one, symbols, dy)
        assert bits(y) == bits(params.table[[2, 0, 2]])
        assert grads.table.tolist() == [[3, 4], [0, 0], [6, 8]]
        assert dx.tolist() == [0, 0, 0]
    assert bits(params.table) == bits(initializers.normal()(KEY.child("table"), (3, 2)))
    zeros = layers.embedding(3, 2, FLOAT64, table=initializers.zeros()).init(KEY, symbols)
    assert bits(zeros) == bits(np.zeros((3, 2)))


def test_an_embedding_of_sequences_is_that_of_their_symbols_as_images_of_one_row() -> None:
    sequences: Sequences = np.asfortranarray([[2, 0, 1], [1, 1, 2]])
    layer = layers.sequence_embedding(3, 2, table=initializers.uniform())
    alone = layers.embedding(3, 2, table=initializers.uniform())
    params = layer.init(KEY, sequences)
    dy: Images = np.arange(12.0, dtype=np.float32).reshape(2, 1, 3, 2)
    y, grads, dx = pulled(layer, params, sequences, dy)
    rows, wanted, _ = pulled(alone, params, sequences.ravel(), dy.reshape(6, 2))
    assert (bits(y), bits(grads)) == (bits(rows.reshape(2, 1, 3, 2)), bits(wanted))
    assert bits(params) == bits(alone.init(KEY, sequences[0]))
    assert dx.tolist() == [[0] * 3] * 2


def test_the_cotangent_of_a_symbol_that_occurs_often_has_its_digits() -> None:
    symbols: Labels = np.zeros(10**5, np.int64)
    layer = layers.embedding(2, 2)
    dy: Matrix = np.full((10**5, 2), [0.1, 0.2], np.float32)
    _, grads, _ = pulled(layer, layer.init(KEY, symbols), symbols, dy)
    np.testing.assert_allclose(grads.table, [[1e4, 2e4], [0.0, 0.0]], 1e-6)


def test_flatten_and_concatenate_keep_the_order_of_elements() -> None:
    flatten: Layer[Empty, Array, Matrix] = layers.flatten()
    images = np.arange(24.0).reshape(2, 2, 3, 2)
    assert flatten.apply(EMPTY, images).tolist() == [list(range(12)), list(range(12, 24))]
    assert flatten.apply(EMPTY, noise(0, (2, 8, 8))).shape == (2, 64)
    assert flatten.apply(EMPTY, noise(0, (4,))).shape == (4, 1)
    both = layers.concatenate().apply(EMPTY, (ROWS, ROWS[:, :1]))
    assert bits(both) == bits(ROWS[:, [0, 1, 2, 0]])


# --- layers made of layers -----------------------------------------------------------------------


def dropped(x: Matrix, *keys: Key) -> Matrix:
    """The rows after `dropout(0.5)` with one key after the other."""
    for key in keys:
        x = pulled(dropout(0.5), EMPTY, x, x, key)[0]
    return x


def test_a_chain_of_layers_of_any_rank_is_of_any_rank() -> None:
    norm = batch_norm() >> dropout(0.1) >> layers.activation(np.tanh, np.multiply)
    assert {*map(type, (norm, norm[:2], portable(norm)))} == {layers.AnyRank}
    assert {*map(type, (linear(1) >> norm, norm >> linear(1), portable(linear(1))))} == {Layer}


def test_residual_branches_and_beside_are_sums_and_pairs() -> None:
    a, b = linear(3).init(Key(1), ROWS), linear(3).init(Key(2), ROWS)
    one, other = (linear(3).apply(params, ROWS) for params in (a, b))
    assert bits(residual(linear(3)).apply(Block(a), ROWS)) == bits(ROWS + one)
    pair = layers.branches(linear(3), linear(3)).apply(layers.Both(a, b), ROWS)
    assert bits(pair) == bits((one, other))
    total, _, dx = pulled(layers.add(), EMPTY, pair, ROWS)
    assert bits((total, dx)) == bits((one + other, (ROWS, ROWS)))
    pair = layers.beside(linear(3), layers.relu()).apply(layers.Both(a, EMPTY), (ROWS, -ROWS))
    assert bits(pair) == bits((one, np.maximum(-ROWS, 0)))
    drawn = layers.beside(linear(3), linear(3)).init(KEY, (ROWS, ROWS))
    assert bits(drawn.first) == bits(linear(3).init(KEY.child("layer", 0), ROWS))
    assert bits(drawn.second) == bits(linear(3).init(KEY.child("layer", 1), ROWS))
    sides, _ = layers.branches(dropout(0.5), dropout(0.5)).vjp(layers.Both(EMPTY, EMPTY), ROWS, KEY)
    first, second = KEY.child("layer", 0), KEY.child("layer", 1)
    assert bits(sides) == bits((dropped(ROWS, first), dropped(ROWS, second)))


def test_branches_take_pairs() -> None:
    pair = (ROWS, -2.0 * ROWS)
    layer = layers.branches(layers.concatenate(), layers.add())
    y, _, dx = pulled(layer, layers.Both(EMPTY, EMPTY), pair)
    assert bits(y) == bits((np.concatenate(pair, axis=1), pair[0] + pair[1]))
    assert bits(dx) == bits((y[0][:, :3] + y[1], y[0][:, 3:] + y[1]))


def test_a_shared_layer_sums_its_gradients_and_keeps_the_second_of_frozen_parts() -> None:
    params, other = linear(3).init(KEY, ROWS), -2.0 * ROWS
    y, grads, dx = pulled(layers.shared(linear(3)), Block(params), (ROWS, other))
    one, first, dx_first = pulled(linear(3), params, ROWS)
    two, second, dx_second = pulled(linear(3), params, other)
    assert bits((y, dx)) == bits(((one, two), (dx_first, dx_second)))
    assert bits(grads.inner.weight) == bits(first.weight + second.weight)
    assert bits(layers.shared(linear(3)).init(KEY, (ROWS, other))) == bits(params)
    _, moved, _ = pulled(layers.shared(batch_norm(0.0)), Block(NORM), (other, ROWS))
    np.testing.assert_allclose(moved.inner.mean.value, ROWS.mean(axis=0))
    kept, _ = layers.shared(dropout(0.5)).vjp(Block(EMPTY), (ROWS, ROWS), KEY)
    keys = KEY.child("layer", 0), KEY.child("layer", 1)
    assert bits(kept) == bits((dropped(ROWS, keys[0]), dropped(ROWS, keys[1])))


@maker
def inferring(inner: Layer[Empty, Matrix, Matrix]) -> Layer[Block[Empty], Matrix, Matrix]:
    whole = residual(inner)
    return attrs.evolve(whole, inference=attrs.evolve(whole))


def test_a_frozen_layer_gives_itself_as_gradient_and_runs_as_in_inference() -> None:
    inner = linear(3) >> batch_norm() >> dropout(0.9)
    params = frozen(inner).init(KEY, ROWS)
    y, grads, dx = pulled(frozen(inner), params, ROWS, ROWS)
    assert grads is params
    assert bits(y) == bits(frozen(inner).apply(params, ROWS))
    assert bits(y) == bits(inner.apply(params.value, ROWS))
    root = np.sqrt(1.0 + 1e-5)  # of the running variance
    np.testing.assert_allclose(dx, ROWS @ params.value[0].weight.T / root)
    noisy: Layer[Empty, Matrix, Matrix] = dropout(0.5)
    whole = residual(noisy)
    told = Layer(whole.init, whole.apply, whole.vjp, inference=whole)
    for one in told, inferring(noisy):
        assert bits(pulled(frozen(one), Frozen(Block(EMPTY)), ROWS, ROWS)[2]) == bits(2 * ROWS)


def test_a_stack_computes_what_the_chain_computes() -> None:
    params = stack(linear(6), linear(3), linear(2)).init(KEY, ROWS)
    chain, dy = linear(6) >> linear(3) >> linear(2), normal(1, 5, 2)
    a, b, c = params.layers
    found = pulled(stack(linear(6), linear(3), linear(2)), params, ROWS, dy)
    assert bits(found) == bits(pulled(chain, (a, b, c), ROWS, dy))
    assert bits((a, b, c)) == bits(chain.init(KEY, ROWS))
    twice, *_ = pulled(stack(dropout(0.5), dropout(0.5)), layers.Stack((EMPTY, EMPTY)), ROWS, ROWS)
    assert bits(twice) == bits(dropped(ROWS, KEY.child("layer", 0), KEY.child("layer", 1)))


def test_a_repeated_layer_sums_its_gradients_and_keeps_the_last_of_frozen_parts() -> None:
    params = linear(3).init(KEY, ROWS)
    y, grads, _ = pulled(repeated(linear(3), 2), Block(params), ROWS, ROWS)
    between = linear(3).apply(params, ROWS)
    np.testing.assert_allclose(y, linear(3).apply(params, between))
    _, second, dy = pulled(linear(3), params, between, ROWS)
    _, first, _ = pulled(linear(3), params, ROWS, dy)
    np.testing.assert_allclose(grads.inner.weight, first.weight + second.weight)
    _, moved, _ = pulled(repeated(batch_norm(0.0), 2), Block(NORM), ROWS, ROWS)
    np.testing.assert_allclose(moved.inner.mean.value, SHIFT)  # of what the first gave
    twice, *_ = pulled(repeated(dropout(0.5), 2), Block(EMPTY), ROWS, ROWS)
    assert bits(twice) == bits(dropped(ROWS, KEY.child("time", 0), KEY.child("time", 1)))
    assert bits(repeated(layers.identity(), 1).apply(Block(EMPTY), ROWS)) == bits(ROWS)
