"""What holds of every layer, without exception."""

from __future__ import annotations

import re
from collections.abc import Callable

import attrs
import numpy as np
import pytest
from contracts import P, X, Y, bits, check_close, copies, dtypes, makers, moved, normal, spread
from refusals import evaluate

from purenn import Empty, Key, Layer, Leaves, layers, portable
from purenn.arrays import FLOAT32, FLOAT64, Array, FloatDtype, Images, Labels, Matrix, read_only
from purenn.errors import DtypeError, LocatedError, ParametersError, ShapeError
from purenn.initializers import constant, lecun_uniform
from purenn.layers import batch_norm, block, dropout, flatten, frozen, linear, tanh
from purenn.testing import check_layer
from purenn.tree import leaves, map_leaves, moving_leaves

KEY, ROWS, MORE = Key(7), normal(0, 4, 3), normal(1, 4, 2)
SEQUENCES: Array = np.random.default_rng(3).standard_normal((4, 2, 3))
IMAGES: Images = np.random.default_rng(2).standard_normal((4, 2, 3, 5))
MANY = 3000
SYMBOLS: Labels = np.array([4, 0, 4, 1], np.uint8)
CODES: Matrix = np.array([[4.0, 0.0], [0.0, 1.0], [4.0, 1.0], [1.0, 1.0]])
PLAIN: Layer[Empty, Array, Array] = layers.mish()
GROUPS: Layer[layers.Affine, Array, Array] = layers.group_norm(3)
SUM: Layer[Empty, tuple[Array, Matrix], Array] = layers.add()
GATE = layers.global_average_pool() >> linear(4) >> layers.sigmoid()
NORM: Layer[layers.BatchNorm, Images, Images] = batch_norm()


@attrs.frozen(eq=False)
class Case:
    """A layer and an example of its input, whose types are hidden here."""

    name: str
    check: Callable[[], None]
    results: Callable[[FloatDtype, Callable[[Array], Array], int], Leaves]
    names: dict[str, object]
    portable: Callable[[], Case]


def case(layer: Layer[P, X, Y], example: X) -> Case:
    def results(dtype: FloatDtype, place: Callable[[Array], Array], copies: int) -> Leaves:
        """All that the layer gives for so many examples, of that dtype and moved in memory."""

        def given(leaf: Array) -> Array:
            many = np.concatenate([leaf] * copies)
            return place(many.astype(dtype) if leaf.dtype.kind == "f" else many)

        x = moved(given, example)
        params = layer.init(KEY, x)
        y, pull = layer.vjp(params, x, KEY)
        grads, dx = pull(moved(place, y))
        return leaves((params, layer.apply(params, x), y, grads, dx()))

    def started(key: Key, x: X) -> P:
        """First parameters that are no constants, since slopes may lack a factor that is 1."""
        return map_leaves(lambda leaf: leaf * uneven(leaf), layer.init(key, x))

    def check() -> None:
        check_layer(layer, example, KEY)
        params = layer.init(KEY, example)
        hash(params)  # no array is compared
        for same in copies(layer):
            assert bits(same.init(KEY, example)) == bits(params)
            assert bits(same.apply(params, example)) == bits(layer.apply(params, example))
        if not any(name in repr(layer) for name in ("dropout", "noise", "batch_norm")):
            check_layer(attrs.evolve(layer, init=started), example, KEY)
            assert bits(layer.apply(params, example)) == bits(layer.vjp(params, example, KEY)[0])
            few, slopes = passed(params, example)
            many, sums = passed(params, moved(crowd, example))
            check_close(many, moved(crowd, few), 1e-9, 1e-9)  # a batch of several blocks
            check_close(sums, tuple(MANY * leaf for leaf in slopes), 1e-9, 1e-6)

    def passed(params: P, x: X) -> tuple[tuple[Y, X], Leaves]:
        y, pull = layer.vjp(params, x, KEY)
        grads, dx = pull(y)
        return (y, dx()), moving_leaves(grads)

    names = {"layer": layer, "params": layer.init(KEY, example), "x": example, "KEY": KEY}
    return Case(repr(layer), check, results, names, lambda: case(portable(layer), example))


def of_images(layer: Layer[P, Images, Y]) -> Case:
    return case(layer, IMAGES)


def of_sequences(layer: Layer[P, Array, Y]) -> Case:
    return case(layer, SEQUENCES)


