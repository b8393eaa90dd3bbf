"""Functions with the same bits on every machine: their digests, errors, limits and memory.

As a program, this file prints the digests.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable

import numpy as np
import pytest
from commands import told
from contracts import FLOATS, dtypes, little

from purenn.arrays import FLOAT32, FLOAT64, Array, FloatDtype
from purenn.kernels.portable.exponentials import exp, expm1, power, sigmoid, tanh
from purenn.kernels.portable.logarithms import log, log1p
from purenn.kernels.portable.trigonometry import cos, sin

Extended = np.ndarray[tuple[int, ...], np.dtype[np.longdouble | np.float64]]
Reference = Callable[[Extended], Extended]
Function = Callable[[Array, Array], Array]


def logistic(x: Extended) -> Extended:
    return 1.0 / (1.0 + np.exp(-x))


def powers(x: Extended) -> Extended:
    return np.where(x >= 0.0, np.power(np.abs(x), 1.7), np.nan)


# Each with its reference, and with the digest of its results on `grid` for both dtypes.
FUNCTIONS: dict[str, tuple[Function, Reference, str]] = {
    "exp": (exp, np.exp, "a65e9c6f8d1353ee"),
    "expm1": (expm1, np.expm1, "521514598601ef5d"),
    "tanh": (tanh, np.tanh, "03b1133e83dde59d"),
    "sigmoid": (sigmoid, logistic, "7682089f817f2dd2"),
    "log": (log, np.log, "df9cae7590b2749b"),
    "log1p": (log1p, np.log1p, "45750a53a6a42a0a"),
    "cos": (cos, np.cos, "a8dd7c8393d0f2f0"),
    "sin": (sin, np.sin, "62dc7bd342c280c5"),
    "power": (lambda x, out: power(x, 1.7, out), powers, "e7ad3e503c813afb"),
}
functions = pytest.mark.parametrize("name", FUNCTIONS)


def grid(dtype: FloatDtype) -> Array:
    """Bit patterns of every sign, size and kind, and multiples of 2**-9 from -32 to 32."""
    unsigned = np.dtype(f"u{dtype.itemsize}")
    patterns = np.arange(2**14, dtype=unsigned) * unsigned.type(2 ** (8 * dtype.itemsize - 14) + 77)
    steps = np.arange(-(2**14), 2**14).astype(dtype) * dtype.type(2.0**-9)
    return np.concatenate([patterns.view(dtype), steps])


def digest(name: str) -> str:
    made = hashlib.sha256()
    for dtype in FLOATS:
        x = grid(dtype)
        made.update(little(FUNCTIONS[name][0](x, np.empty_like(x))))
    return made.hexdigest()[:16]


def arguments(dtype: FloatDtype) -> Array:
    """Of every size and sign, common ones, and those where something happens."""
    rng, limits = np.random.default_rng(5), np.finfo(dtype)
    least, most = float(limits.smallest_subnormal), float(limits.max)
    sizes = 2.0 ** rng.uniform(np.log2(least), np.log2(most), 20_000)
    edges = [0.0, least, float(limits.tiny), most, np.inf, 0.5, 2.0**0.5, 22.0, 750.0]
    limiting = np.abs(np.log([least, most, most / 2, 2.0, float(limits.eps), 2.0**54]))
    common = np.abs(rng.standard_normal(20_000)), rng.uniform(0, 90, 10_000), np.arange(200) / 8
    # Of all float64, the last is the closest to a multiple of pi / 2.
    turns = *(np.arange(1, 140_000, 37) * (np.pi / 2)), np.pi / 4, 5.319372648326541e255
    with np.errstate(over="ignore"):
        values = np.concatenate([sizes, edges, limiting, *common, turns]).astype(dtype)
        near = [np.nextafter(values, dtype.type(to)) for to in (0.0, np.inf)]
    positive = np.concatenate([values, *near])
    return np.concatenate([positive, -positive, np.array([np.nan], dtype)])


def units(found: Array, exact: Extended) -> Extended:
    """The errors in units in the last place; infinite where sign, NaN or infinity differ."""
    nearest = exact.astype(found.dtype)
    same = (found == nearest) & (np.signbit(found) == np.signbit(nearest))
    same |= np.isnan(found) & np.isnan(nearest)
    errors: Extended = np.abs(found - exact) / np.spacing(np.abs(nearest))
    alike = np.isfinite(found) & (np.signbit(found) == np.signbit(nearest))
    result: Extended = np.where(
        same & ~np.isfinite(errors), 0.0, np.where(alike | same, errors, np.inf)
    )
    return result


@functions
def test_the_bits_are_those_of_every_machine(name: str) -> None:
    assert digest(name) == FUNCTIONS[name][2]


@pytest.mark.slow
@pytest.mark.parametrize("first", [0, 1])
def test_the_bits_do_not_depend_on_instruction_sets(first: int) -> None:
    found: list[str] = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    printed = told(__file__, env=os.environ | {"NPY_DISABLE_CPU_FEATURES": " ".join(found[first:])})
    assert printed.split() == [FUNCTIONS[name][2] for name in FUNCTIONS]


@functions
def test_float32_is_within_a_unit_of_the_nearest(name: str) -> None:
    function, reference, _ = FUNCTIONS[name]
    x = arguments(FLOAT32)
    with np.errstate(all="ignore"):
        nearest = reference(x.astype(np.float64)).astype(np.float32)
        errors = units(function(x, np.empty_like(x)), nearest.astype(np.float64))
    assert float(errors.max()) <= 1.0
    assert np.count_nonzero(errors) < 0.01 * x.size


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="no extended precision")
@functions
def test_float64_is_within_two_units(name: str) -> None:
    function, reference, _ = FUNCTIONS[name]
    x = arguments(FLOAT64)
    with np.errstate(all="ignore"):
        exact = reference(x.astype(np.longdouble))
        errors = units(function(x, np.empty_like(x)), exact)
        allowed = 2.0 + (2.0 * np.abs(np.log(exact)) if name == "power" else 0.0)
    wrong = errors > np.where(np.isfinite(allowed), allowed, 2.0)
    assert not wrong.any(), (x[wrong][:9], errors[wrong][:9])


@pytest.mark.parametrize("y", [-1.5, -1.0, 0.0, 0.5, 2.0, 1e300])
@dtypes
def test_powers_of_zero_one_and_infinity(dtype: FloatDtype, y: float) -> None:
    x = np.array([0.0, 1.0, np.inf, np.nan], dtype)
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(power(x, y, np.empty_like(x)), x.astype(np.float64) ** y)


@functions
@dtypes
def test_every_nan_has_the_same_bits(name: str, dtype: FloatDtype) -> None:
    kind = np.dtype(f"i{dtype.itemsize}")
    x = np.full(3, np.nan, dtype)
    x.view(kind)[:] += np.array([0, 5, np.iinfo(kind).min], kind)
    invalid = np.array([-2.0, -np.inf, np.inf], dtype)
    y = FUNCTIONS[name][0](np.concatenate([x, invalid]), np.empty(6, dtype))
    assert np.isnan(y[:3]).all()
    assert set(y[np.isnan(y)].view(kind).tolist()) == set(x[:1].view(kind).tolist())


@functions
@dtypes
def test_results_go_wherever_out_is(name: str, dtype: FloatDtype) -> None:
    function = FUNCTIONS[name][0]
    x = np.random.default_rng(3).uniform(0.1, 3.0, (100, 250)).astype(dtype)
    expected = function(x, np.empty_like(x))
    ones = [function(x[i, :1].reshape(()), np.empty((), dtype)) for i in range(9)]
    np.testing.assert_array_equal(np.array(ones), expected[:9, 0])
    strided = np.zeros((250, 200), dtype)
    out = strided.T[::2]
    assert function(x, out) is out
    np.testing.assert_array_equal(out, expected)
    assert not strided[:, 1::2].any()
    np.testing.assert_array_equal(
        function(x[::-3, ::2], np.empty((34, 125), dtype)), expected[::-3, ::2]
    )
    out[:] = x
    for array in (x, out):
        assert function(array, array) is array
        np.testing.assert_array_equal(array, expected)
    assert function(x[:, :0], np.empty((100, 0), dtype)).shape == (100, 0)


if __name__ == "__main__":
    sys.stdout.write(" ".join(map(digest, FUNCTIONS)))
