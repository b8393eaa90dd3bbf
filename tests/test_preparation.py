"""Before training: data sets in two parts, and features standardized by what one part says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from contracts import bits, copies, dtypes, matrix, noise, normal
from counting import memory_of
from hypothesis import strategies as st
from properties import given
from refusals import refused
from test_data import Data, numbered

import purenn as nn
from purenn import Key
from purenn.arrays import FloatDtype, Images, Matrix, Vector
from purenn.data import Part, Rows, ScaledBytes, Standardized, split, standardization
from purenn.errors import DataError


def numbers(data: Data) -> list[int]:
    return data.targets.take(range(len(data))).tolist()


@given(st.integers(4, 80), st.floats(0.2, 0.8), st.integers(0, 2**40), st.integers(1, 6))
def test_parts_are_drawn_by_the_key_keep_the_order_and_have_all_classes_in_proportion(
    count: int, fraction: float, seed: int, classes: int
) -> None:
    data, labels = numbered(count), np.random.default_rng(seed).integers(-1, classes - 1, count)
    for stratify in (None, labels):
        first, second = (numbers(part) for part in split(data, fraction, Key(seed), stratify))
        assert len(second) == round(fraction * count)
        assert sorted(first + second) == list(range(count))
        assert (first, second) == (sorted(first), sorted(second))
        assert [*map(numbers, split(data, fraction, Key(seed), stratify))] == [first, second]
        if stratify is not None:
            for label in range(-1, classes - 1):
                quota = fraction * np.count_nonzero(labels == label)
                assert abs(np.count_nonzero(labels[second] == label) - quota) < 1
    inputs = split(data, fraction, Key(seed))[1].inputs.take(range(1))
    np.testing.assert_array_equal(inputs[0, 0], 2 * numbers(split(data, fraction, Key(seed))[1])[0])


def test_parts_differ_by_key_and_every_sample_is_drawn_as_often() -> None:
    data, labels = numbered(20), np.repeat([0, 1], 10)
    for stratify in (None, labels, np.arange(20), np.arange(20).clip(max=9)):
        drawn = np.zeros(20)
        for seed in range(400):
            drawn[numbers(split(data, 0.3, Key(seed), stratify)[1])] += 1
        assert (drawn.sum(), drawn.min() > 80, drawn.max() < 160) == (2400, True, True)
    uneven = np.repeat([0, 1], [6, 4])  # of which 1.8 and 1.2 are to be drawn
    second = numbers(split(numbered(10), 0.3, Key(0), uneven)[1])
    assert np.bincount(uneven[second]).tolist() == [2, 1]


def test_parts_are_columns_of_their_rows_and_copy_none() -> None:
    x: Matrix = normal(3, 6, 2)
    column = Rows(x)
    part = Part(column, np.array([5, 1, 1, 4]))
    assert (len(part), part.shape, part.column is column) == (4, (2,), True)
    for same in (part, *copies(part)):
        for run in (range(1, 3), range(4), range(3, -1, -1), range(3, 0, -2)):
            taken = same.take(run)
            assert bits(taken) == bits(x[[5, 1, 1, 4]][list(run)])
            assert not taken.flags.writeable
        assert bits(same.take(np.array([3, 0]))) == bits(x[[4, 5]])
        for picked in (np.array([3, 0]), np.array([True, False, False, True])):
            rows = same.select(picked).take(range(2))
            assert {*map(tuple, rows.tolist())} == {*map(tuple, x[[4, 5]].tolist())}
    data = nn.dataset(np.zeros((1000, 1000)), np.arange(1000))
    assert memory_of(lambda: split(data, 0.5, Key(0))) < 200_000


@dtypes
def test_standardized_features_have_mean_0_and_deviation_1(dtype: FloatDtype) -> None:
    x: Matrix = (noise(0, (700, 3)) * [1.0, 1e-3, 1e4] + [0.0, 5.0, -1e5]).astype(dtype)
    fit = standardization(x)
    tolerance = 1e-2 if dtype == np.float32 else 1e-9
    np.testing.assert_allclose(fit.mean, x.mean(axis=0, dtype=float), 1e-6)
    np.testing.assert_allclose(fit.deviation, x.std(axis=0, dtype=float), 1e-6)
    y = fit(x)
    assert (y.dtype, y.flags.writeable, fit.mean.flags.writeable) == (dtype, False, False)
    np.testing.assert_allclose(y.mean(axis=0, dtype=float), 0.0, atol=tolerance)
    np.testing.assert_allclose(y.std(axis=0, dtype=float), 1.0, tolerance)
    np.testing.assert_allclose(fit.inverse(y), x, 1e-6)
    assert bits(fit(x[3:5])) == bits(y[3:5])
    for same in copies(fit):
        assert bits(same) == bits(fit)


def test_differences_of_large_numbers_keep_their_digits() -> None:
    x = noise(0, (700, 1)) + 1e10
    np.testing.assert_allclose(standardization(x).deviation, x.std(axis=0), 1e-12)
    far = noise(0, (2700, 3)) + 1e15 / 3  # whose sums are not pairwise
    np.testing.assert_allclose(standardization(far).deviation, (far - 1e15 / 3).std(axis=0), 0.01)


@dtypes
def test_features_without_variance_become_0(dtype: FloatDtype) -> None:
    tiny = float(np.finfo(dtype).smallest_subnormal)
    for value in (0.0, 0.1, -1e30, 1e-30, float(np.finfo(dtype).max), tiny):
        x: Matrix = np.full((1001, 2), value, dtype)
        x[:, 1] = np.arange(1001)
        fit = standardization(x)
        assert (fit.deviation[0], not fit(x)[:, 0].any()) == (1.0, True)
    unit = 1e30 if dtype == np.float32 else 1e300
    extremes = matrix([[0.0, 0.0, 1.0 * unit], [2.0 * unit, 2.0 / unit, 3.0 * unit]], dtype)
    fit = standardization(extremes)
    np.testing.assert_allclose(fit(extremes), [[-1.0] * 3, [1.0] * 3], 1e-5)


def test_a_feature_of_zeros_has_the_mean_0_whatever_their_signs() -> None:
    zeros = np.where(np.random.default_rng(0).random((99, 1)) < 0.5, 0.0, -0.0)
    assert not any(np.signbit(standardization(zeros[n:]).mean) for n in range(90))


@dtypes
def test_features_that_overflow_less_their_mean_are_refused(dtype: FloatDtype) -> None:
    most = np.finfo(dtype).max
    x: Matrix = np.array([[most, 1.0], [-most, 2.0], [most, 3.0]], dtype)
    message = f"in {np.dtype(dtype)}, got from {-most} to {most}. Divide them by a number first."
    with refused(DataError, message):
        standardization(x)
    half = x / 2
    found = standardization(half)(half)[:, 0]
    np.testing.assert_allclose(found, [0.5**0.5, -(2**0.5), 0.5**0.5], 1e-6)
    assert standardization(x[:2])(x[:2])[:, 0].tolist() == [1.0, -1.0]


def test_images_have_statistics_of_pixels_or_of_channels_and_vectors_of_one() -> None:
    x: Images = np.random.default_rng(0).uniform(0, 1, (50, 4, 5, 2))
    by_pixel, by_channel = standardization(x), standardization(x, channels=True)
    assert (by_pixel.mean.shape, by_channel.mean.shape) == ((4, 5, 2), (2,))
    np.testing.assert_allclose(by_pixel.deviation, x.std(axis=0))
    np.testing.assert_allclose(by_channel.mean, x.mean(axis=(0, 1, 2)))
    np.testing.assert_allclose(by_channel.deviation, x.std(axis=(0, 1, 2)))
    np.testing.assert_allclose(by_channel(x).std(axis=(0, 1, 2)), 1.0)
    values: Vector = np.array([1.0, 2.0, 6.0])
    fit = standardization(values)
    assert fit.mean.shape == ()
    np.testing.assert_allclose(fit.inverse(fit(values)), values)
    pixels = ScaledBytes(np.arange(48, dtype=np.uint8).reshape(4, 3, 2, 2))
    assert standardization(pixels, channels=True).mean.dtype == np.float32


def test_columns_are_standardized_by_the_statistics_of_the_training_part(tmp_path: Path) -> None:
    x: Matrix = 7.0 * normal(1, 90, 3)
    training, rest = split(nn.dataset(x, np.arange(90)), 0.3, Key(0))
    fit = standardization(training.inputs)
    column = Standardized(rest.inputs, fit)
    assert (len(column), column.shape) == (27, (3,))
    kept = numbers(rest)
    for source in (column, *copies(column)):
        assert bits(source.take(range(2, 5))) == bits(fit(x[kept[2:5]]))
        assert bits(source.select(np.array([4, 0])).take(range(2))) == bits(fit(x[kept][[4, 0]]))
    batch = nn.shuffled_batches(nn.dataset(column, rest.targets), 4, Key(1), 0)[0]
    assert bits(batch.inputs) == bits(fit(x[batch.targets]))
    nn.save(tmp_path / "fit", fit)
    assert bits(nn.load(tmp_path / "fit", like=fit)) == bits(fit)


def test_memory_maps_are_read_in_pieces(tmp_path: Path) -> None:
    content = noise(2, (60_000, 128)).astype(np.float32)
    np.save(tmp_path / "map.npy", content)
    mapped: Matrix = np.load(tmp_path / "map.npy", mmap_mode="r")
    found: list[nn.data.Standardization] = []
    column = Rows(mapped)
    assert memory_of(lambda: found.append(standardization(column))) < content.nbytes / 5
    np.testing.assert_allclose(found[0].mean, content.mean(axis=0, dtype=float), 1e-4, 1e-7)