def crowd(leaf: Array) -> Array:
    """The samples, each many times, in a random order."""
    order = np.random.default_rng(0).permutation(len(leaf) * MANY) % len(leaf)
    found: Array = leaf[order]
    return found


def uneven(leaf: Array) -> Array:
    return np.linspace(0.5, 1.5, leaf.size, dtype=leaf.dtype).reshape(leaf.shape)


def exponential(x: Matrix) -> Matrix:
    return read_only(np.exp(x))


def exponential_cotangent(y: Matrix, dy: Matrix) -> Matrix:
    return read_only(np.multiply(y, dy))


CASES = [
    case(linear(4), ROWS),
    case(linear(2, weight=lecun_uniform(), bias=constant(0.3)), ROWS),
    case(layers.linear_without_bias(4), ROWS),
    *(case(layers.ntk_linear(2), ROWS), case(layers.fitted_linear(2), ROWS)),
    *(case(layers.periodic_embedding(3, 2), ROWS), case(layers.select(1, 3), ROWS)),
    *(case(layers.category_embedding((5, 2), 3), CODES), case(layers.parametric(PLAIN), SEQUENCES)),
    case(layers.relu(), ROWS),
    of_images(layers.leaky_relu()),
    case(layers.leaky_relu(0.3), ROWS),
    case(layers.leaky_relu(0.0), ROWS),
    case(layers.exponential(), ROWS),
    case(layers.sigmoid(), ROWS),
    of_images(tanh()),
    of_sequences(layers.softmax()),
    of_sequences(layers.log_softmax()),
    *(of_images(layers.elu(0.7)), case(layers.selu(), ROWS), case(layers.gelu(), ROWS)),
    *(case(layers.gelu_tanh(), ROWS), of_sequences(layers.silu()), of_images(layers.mish())),
    *(case(layers.softplus(), ROWS), case(layers.softsign(), ROWS), of_images(layers.hard_tanh())),
    case(layers.activation(exponential, exponential_cotangent), ROWS),
    *(of_images(layers.prelu()), case(layers.prelu(-0.5), ROWS), of_sequences(layers.scale())),
    *(case(layers.layer_norm(), ROWS), of_images(layers.layer_norm(0.1))),
    *(of_sequences(layers.rms_norm()), case(layers.rms_norm(0.1), ROWS)),
    *(of_images(layers.group_norm(5)), of_images(layers.group_norm(1)), of_sequences(GROUPS)),
    *(case(layers.group_norm(1, 0.1), ROWS), case(layers.layer_norm() >> layers.prelu(), ROWS)),
    case(batch_norm(), ROWS),
    of_images(batch_norm(0.5, epsilon=0.1)),
    of_images(dropout(0.4)),
    case(dropout(0.0), ROWS),
    *(of_images(layers.spatial_dropout(0.4)), case(layers.alpha_dropout(0.4), ROWS)),
    *(of_images(layers.noise(0.5)), case(layers.noise(0.0), ROWS)),
    case(layers.embedding(5, 2, dtype=FLOAT64), SYMBOLS),
    case(layers.sequence_embedding(5, 2, FLOAT64), SYMBOLS.reshape(2, 2)),
    of_images(layers.conv(4, 3)),
    of_images(layers.conv(3, (2, 1), stride=(1, 2), padding="valid", bias=constant(0.3))),
    of_images(layers.conv(10, 2, stride=2, groups=5)),
    of_images(layers.conv(5, 3, stride=(1, 2), groups=5)),
    of_images(layers.max_pool((2, 1))),
    of_images(layers.max_pool(2, 1, "same")),
    of_images(layers.average_pool((1, 3))),
    of_images(layers.average_pool(2, padding="same")),
    of_images(layers.global_average_pool()),
    *(of_images(layers.pad(1, (0, 2))), of_images(layers.upsample((2, 1)))),
    case(layers.unflatten(1, 3), ROWS),
    of_images(layers.conv(4, 2) >> layers.relu() >> layers.max_pool(2, 1) >> flatten()),
    of_images(flatten()),
    case(layers.identity(), ROWS),
    case(layers.concatenate(), (ROWS, MORE)),
    of_images(layers.branches(layers.conv(2, 3), layers.conv(1, 1)) >> layers.concatenate()),
    case(SUM, (SEQUENCES, ROWS)),
    case(layers.multiply(), (ROWS, ROWS[::-1])),
    of_images(layers.branches(layers.conv(4, 1), GATE) >> layers.multiply()),
    case(layers.branches(linear(2), layers.linear_without_bias(2)) >> layers.add(), ROWS),
    case(layers.residual(linear(3) >> tanh()), ROWS),
    case(layers.branches(linear(2), dropout(0.5)), ROWS),
    case(layers.beside(linear(2), NORM), (ROWS, IMAGES)),
    case(layers.shared(dropout(0.2) >> linear(2) >> batch_norm()), (ROWS, ROWS[::-1])),
    case(frozen(linear(3)), ROWS),
    case(layers.lsuv(block(linear(3) >> dropout(0.5)) >> layers.ntk_linear(2)), ROWS),
    case(frozen(linear(3)) >> linear(2), ROWS),
    case(block(linear(2) >> tanh()) >> block(dropout(0.3) >> linear(1)), ROWS),
    case(block(linear(2)), ROWS),
    case(layers.stack(*[block(linear(width) >> tanh()) for width in (4, 3, 2)]), ROWS),
    case(layers.repeated(linear(3) >> dropout(0.2) >> batch_norm(), 3), ROWS),
    of_images(flatten() >> linear(5) >> tanh() >> linear(2) >> layers.log_softmax()),
    case(frozen(linear(4)) >> block(linear(4) >> tanh()) >> batch_norm() >> linear(3), ROWS),
]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def test_every_public_layer_has_a_case() -> None:
    assert makers(layers, Layer) == {case.name.split("(")[0] for case in CASES}


@each_case
def test_layers_keep_their_contract(case: Case) -> None:
    case.check()


CALLS = ["layer.apply(params, x)", "layer.vjp(params, x, KEY)"]


def check_refused(
    case: Case, calls: list[str], error: type[LocatedError], problem: str, **given: object
) -> None:
    """Check that these in place of the right ones are refused by a layer that is part of it."""
    for call in calls:
        with pytest.raises(error) as caught:
            evaluate(call, {**case.names, **given})
        assert caught.value.subject.split("(")[0] in f"{case.name}, beside, A chain"
        assert re.match(problem, caught.value.problem)


@each_case
def test_layers_refuse_parameters_dtypes_and_features_that_do_not_fit(case: Case) -> None:
    params, x = case.names["params"], case.names["x"]
    kind = "for each of its" if isinstance(params, tuple) else f"of class {type(params).__name__},"
    check_refused(case, CALLS, ParametersError, f"expected parameters {kind}", params=KEY)
    if not isinstance(x, np.ndarray) or x.dtype != FLOAT64:
        return
    calls = [*CALLS, "layer.init(KEY, x)"] if leaves(params) else CALLS
    whole, other, wide = x.astype(np.int64), x.astype(FLOAT32), np.concatenate([x, x], axis=-1)
    check_refused(case, calls, DtypeError, "expected float32 or float64, got int64", x=whole)
    if leaves(params) and "flatten" not in case.name:
        check_refused(case, calls, ShapeError, r"expected \(?samples", x=x.reshape(-1))
        check_refused(case, CALLS, DtypeError, "expected float64, as its parameters are", x=other)
        check_refused(case, CALLS, ShapeError, r"expected \d+ (features|channels|columns)", x=wide)


@dtypes
@each_case
def test_results_are_read_only_and_alike_wherever_arrays_lie(case: Case, dtype: FloatDtype) -> None:
    expected = case.results(dtype, lambda leaf: leaf.copy(), 1)
    for result in expected:
        assert type(result) is np.ndarray
        assert not result.flags.writeable
        assert result.dtype == dtype or "embedding" in case.name
    tolerance = 1e-5 if dtype == np.float32 else 1e-13
    check_close(case.results(dtype, spread, 1), expected, 0, tolerance)


@each_case
def test_large_results_keep_their_values_while_others_are_computed(case: Case) -> None:
    kept = case.results(FLOAT64, lambda leaf: leaf, 1000)
    before = bits(kept)
    for _ in range(2):
        case.results(FLOAT64, lambda leaf: leaf[::-1], 1000)
    assert bits(kept) == before


@each_case
def test_portable_layers_keep_their_contract_and_give_nearly_the_same(case: Case) -> None:
    other = case.portable()
    if other.name != case.name:
        other.check()
    for dtype, tolerance in ((FLOAT32, 2e-5), (FLOAT64, 1e-11)):
        found, expected = (one.results(dtype, lambda leaf: leaf, 1) for one in (other, case))
        check_close(found, expected, tolerance, tolerance)
